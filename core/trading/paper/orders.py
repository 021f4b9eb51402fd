"""Orders as the paper exchange holds them, from acceptance to their end."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter

ZERO = Decimal(0)
IMMEDIATE = frozenset({"mkt", "ioc", "fok"})
TRIGGERED = frozenset({"stp", "take_profit", "trailing_stop"})
KINDS = IMMEDIATE | TRIGGERED | {"lmt", "post"}


class OrderState(StrEnum):
    """Where an order stands; every state but the first two is its end."""

    OPEN = "open"
    WAITING = "waiting"  # a trigger order that has not been triggered
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


@dataclass(slots=True)
class Order:
    """One order. Sizes are in coins, prices in USD, times in UTC milliseconds."""

    order_id: str
    client_id: str | None
    symbol: str
    side: str
    kind: str
    size: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    trigger_signal: str
    reduce_only: bool
    time_ms: int
    updated_ms: int
    trail: Decimal | None = None  # distance in USD; a percentage is worked out once
    filled: Decimal = ZERO
    state: OrderState = OrderState.OPEN
    reason: str = ""

    @property
    def is_buy(self) -> bool:
        """Tell whether it buys."""
        return self.side == "buy"

    @property
    def remaining(self) -> Decimal:
        """Return the coins that are not filled."""
        return self.size - self.filled

    @property
    def is_live(self) -> bool:
        """Tell whether it can still be filled or triggered."""
        return self.state in (OrderState.OPEN, OrderState.WAITING)

    @property
    def triggers_above(self) -> bool:
        """Tell whether a rising price triggers it."""
        return self.is_buy != (self.kind == "take_profit")

    def signed(self, size: Decimal) -> Decimal:
        """Return a size with this order's sign: negative sells."""
        return size if self.is_buy else -size

    def snapshot(self) -> Order:
        """Return a copy as it stands now, for a report."""
        return Order(*_values(self))


# All fields in their order: copying by dataclasses.replace costs four times as much.
_values = attrgetter(*(field.name for field in fields(Order)))


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of one order; `role` is taker, maker or liquidation."""

    fill_id: str
    order: Order  # as it stood before this execution
    size: Decimal
    price: Decimal
    role: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an order: place, fill, cancel, reject, edit or trigger."""

    kind: str
    order: Order
    time_ms: int
    fill: Fill | None = None
    before: Order | None = None
    reason: str = ""
