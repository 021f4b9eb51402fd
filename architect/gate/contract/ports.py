"""Ports played from an example's script, and the check of what was asked of them.

The worker is handed the answers alone. What calls are expected stays here, and is
compared after the call: the same calls in the same order, none missing, none extra.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import plain_data, types
from core.errors import SpecError
from core.spec import PortCall, Spec
from core.trading import ports as trading_ports
from core.types import Type
from core.values import Encoded, difference, encode

Calls = tuple[tuple[str, str, dict[str, Any]], ...]


@dataclass(frozen=True)
class Script:
    """The scripted calls of one example.

    `answers` is what the worker gets: by port, in order, each `{"method", "returns"}`
    or `{"method", "raises": [error, message]}`, encoded. `plain` is for a person.
    """

    spec: Spec
    calls: Mapping[str, list[PortCall]]
    answers: dict[str, list[dict[str, Encoded]]]
    plain: dict[str, list[dict[str, Any]]]
    records: Mapping[str, type]

    def fault(self, made: Calls) -> str | None:
        """Return where the calls made part from the script."""
        for port in self.spec.ports:
            mine = [(method, args) for name, method, args in made if name == port]
            why = self._port_fault(port, self.calls.get(port, []), mine)
            if why:
                return why
        return None

    def unanswered(self, made: Calls) -> bool:
        """Tell whether a call was made that the script has no answer for."""
        counts = Counter(port for port, _, _ in made)
        return any(count > len(self.calls.get(p, [])) for p, count in counts.items())

    def _port_fault(
        self,
        port: str,
        expected: list[PortCall],
        made: list[tuple[str, dict[str, Any]]],
    ) -> str | None:
        for i, (method, args) in enumerate(made):
            if i >= len(expected):
                return (
                    f"{port}.{method}({_shown(args)}) is called, nothing more expected"
                )
            if method != expected[i].method:
                wanted = f"{port}.{expected[i].method}"
                return f"call {i + 1} is {port}.{method}, expected {wanted}"
            if why := self._args_fault(port, expected[i], args):
                return f"call {i + 1}: {why}"
        if len(made) < len(expected):
            return f"{port}.{expected[len(made)].method} is expected and never called"
        return None

    def _args_fault(
        self, port: str, call: PortCall, args: dict[str, Any]
    ) -> str | None:
        if call.args is None:
            return None
        kinds = method_types(self.spec.ports[port], call.method)
        wanted = {
            n: plain_data.load(kinds[n], v, self.records) for n, v in call.args.items()
        }
        seen = {n: _comparable(kinds.get(n), value) for n, value in args.items()}
        why = difference(wanted, seen, self.spec.tolerance)
        return why.replace("result", f"{port}.{call.method}", 1) if why else None


def _comparable(kind: Type | None, value: Any) -> Any:
    """Return a value of type Any in plain form: YAML cannot write its Decimals else."""
    if kind is None or all(node.name != "Any" for node in kind.walk()):
        return value
    return plain_data.dump(value) if types.matches(kind, value) else value


def script(
    spec: Spec, calls: Mapping[str, list[PortCall]], records: Mapping[str, type]
) -> Script | None:
    """Return the script of an example; None for a spec without ports.

    SpecError for a method or a value that the port does not know.
    """
    if not spec.ports:
        return None
    answers = {
        port: [_answer(spec.ports[port], call, records) for call in calls.get(port, [])]
        for port in spec.ports
    }
    plain = {
        port: [call.model_dump(exclude_unset=True) for call in scripted]
        for port, scripted in calls.items()
    }
    return Script(spec, calls, answers, plain, records)


def _answer(
    port: str, call: PortCall, records: Mapping[str, type]
) -> dict[str, Encoded]:
    kind = method_types(port, call.method)["return"]
    if call.raises is not None:
        message = call.message or f"{call.method} failed"
        return {"method": call.method, "raises": [call.raises, message]}
    value = plain_data.load(kind, call.returns, records)
    return {"method": call.method, "returns": encode(value)}


def method_types(port: str, method: str) -> dict[str, Type]:
    """Return the types of a port method's parameters, and of its `return`."""
    found = getattr(getattr(trading_ports, port, None), method, None)
    if found is None:
        raise SpecError(
            f"port {port} has no method {method!r}", hint="see core/trading/ports.py"
        )
    texts = inspect.get_annotations(found)
    return {name: types.parse(str(text)) for name, text in texts.items()}


def method_parameters(port: str) -> dict[str, list[str]]:
    """Return the parameter names of every method of a port."""
    cls = getattr(trading_ports, port)
    methods = {
        n: m for n, m in vars(cls).items() if inspect.isfunction(m) and n[0] != "_"
    }
    return {n: list(inspect.signature(m).parameters)[1:] for n, m in methods.items()}


def _shown(args: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in args.items())
