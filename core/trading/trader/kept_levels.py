"""The levels of each trade as the store keeps them, for the process that comes after.

They rest at the exchange too, which comes first: an exchange that has lost them while no
process lived gets them back where they were.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.registry import Registry
from core.trading.ports import Store
from core.trading.trader.trades import OpenTrade


@dataclass
class KeptLevels:
    """The rows of levels by trade, as they were written last."""

    modules: Registry
    store: Store
    _rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def keep(self, trades: dict[str, OpenTrade]) -> None:
        """Write the levels of each trade that has others than the store knows of."""
        if len(self._rows) > len(trades):
            known = {trade.trade_id for trade in trades.values()}
            self._rows = {id: row for id, row in self._rows.items() if id in known}
        for trade in trades.values():
            row = _row(trade)
            if self._rows.get(trade.trade_id) != row:
                self.store.insert("levels", row)
                self._rows[trade.trade_id] = row

    def take_up(self, trade: OpenTrade) -> bool:
        """Give a trade of an earlier process the levels that it had; False where none are
        kept.
        """
        rows = self.store.rows("levels", trade.opened_ms)
        row = next((row for row in rows if row["trade_id"] == trade.trade_id), None)
        if row is None:
            return False
        trade.levels = self.modules.records["ExitLevels"](
            stop_price=row["stop_price"], take_price=row["take_price"]
        )
        trade.trail_usd = row["trail_usd"]
        trade.has_trailed = row["has_trailed"]
        return True


def _row(trade: OpenTrade) -> dict[str, Any]:
    return {
        "trade_id": trade.trade_id,
        "opened_ms": trade.opened_ms,
        "stop_price": trade.levels.stop_price,
        "take_price": trade.levels.take_price,
        "trail_usd": trade.trail_usd,
        "has_trailed": trade.has_trailed,
    }
