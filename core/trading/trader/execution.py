"""Execution in slices: from a size to orders that the exchange has answered."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.ports import Exchange, Store
from core.trading.trader.config import TraderConfig

SIDES = {"long": "buy", "short": "sell"}
OPPOSITE = {"long": "sell", "short": "buy"}


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted: `purpose` is entry or exit, and part of the client order id."""

    symbol: str
    order_side: str
    size: Decimal
    purpose: str
    reduce_only: bool
    time_ms: int
    attempt: int = 0


@dataclass
class Execution:
    """Sends an intent slice by slice through the modules."""

    modules: Registry
    exchange: Exchange
    store: Store
    config: TraderConfig

    def run(self, intent: Intent, price: Decimal, size_step: Decimal) -> list[Any]:
        """Return the OrderStatus of each slice that was sent.

        It stops at the first slice that is not filled: what is left would chase a
        market that is not there.
        """
        clip = self.modules["round_down"](self.config.clip_usd / price, size_step)
        clip = max(clip, size_step)
        done = []
        for index, size in enumerate(
            self.modules["slice_manager"](intent.size, clip, size_step)
        ):
            status = self._send(intent, size, index)
            done.append(status)
            if status.status != "filled":
                break
        return done

    def _send(self, intent: Intent, size: Decimal, index: int) -> Any:
        order = self.modules.records["OrderRequest"](
            client_id=self.modules["client_order_id"](
                intent.symbol,
                intent.time_ms,
                intent.purpose,
                intent.attempt * 100 + index,
            ),
            symbol=intent.symbol,
            side=intent.order_side,
            size=size,
            kind="market",
            limit_price=None,
            stop_price=None,
            reduce_only=intent.reduce_only,
        )
        status = self.modules["position_executor"](self.exchange, order)
        self.modules["order_logger"](self.store, order, status, intent.time_ms)
        return status
