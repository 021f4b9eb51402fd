"""From a request line to an answer line: JSON in, JSON out, never an exception.

Errors cross as kind and message; anything unforeseen crosses as its type only, since its
text might hold a key. What the methods do stands in `service`.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import (
    ExchangeError,
    GatewayRefused,
    MalformedAnswer,
    OutcomeUnknown,
)
from core.trading import record_fields

Method = Callable[..., Any]
WRITES = frozenset({"place", "edit", "cancel", "cancel_order"})
_encode = json.JSONEncoder(separators=(",", ":"), default=record_fields.plain).encode


def answer(
    methods: Mapping[str, Method], line: bytes, redact: Callable[[str], str]
) -> bytes:
    """Return the answer line to one request line; it never raises."""
    number: Any = None
    name: Any = None
    try:
        request = json.loads(line)
        number, name = request["id"], request["method"]
        method, params = methods[name], dict(request.get("params") or {})
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        error = GatewayRefused(f"no request of ours: method {name!r:.40}")
        return _error_line(number, error, redact)
    try:
        text = redact(_encode({"id": number, "ok": method(**params)}))
    except ExchangeError as error:
        return _error_line(number, error, redact)
    except Exception as error:
        return _error_line(number, _unforeseen(name, error), redact)
    return text.encode() + b"\n"


def _unforeseen(name: str, error: Exception) -> ExchangeError:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {frame.name}:{frame.lineno}"
    print(f"gateway: {name}: {where}", file=sys.stderr, flush=True)
    if name in WRITES:
        return OutcomeUnknown(
            f"{name}: {where}", hint="ask `order` before sending again"
        )
    return MalformedAnswer(f"{name}: {where}")


def _error_line(
    number: Any, error: ExchangeError, redact: Callable[[str], str]
) -> bytes:
    body = {
        "kind": type(error).__name__,
        "message": redact(str(error)),
        "hint": redact(error.hint) if error.hint else None,
    }
    return _encode({"id": number, "error": body}).encode() + b"\n"
