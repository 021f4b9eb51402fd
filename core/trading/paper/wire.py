"""How values look in Kraken's answers: times, numbers and the JSON around them.

Decimals go out as JSON numbers, as Kraken sends them: a reader gets the nearest double,
which holds a dollar amount below 10 million to all of its 8 decimals.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

Plain = dict[str, Any]


@lru_cache(maxsize=4096)
def iso(time_ms: int) -> str:
    """Return a time as Kraken writes it: 2025-01-06T00:05:00.000Z."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def read_time_ms(text: str) -> int:
    """Return UTC milliseconds of an ISO time or of digits; ValueError if neither."""
    if text.isdigit():
        return int(text)
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def encode(answer: Mapping[str, Any]) -> bytes:
    """Return an answer as JSON."""
    return json.dumps(answer, default=_number, separators=(",", ":")).encode()


def success(now_ms: int, **parts: Any) -> Plain:
    """Return a successful answer around its parts."""
    return {"result": "success", **parts, "serverTime": iso(now_ms)}


def failure(now_ms: int, error: str) -> Plain:
    """Return an error as Kraken words it: HTTP 200 and `result: error`."""
    return {"result": "error", "error": error, "serverTime": iso(now_ms)}


def with_numbers(row: Plain) -> Plain:
    """Return a flat row whose Decimals are JSON numbers already, for rows sent often."""
    return {k: _number(v) if isinstance(v, Decimal) else v for k, v in row.items()}


def _number(value: object) -> float | int:
    if not isinstance(value, Decimal):
        raise TypeError(f"no JSON for {type(value).__name__}")
    whole = value == value.to_integral_value()
    return int(value) if whole else float(value)
