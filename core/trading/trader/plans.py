"""Entries that are spread over time, kept in the store so that a restart goes on with them.

Of a slice that an earlier process may have sent and did not live to note nothing is
assumed: what is held is the exchange's to say, and the next slice has another name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.registry import Registry
from core.trading.ports import Store
from core.trading.trader.trades import OpenTrade

# Far more than any plan lasts.
KEPT_MS = 86_400_000
_FIELDS = (
    "side",
    "size",
    "clip_size",
    "decision_price",
    "max_slippage_frac",
    "started_ms",
    "duration_ms",
)


@dataclass
class Plans:
    """The rows of plans by trade, as they were written last."""

    modules: Registry
    store: Store
    _rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def load(self, now_ms: int) -> None:
        """Read what an earlier process has kept."""
        rows = self.store.rows("plans", max(0, now_ms - KEPT_MS))
        self._rows = {row["trade_id"]: row for row in rows}

    def keep(self, trade: OpenTrade) -> None:
        """Write where the plan of a trade stands; one that is over as such."""
        known = self._rows.get(trade.trade_id)
        row = self._row(trade)
        if row is None:
            if known is None or known["over"]:
                return
            row = {**known, "over": True}
        self._rows[trade.trade_id] = row
        self.store.insert("plans", row)

    def _row(self, trade: OpenTrade) -> dict[str, Any] | None:
        plan = trade.plan
        if plan is None or not plan.duration_ms:
            return None
        fields = {name: getattr(plan, name) for name in _FIELDS}
        sent = {"entries_sent": trade.entries_sent, "over": False}
        return {"trade_id": trade.trade_id, **fields, **sent}

    def take_up(self, trade: OpenTrade, position: Any) -> None:
        """Give a trade of an earlier process the plan that it had.

        Where less is held than was entered, a stop, a person or the exchange has sold while
        no process lived: nothing more goes in.
        """
        row = self._rows.get(trade.trade_id)
        if row is None or row["over"] or abs(position.size) < trade.size:
            return
        trade.plan = self.modules.records["SlicePlan"](
            **{name: row[name] for name in _FIELDS}
        )
        # One more may have been sent than was noted.
        trade.entries_sent = row["entries_sent"] + 1
