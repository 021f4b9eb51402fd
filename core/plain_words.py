"""What pydantic says of a wrong value, in the words of our formats."""

from __future__ import annotations

import re

_PLAIN = {
    "Value error, ": "",
    "Field required": "is missing",
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


def plainly(message: str) -> str:
    """Return it without the words that are pydantic's own."""
    for words, plain in _PLAIN.items():
        message = message.replace(words, plain, 1)
    return _MAPPING.sub("a mapping", _WHY.sub("", message))
