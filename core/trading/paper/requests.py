"""What a client asks of the paper exchange, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from core.trading.paper.orders import Event, Order


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a client asks for, read but not yet judged."""

    symbol: str
    side: str
    kind: str
    size: Decimal
    client_id: str | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trigger_signal: str = "mark"
    reduce_only: bool = False
    trail: Decimal | None = None
    trail_is_percent: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The exchange's answer to a command: Kraken's status word and what happened."""

    status: str
    order: Order | None = None
    events: list[Event] = field(default_factory=list)
