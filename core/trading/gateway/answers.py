"""Reads an exchange's answer field by field, and refuses what is not there.

Every access names its path in the answer, so MalformedAnswer says what was wrong and
where. Nothing here has a default: a missing list is an error, never an empty list.
It knows no endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import MalformedAnswer

# Powers of ten between which every figure of an exchange lies, but zero: what is beyond
# was no price, size or amount, and would overflow in the first division.
_LEAST_POWER, _MOST_POWER = -40, 18
_LATEST_MS = 253_402_300_799_999  # the end of the year 9999


@dataclass(frozen=True, slots=True)
class Node:
    """One value of an answer with its path, such as `openpositions.openPositions[0]`."""

    path: str
    data: Any

    def refuse(self, why: str) -> MalformedAnswer:
        """Return the error to raise for this node."""
        return MalformedAnswer(f"{self.path}: {why}")

    def has(self, key: str) -> bool:
        """Say whether the key is there and not null."""
        return isinstance(self.data, dict) and self.data.get(key) is not None

    def get(self, key: str) -> Any:
        """Return the raw value; MalformedAnswer if it is missing or null."""
        value = self.maybe(key)
        if value is None:
            raise self.refuse(f"{key!r} is null")
        return value

    def maybe(self, key: str) -> Any:
        """Return the raw value, None if it is null; missing is still an error."""
        if not isinstance(self.data, dict):
            raise self.refuse(f"is {type(self.data).__name__}, not an object")
        if key not in self.data:
            raise self.refuse(f"has no {key!r}")
        return self.data[key]

    def node(self, key: str) -> Node:
        """Return an object below."""
        value = self.get(key)
        if not isinstance(value, dict):
            raise self.refuse(f"{key!r} is {type(value).__name__}, not an object")
        return Node(f"{self.path}.{key}", value)

    def rows(self, key: str) -> list[Node]:
        """Return a list of objects below."""
        value = self.get(key)
        if not isinstance(value, list):
            raise self.refuse(f"{key!r} is {type(value).__name__}, not a list")
        rows = [Node(f"{self.path}.{key}[{i}]", row) for i, row in enumerate(value)]
        for row in rows:
            if not isinstance(row.data, dict):
                raise row.refuse(f"is {type(row.data).__name__}, not an object")
        return rows

    def text(self, key: str) -> str:
        """Return a string that is not empty."""
        value = self.get(key)
        if not isinstance(value, str) or not value:
            raise self.refuse(f"{key!r} is {value!r:.80}, not a text")
        return value

    def choice(self, key: str, *choices: str) -> str:
        """Return one of the lower-case choices."""
        value = self.text(key).lower()
        if value not in choices:
            raise self.refuse(f"{key!r} is {value!r:.80}, not one of {choices}")
        return value

    def flag(self, key: str) -> bool:
        """Return a bool."""
        value = self.get(key)
        if not isinstance(value, bool):
            raise self.refuse(f"{key!r} is {value!r:.80}, not true or false")
        return value

    def integer(self, key: str, *, least: int | None = None) -> int:
        """Return an int, at least `least`, given as such or as digits."""
        number = self.number(key, least=least)
        if number != number.to_integral_value():
            raise self.refuse(f"{key!r} is {number}, not a whole number")
        return int(number)

    def number(self, key: str, *, least: int | None = None) -> Decimal:
        """Return a Decimal of a possible size, at least `least`; it may come as a string."""
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
            raise self.refuse(f"{key!r} is {value!r:.80}, not a number")
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self.refuse(f"{key!r} is {value!r:.80}, not a number") from None
        if not _possible(number) or (least is not None and number < least):
            raise self.refuse(f"{key!r} is {number!s:.80}, out of range")
        return number

    def positive(self, key: str) -> Decimal:
        """Return a Decimal above zero."""
        number = self.number(key, least=0)
        if not number:
            raise self.refuse(f"{key!r} is 0, not above 0")
        return number

    def number_or_zero(self, key: str) -> Decimal:
        """Return a Decimal; zero where the exchange documents null."""
        return Decimal(0) if self.maybe(key) is None else self.number(key)

    def time_ms(self, key: str) -> int:
        """Return UTC milliseconds from ISO 8601 or from milliseconds."""
        value = self.get(key)
        if isinstance(value, str) and not value.isdigit():
            time_ms = self._iso_ms(key, value)
        else:
            time_ms = self.integer(key)
        if not 0 <= time_ms <= _LATEST_MS:
            raise self.refuse(f"{key!r} is {time_ms} ms, out of range")
        return time_ms

    def _iso_ms(self, key: str, value: str) -> int:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self.refuse(f"{key!r} is {value!r:.80}, not a time") from None
        if moment.tzinfo is None:
            raise self.refuse(f"{key!r} is {value!r}, a time without a zone")
        return round(moment.timestamp() * 1000)


def _possible(number: Decimal) -> bool:
    if not number.is_finite():
        return False
    return not number or _LEAST_POWER <= number.adjusted() < _MOST_POWER
