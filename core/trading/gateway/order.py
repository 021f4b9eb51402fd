"""An order as the gateway accepts it: every field checked before anything is sent.

It is the gateway's own type, not the rendered record: what crosses the socket comes
from a process that runs generated code. Limits on size and risk stand in `guard`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import GatewayRefused
from core.trading import record_fields
from core.trading.ports import STOP_SUFFIX

PRICED = frozenset({"limit", "post", "ioc"})
STOPPED = frozenset({"stop", "take_profit"})
TRIGGERED = STOPPED | {"trailing_stop"}
IMMEDIATE = frozenset({"market", "ioc"})
KINDS = PRICED | TRIGGERED | {"market"}
CLIENT_ID_MAX = 100
# Powers of ten between which every size and price lies. Written out, as it is sent,
# `1e200000000` would have 200 MB.
_LEAST_POWER, _MOST_POWER = -18, 18


@dataclass(frozen=True, slots=True)
class Order:
    """One checked order; sizes in coins, prices in USD."""

    client_id: str
    symbol: str
    side: str
    size: Decimal
    kind: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    reduce_only: bool
    trail_usd: Decimal | None = None
    protect_price: Decimal | None = None

    def protection(self) -> Order:
        """Return the stop that goes to the exchange with this order."""
        if self.protect_price is None:
            raise ValueError("the order has no protect_price")
        return Order(
            client_id=self.client_id + STOP_SUFFIX,
            symbol=self.symbol,
            side="sell" if self.side == "buy" else "buy",
            size=self.size,
            kind="stop",
            limit_price=None,
            stop_price=self.protect_price,
            reduce_only=True,
        )


def checked(row: Any) -> Order:
    """Build an Order from plain data; GatewayRefused names the field that is wrong."""
    try:
        order = Order(**record_fields.read("OrderRequest", row))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise GatewayRefused(
            f"order cannot be read: {type(error).__name__} {error!s:.80}"
        ) from None
    if not isinstance(row["reduce_only"], bool):
        raise GatewayRefused(f"reduce_only is {row['reduce_only']!r}, not a bool")
    check_client_id(row["client_id"])
    _check_choice("side", order.side, {"buy", "sell"})
    _check_choice("kind", order.kind, KINDS)
    _check_numbers(order)
    if order.protect_price is not None:
        _check_protection(order)
    return order


def positive(name: str, value: Any) -> Decimal | None:
    """Return a number from plain data, None for none; GatewayRefused unless above 0."""
    if value is None:
        return None
    try:
        number = Decimal(value)
    except (ArithmeticError, TypeError, ValueError):
        raise GatewayRefused(f"{name} is {value!r:.80}, not a number") from None
    _check_above_zero(name, number)
    return number


def check_client_id(client_id: Any) -> str:
    """Return the id; GatewayRefused unless it is a text of 1 to 100 printable characters."""
    if not isinstance(client_id, str) or not client_id:
        raise GatewayRefused("client_id is empty: nothing is sent without one")
    if len(client_id) > CLIENT_ID_MAX:
        raise GatewayRefused(
            f"client_id has {len(client_id)} characters, at most {CLIENT_ID_MAX}"
        )
    if not client_id.isascii() or not client_id.isprintable():
        raise GatewayRefused(f"client_id {client_id!r} is not printable ASCII")
    return client_id


def _check_choice(name: str, value: str, choices: set[str] | frozenset[str]) -> None:
    if value not in choices:
        raise GatewayRefused(f"{name} is {value!r:.80}, not one of {sorted(choices)}")


def _check_numbers(order: Order) -> None:
    _check_above_zero("size", order.size)
    for name, price, needed in (
        ("limit_price", order.limit_price, order.kind in PRICED),
        ("stop_price", order.stop_price, order.kind in STOPPED),
        ("trail_usd", order.trail_usd, order.kind == "trailing_stop"),
    ):
        if price is not None:
            _check_above_zero(name, price)
        elif needed:
            raise GatewayRefused(f"a {order.kind} order needs {name}")
    if order.stop_price is not None and order.kind not in STOPPED:
        raise GatewayRefused(f"a {order.kind} order takes no stop_price")
    if order.trail_usd is not None and order.kind != "trailing_stop":
        raise GatewayRefused(f"a {order.kind} order takes no trail_usd")
    if order.limit_price is not None and order.kind in {"market", "trailing_stop"}:
        raise GatewayRefused(f"a {order.kind} order takes no limit_price")
    if order.limit_price is not None and order.reduce_only and order.kind in TRIGGERED:
        # At such a price it may find nobody, and protects nothing.
        raise GatewayRefused(f"a reduce-only {order.kind} takes no limit_price")


def _check_protection(order: Order) -> None:
    _check_above_zero("protect_price", order.protect_price or Decimal(0))
    if order.reduce_only:
        raise GatewayRefused("a reduce-only order takes no protect_price")
    check_client_id(order.client_id + STOP_SUFFIX)
    limit = order.limit_price
    if limit is not None and order.protect_price is not None:
        below = order.protect_price < limit
        if below != (order.side == "buy"):
            raise GatewayRefused(
                f"protect_price {order.protect_price} of a {order.side} at {limit}"
                " is on the wrong side"
            )


def _check_above_zero(name: str, value: Decimal) -> None:
    if not value.is_finite() or value <= 0:
        raise GatewayRefused(f"{name} is {value}, not above 0")
    if not _LEAST_POWER <= value.adjusted() < _MOST_POWER:
        raise GatewayRefused(f"{name} is {value!s:.80}, out of range")
