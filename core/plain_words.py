"""Plain words for people: counts, and what pydantic says of a wrong value."""

from __future__ import annotations

import re

_PLAIN = {
    "Value error, ": "",
    "Field required": "is missing",
    "Extra inputs are not permitted": "is no known key",
    "Input should be ": "must be ",
    "a valid string": "a text",
    "a valid list": "a list",
    "a valid number": "a number",
    "a valid integer": "a whole number",
    "a valid decimal": "a number",
    "a valid boolean": "true or false",
}
# "a whole number, unable to parse string as an integer" says it twice.
_WHY = re.compile(r", (unable to (parse|interpret)|got a number with a fractional).*")
# Pydantic's "a valid dictionary or instance of Param".
_MAPPING = re.compile(r"a valid dictionary( or instance of \w+)?")


def counted(number: int, what: str) -> str:
    """Return how many of something there are: "1 trade", "2 trades"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def plainly(message: str) -> str:
    """Return it without the words that are pydantic's own."""
    for words, plain in _PLAIN.items():
        message = message.replace(words, plain, 1)
    return _MAPPING.sub("a mapping", _WHY.sub("", message))
