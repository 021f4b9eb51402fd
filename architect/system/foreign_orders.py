"""Resting orders of others that may open a position: shown, and cancelled before we trade.

One that fills later would be a position that no decision of ours made, and whose risk
counts against our own entries until it does.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from architect.system.live import opening
from core.errors import ConfigError
from core.trading.gateway_facts import ask


def described(row: dict[str, Any]) -> str:
    """Return an OpenOrder row of the gateway for a person."""
    prices = [
        f"{words} {row[key]}"
        for words, key in (("at", "limit_price"), ("from", "stop_price"))
        if row[key] is not None
    ]
    order = [row["side"], row["size"], row["symbol"], row["kind"], *prices]
    text = f"{' '.join(order)}, order {row['client_id'] or row['order_id']}"
    return f"{text}, {row['filled']} filled" if Decimal(row["filled"]) else text


def cancel(
    socket: Path, orders: list[dict[str, Any]], say: Callable[[str], None]
) -> None:
    """Cancel these OpenOrder rows by the exchange's ids, over the gateway's socket.

    ConfigError when an order that may open rests then all the same, or has come since;
    ExchangeError when the exchange does not do it.
    """
    for row in orders:
        status = ask(socket, "cancel_order", order_id=row["order_id"])
        became = "rests no more" if status is None else status["status"]
        say(f"{became}: {described(row)}")
    left = opening(ask(socket, "open_orders"))
    if left:
        raise ConfigError(
            "orders that may open still rest: " + "; ".join(map(described, left)),
            hint="somebody else trades with this account: end it, or cancel them there",
        )
