"""Turn any value into compact JSON for a log, whatever it is and however long.

A log is read by people: a series is its type, length, first and last; an amount is the
text that a person would write; what is long is cut and says so. It is not serialisation:
nothing is ever read back into the value. Nothing here raises.
"""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal
from typing import Any

import orjson

LONGEST_JSON = 4096  # bytes; a longer one is made again with its long parts cut
LONGEST_TEXT = 300
MOST_ITEMS = 20
DEEPEST = 6


def to_json(value: object) -> bytes:
    """Return `value` as JSON that Postgres takes for jsonb, about 4 KB at most."""
    try:
        text = orjson.dumps(value, default=plain)
        # Postgres has no NUL in text.
        if len(text) <= LONGEST_JSON and b"\\u0000" not in text:
            return text
    except Exception:  # any object may be logged, and its own code may raise anything
        pass
    return cut_json(value)


def cut_json(value: object) -> bytes:
    """Return the JSON of the summary of `value`."""
    for deepest in (DEEPEST, 2, 0):
        try:
            text = orjson.dumps(summarise(value, deepest))
        except Exception as error:
            return orjson.dumps({"type": kind(value), "unreadable": kind(error)})
        if len(text) <= LONGEST_JSON:
            break
    return text


def plain(value: Any) -> Any:
    """Return what orjson can write in place of `value`, which it cannot."""
    return str(value) if isinstance(value, Decimal) else summarise(value)


def summarise(value: Any, deepest: int = DEEPEST) -> Any:
    """Return `value` as plain JSON data with everything long cut."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < 1 << 53 else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, Decimal):
        return str(value)
    if deepest <= 0:
        return {"type": kind(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: summarise(getattr(value, name), deepest - 1) for name in names}
    if isinstance(value, dict):
        return mapping_of(value, deepest - 1)
    if isinstance(value, (list, tuple)):
        return items_of(value, deepest - 1)
    return shape_of(value)


def text_of(value: str) -> str:
    """Return `value` cut, and without what Postgres refuses: NUL, half a character."""
    short = value[:LONGEST_TEXT].replace("\0", "\ufffd")
    short = short.encode("utf-8", "replace").decode()
    more = len(value) - LONGEST_TEXT
    return f"{short}… ({more} more)" if more > 0 else short


def mapping_of(value: dict[Any, Any], deepest: int) -> dict[str, Any]:
    """Return the first items of a mapping."""
    keys = list(value)[:MOST_ITEMS]
    shown = {text_of(str(key)): summarise(value[key], deepest) for key in keys}
    if len(value) > MOST_ITEMS:
        shown["…"] = f"{len(value) - MOST_ITEMS} more"
    return shown


def items_of(value: Any, deepest: int) -> Any:
    """Return a short sequence whole, of a long one its shape."""
    if len(value) <= MOST_ITEMS:
        return [summarise(item, deepest) for item in value]
    return {
        "type": kind(value),
        "length": len(value),
        "first": summarise(value[0], deepest),
        "last": summarise(value[-1], deepest),
    }


def shape_of(value: Any) -> Any:
    """Return the type of an object, and of a series or a table its extent and ends.

    pandas is told by its names, so that it need not be imported here.
    """
    name = kind(value)
    if name == "DataFrame":
        columns = [text_of(str(column)) for column in value.columns[:MOST_ITEMS]]
        return {"type": name, "length": len(value), "columns": columns}
    if name == "Series":
        return {"type": name, "length": len(value)} | ends_of(value.array)
    if name == "ndarray":
        flat = value.reshape(-1)
        return {"type": name, "shape": list(value.shape)} | ends_of(flat)
    if hasattr(value, "item") and not hasattr(value, "__len__"):  # a numpy number
        return summarise(value.item(), 1)
    if isinstance(value, (set, frozenset, bytes, bytearray)):
        return {"type": name, "length": len(value)}
    if isinstance(value, BaseException):
        return {"type": name, "message": text_of(str(value))}
    return {"type": name}


def ends_of(values: Any) -> dict[str, Any]:
    """Return the first and the last of an array, if there are any."""
    if not len(values):
        return {}
    return {"first": number_of(values[0]), "last": number_of(values[-1])}


def number_of(value: Any) -> Any:
    """Return a number of any library as plain data."""
    return summarise(value.item() if hasattr(value, "item") else value, 1)


def kind(value: object) -> str:
    """Return the name of the type of `value`."""
    return type(value).__name__
