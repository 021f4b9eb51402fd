"""One HTTP call as the exchange's handlers see it, and the reply that goes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qs

JSON = "application/json;charset=utf-8"


class BadArgument(Exception):
    """Kraken's error word for an argument that is missing or cannot be read."""


@dataclass(slots=True)
class Call:
    """A request: `path` without its query; header names in lower case."""

    method: str
    path: str
    query: str
    body: str
    headers: dict[str, str]
    lists: dict[str, list[str]] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    forced_status: str | None = None  # set by the fault `reject`
    forced_for: str = ""  # which orders of a batch it is of: stop, entry, or all
    take_share: Decimal | None = None  # set by the fault `partial_fill`

    def read_args(self) -> None:
        """Fill `args` from the query and a form body, where Kraken takes both."""
        is_json = self.body.startswith(("json=", "{"))
        form = "" if is_json else self.body
        joined = "&".join(part for part in (self.query, form) if part)
        self.lists = parse_qs(joined, keep_blank_values=True)
        self.args = {name: values[-1] for name, values in self.lists.items()}

    def required(self, name: str) -> str:
        """Return an argument that must be there."""
        value = self.args.get(name)
        if not value:
            raise BadArgument("requiredArgumentMissing")
        return value

    def many(self, name: str) -> list[str]:
        """Return all values of an argument that may be repeated or joined by commas."""
        return [part for value in self.lists.get(name, []) for part in value.split(",")]


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back; `drop` closes the connection without a word."""

    status: int
    body: bytes
    content_type: str = JSON
    delay_s: float = 0.0
    drop: bool = False


def decimal_of(name: str, value: str | None) -> Decimal | None:
    """Return an argument as a Decimal, None if it is absent; BadArgument if unreadable."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadArgument(f"invalidArgument: {name}") from None
    if not number.is_finite():
        raise BadArgument(f"invalidArgument: {name}")
    return number
