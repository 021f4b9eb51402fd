"""One question to a running gateway, in plain data, for those who hold no records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.errors import ExchangeError, ExchangeUnavailable
from core.trading.gateway_connection import Connection


def ask(socket_path: Path, method: str, timeout_s: float = 30.0, **params: Any) -> Any:
    """Return a method's plain answer; ExchangeUnavailable when nobody answers."""
    request = json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n"
    try:
        connection = Connection(str(socket_path), timeout_s)
    except OSError as error:
        raise ExchangeUnavailable(f"no gateway at {socket_path}: {error}") from None
    try:
        connection.send(request)
        answer = json.loads(connection.receive())
    except (OSError, ValueError) as error:
        raise ExchangeUnavailable(f"{method}: no answer ({error})") from None
    finally:
        connection.close()
    if "error" in answer:
        raise ExchangeError(f"{answer['error']['kind']}: {answer['error']['message']}")
    return answer["ok"]
