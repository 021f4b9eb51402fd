"""Ports inside a worker: fakes that play a script and write down what they are asked.

A script is, for each port, the answers in the order of the calls:
`[{"method": "place", "returns": plain}, {"method": "order", "raises": ["RateLimited",
"slow down"]}]`. A script of None takes any method any number of times and answers
None, as a log does. Values are in the codec's plain form; errors are core.errors' own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core import errors

Codec = Callable[[Any], Any]
Script = Sequence[Mapping[str, Any]] | None


class UnexpectedCall(AssertionError):
    """A port was asked something that its script does not hold at this place."""


class ScriptedPort:
    """One port; every attribute is a method."""

    def __init__(
        self, name: str, script: Script, record: list[Any], encode: Codec, decode: Codec
    ) -> None:
        self._name, self._record = name, record
        self._encode, self._decode = encode, decode
        self._free = script is None
        self._rest = list(script or ())

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)

        def ask(*args: Any, **kwargs: Any) -> Any:
            return self._answer(method, args, kwargs)

        return ask

    def _answer(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        call = {
            "port": self._name,
            "method": method,
            "args": [self._encode(arg) for arg in args],
            "kwargs": {key: self._encode(arg) for key, arg in kwargs.items()},
        }
        self._record.append(call)
        if self._free:
            return None
        step = self._next(method, call)
        if "raises" in step:
            kind, message = step["raises"]
            raise _error(kind, message)
        return self._decode(step.get("returns"))

    def _next(self, method: str, call: dict[str, Any]) -> Mapping[str, Any]:
        wanted = self._rest[0]["method"] if self._rest else "no further call"
        if wanted != method:
            call["unexpected"] = wanted
            raise UnexpectedCall(
                f"{self._name}.{method} was called, expected: {wanted}"
            )
        return self._rest.pop(0)


def _error(kind: str, message: str) -> Exception:
    made = getattr(errors, kind, None)
    if not (isinstance(made, type) and issubclass(made, errors.ArchitectError)):
        raise UnexpectedCall(
            f"the script raises {kind}, which core.errors does not have"
        )
    return made(message)
