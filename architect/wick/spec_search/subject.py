"""A candidate of the search as the contract's checks see it: in this very process.

Only within a confined worker of the search. What the gate's subject asks of a sandboxed
process is asked here of a function, so that thousands can be tried a second; the gate
judges in its own way whatever is found.
"""

from __future__ import annotations

import decimal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from architect.gate.contract.ports import Script, method_parameters
from architect.gate.contract.subject import Answer, Subject
from architect.gate.sandbox.outcome import PortCall
from architect.gate.sandbox.script import ScriptedPort
from core.spec import Spec
from core.values import decode, encode

_LONGEST = 200


class LocalSubject(Subject):
    """Calls `function`, which is set to one candidate after the other."""

    def __init__(
        self, spec: Spec, records: Mapping[str, type], package: str = "trading"
    ) -> None:
        # Without the sandbox that the gate's subject begins with.
        self.spec, self.records, self.package = spec, records, package
        self.function: Callable[..., Any] = _none
        # Whether the last call raised.
        self.raised = False
        self._methods = {
            name: method_parameters(port) for name, port in spec.ports.items()
        }

    def call(
        self, arguments: Mapping[str, Any], script: Script | None = None
    ) -> Answer:
        """Call the candidate. What ends its run (no steps left) passes through."""
        recorded: list[Any] = []
        ports = self._played(script, recorded) if script is not None else {}
        decimal.setcontext(decimal.Context())
        self.raised = False
        try:
            value = self.function(**ports, **arguments)
        except Exception as error:
            self.raised = True
            return self._raised(error, recorded)
        return Answer("value", value, calls=self._calls(recorded))

    def used(self, name: str, parameters: Sequence[str]) -> Callable[..., Any]:
        """Return a used module as a function; what it raises is a ValueError."""
        function = getattr(sys.modules[f"generated.{self.package}.{name}"], name)

        def call(*values: Any, **named: Any) -> Any:
            try:
                return function(*values, **named)
            except Exception as error:
                raise ValueError(f"{name}: {error}") from None

        return call

    def _played(self, script: Script, recorded: list[Any]) -> dict[str, ScriptedPort]:
        return {
            name: ScriptedPort(name, steps, recorded, _encoded, self._decode)
            for name, steps in script.answers.items()
        }

    def _decode(self, plain: Any) -> Any:
        return decode(plain, self.records)

    def _raised(self, error: Exception, recorded: list[Any]) -> Answer:
        try:
            message = str(error)[:_LONGEST]
        except Exception:
            message = ""
        return Answer(
            "raised", error=type(error).__qualname__, message=message,
            calls=self._calls(recorded),
        )  # fmt: skip

    def _calls(self, recorded: list[Any]) -> Any:
        return tuple(
            self._port_call(
                PortCall(one["port"], one["method"], one["args"], one["kwargs"])
            )
            for one in recorded
        )


def _none(**_: Any) -> None:
    return None


def _encoded(value: Any) -> Any:
    try:
        return encode(value)
    except Exception as error:
        return {"$": "unplain", "v": type(error).__name__}
