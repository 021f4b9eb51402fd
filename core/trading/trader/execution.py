"""Execution in slices: from a plan to orders that the exchange has answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import ExchangeError, OutcomeUnknown
from core.registry import Registry
from core.trading.ports import TAKEN_BACK, Exchange, Store
from core.trading.trader.config import TraderConfig

SIDES = {"long": "buy", "short": "sell"}
OPPOSITE = {"long": "sell", "short": "buy"}
# Client ids of one execution are numbered from attempt * MAX_SLICES.
MAX_SLICES = 100


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted: `purpose` is entry or exit, and part of the client order id.

    `plan` is a SlicePlan. Each slice of an entry goes out with a stop at `protect_price`.
    `named_ms` is the time in client ids, that of the decision; slices that are sent later
    keep it and have another `attempt`.
    """

    symbol: str
    plan: Any
    purpose: str
    time_ms: int
    named_ms: int
    attempt: int = 0
    protect_price: Decimal | None = None

    @property
    def is_entry(self) -> bool:
        """Tell whether it may make the position larger."""
        return self.purpose == "entry"


@dataclass
class _Asking:
    """The exchange for one order; `asked` says that it told of it only when it was asked, for
    `place` did not.
    """

    exchange: Exchange
    asked: bool = False

    def place(self, order: Any) -> Any:
        return self.exchange.place(order)

    def order(self, client_id: str) -> Any:
        status = self.exchange.order(client_id)
        # One that never came is sent again, with its stop.
        self.asked = status is not None
        return status


@dataclass
class Execution:
    """Sends intents slice by slice through the modules.

    `unknown` are orders, with the time of their decision, of which nobody knows yet whether
    they were carried out. While there are any, nothing new may be entered. `sent` takes
    the client ids, `filled` hears in which symbol one filled or may have, and
    `never_came` in which one of `unknown` turned out to have filled nothing.
    """

    modules: Registry
    exchange: Exchange
    store: Store
    config: TraderConfig
    sent: set[str]
    filled: Callable[[str], None] = lambda _: None
    never_came: Callable[[str], None] = lambda _: None
    unknown: dict[str, tuple[Any, int]] = field(default_factory=dict)

    @property
    def in_doubt(self) -> str:
        """Say which order's fate is unknown, empty if none is."""
        first = next(iter(self.unknown), "")
        return f"nobody knows what became of order {first}" if first else ""

    def plan(
        self,
        side: str,
        size: Decimal,
        price: Decimal,
        now_ms: int,
        instrument: Any,
        slippage_frac: Decimal,
    ) -> Any:
        """Return a SlicePlan; one above `twap_usd` that may wait is spread over time."""
        clip = self.modules["round_down"](
            self.config.clip_usd / price, instrument.size_step
        )
        spread = slippage_frac < 1 and size * price > self.config.twap_usd
        return self.modules.records["SlicePlan"](
            side=side,
            size=size,
            clip_size=max(clip, instrument.size_step),
            decision_price=price,
            max_slippage_frac=slippage_frac,
            started_ms=now_ms,
            duration_ms=self.config.twap_ms if spread else 0,
        )

    def run(
        self, intent: Intent, filled: Decimal, price: Decimal, instrument: Any
    ) -> list[Any]:
        """Send the slices that are due; return the OrderStatus of each that was answered.

        It stops at a slice that fills nothing (the market is not there), at one that may
        stand without its stop (that was taken back in part, or whose gateway died before it
        told of both), and at one whose outcome is unknown, which then stands in `unknown`.
        """
        done: list[Any] = []
        for index in range(MAX_SLICES):
            size = self.modules["slice_manager"](
                intent.plan, filled, price, intent.time_ms, instrument.size_step
            )
            order = self._order(intent, size, index, instrument) if size else None
            placing = _Asking(self.exchange)
            status = self._answered(placing, order, intent.time_ms, bool(done))
            if status is None:
                break
            done.append(status)
            if not status.filled or TAKEN_BACK in status.reason:
                break
            if placing.asked and intent.is_entry:
                break
            filled += status.filled
            price = status.average_price or price
        return done

    def _answered(
        self, placing: _Asking, order: Any | None, time_ms: int, later: bool
    ) -> Any | None:
        if order is None:
            return None
        self.sent.add(order.client_id)
        try:
            status = self.modules["position_executor"](placing, order)
        except OutcomeUnknown:
            self.unknown[order.client_id] = (order, time_ms)
            self.filled(order.symbol)
            return None
        except ExchangeError:
            # It was not sent; what was filled before it must not be lost with it.
            if later:
                return None
            raise
        if status.filled:
            self.filled(order.symbol)
        self.modules["order_logger"](self.store, order, status, time_ms)
        return status

    def _order(self, intent: Intent, size: Decimal, index: int, instrument: Any) -> Any:
        limit = None
        if intent.is_entry:
            limit = self.modules["slice_limit_price"](intent.plan, instrument.tick_size)
        return self.modules.records["OrderRequest"](
            client_id=self.modules["client_order_id"](
                intent.symbol,
                intent.named_ms,
                intent.purpose,
                intent.attempt * MAX_SLICES + index,
            ),
            symbol=intent.symbol,
            side=intent.plan.side,
            size=size,
            kind="ioc" if intent.is_entry else "market",
            limit_price=limit,
            reduce_only=not intent.is_entry,
            protect_price=intent.protect_price,
        )

    def resolve(self) -> None:
        """Ask what became of the orders in `unknown`; what cannot be asked stays there."""
        for client_id, (order, time_ms) in list(self.unknown.items()):
            try:
                status = self.exchange.order(client_id)
                if status is not None and status.status in ("open", "partial"):
                    status = self.exchange.cancel(client_id) or status
            except ExchangeError:
                continue
            del self.unknown[client_id]
            if status is None or not (status.filled or TAKEN_BACK in status.reason):
                self.never_came(order.symbol)
            if status is not None:
                self.modules["order_logger"](self.store, order, status, time_ms)
