"""What the trusted side makes of a worker's answer. It believes nothing.

An answer is bytes from a process that may be wholly the candidate's. Here it becomes
plain frozen data, or a verdict that it was none. Values stay in their encoded form:
`decoded` turns them into values, and a value that cannot be decoded is a verdict too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from architect.gate.sandbox.channel import ChannelMisused

Status = Literal["value", "raised", "timeout", "died", "protocol"]
Plain = Any


@dataclass(frozen=True, slots=True)
class Raised:
    """An error that a candidate raised, as the worker tells it."""

    type: str
    message: str
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True, slots=True)
class PortCall:
    """One call of a port, arguments in their encoded form.

    `unexpected` says what the script wanted instead, None when the call was due.
    """

    port: str
    method: str
    args: tuple[Plain, ...]
    kwargs: Mapping[str, Plain]
    unexpected: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request ended.

    status: value (see `value`), raised (see `raised`), timeout (killed at the limit),
    died (the worker's process ended), protocol (no usable answer); `detail` says more
    about the last three. `mutated` holds, by name, the encoded arguments that were not
    what they had been before the call. `elapsed_ns` is measured by the trusted side
    and contains the wire and the codec; `inside_ns` is the worker's own word.
    """

    status: Status
    value: Plain = None
    raised: Raised | None = None
    detail: str = ""
    mutated: Mapping[str, Plain] = field(default_factory=dict)
    port_calls: tuple[PortCall, ...] = ()
    elapsed_ns: int = 0
    inside_ns: int = 0

    def decoded(self, decode: Callable[[Plain], Any]) -> tuple[Any, str | None]:
        """Return (value, None), or (None, reason) when it describes no value."""
        try:
            return decode(self.value), None
        except Exception as error:
            return None, f"answered no value: {type(error).__name__}: {error}"[:300]


@dataclass(frozen=True, slots=True)
class LoadResult:
    """How loading ended; `ok` when every source was executed."""

    status: Status
    raised: Raised | None = None
    detail: str = ""
    elapsed_ns: int = 0

    @property
    def ok(self) -> bool:
        """Whether calls can follow."""
        return self.status == "value"


def read_answer(frame: bytes, request: str, depth: int) -> dict[str, Any]:
    """Return the answer to `request`; ChannelMisused says why it is none."""
    if frame.count(b"[") + frame.count(b"{") > depth:
        _check_depth(frame, depth)
    try:
        answer = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise ChannelMisused(f"answered no JSON: {type(error).__name__}") from None
    if type(answer) is not dict or answer.get("id") != request:
        raise ChannelMisused("answered another question than the one asked")
    return answer


def _check_depth(frame: bytes, most: int) -> None:
    # Brackets inside strings count as well: that only ever makes the bound tighter
    # for text such as "[[[[", never looser.
    depth = 0
    for byte in frame.translate(None, _NO_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        if depth > most:
            raise ChannelMisused(f"answered data nested deeper than {most}")


_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def outcome_of(answer: dict[str, Any]) -> Outcome:
    """Return the outcome that an answer to a call describes, else ChannelMisused."""
    status = answer.get("status")
    ports = tuple(_port_call(call) for call in _list(answer.get("ports", [])))
    mutated = _mapping(answer.get("mutated", {}))
    inside = _integer(answer.get("ns", 0))
    if status == "value":
        value = answer.get("value")
        return Outcome("value", value, None, "", mutated, ports, 0, inside)
    if status == "raised":
        return Outcome("raised", None, _raised(answer), "", mutated, ports, 0, inside)
    if status == "protocol":
        return Outcome("protocol", detail=_text(answer.get("detail")))
    raise ChannelMisused("answered with an unknown status")


def load_result_of(answer: dict[str, Any]) -> LoadResult:
    """Return the result that an answer to a load describes, else ChannelMisused."""
    if answer.get("status") == "value":
        return LoadResult("value")
    if answer.get("status") == "raised":
        return LoadResult("raised", _raised(answer))
    raise ChannelMisused("answered with an unknown status")


def _raised(answer: dict[str, Any]) -> Raised:
    lines = tuple(_text(line) for line in _list(answer.get("lines", []))[:20])
    return Raised(_text(answer.get("type")), _text(answer.get("message")), lines)


def _port_call(call: Any) -> PortCall:
    fields = _mapping(call)
    unexpected = fields.get("unexpected")
    return PortCall(
        _text(fields.get("port")),
        _text(fields.get("method")),
        tuple(_list(fields.get("args"))),
        _mapping(fields.get("kwargs")),
        None if unexpected is None else _text(unexpected),
    )


def _text(value: Any) -> str:
    if type(value) is not str:
        _refuse("with something else where text belongs")
    return "".join(map(_shown, value[:2000]))


def _shown(char: str) -> str:
    # What a terminal would obey, or no file can take, is shown as an escape.
    return char if char.isprintable() or char == "\n" else ascii(char)[1:-1]


def _integer(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        _refuse("with something else where a number belongs")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        _refuse("with something else where a list belongs")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        _refuse("with something else where a mapping belongs")
    return value


def _refuse(how: str) -> NoReturn:
    raise ChannelMisused(f"answered {how}")
