"""The trades so far, and what later entries learn of them.

They come from the store at the start, so a restart forgets nothing, and from the loop
after that. What follows from them is computed by modules, and only when they changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.ports import Store
from core.trading.trader.entry_config import EntryConfig

# Trades that may belong to the cluster of this moment; older ones are no part of it.
NEWEST = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What the trades so far tell.

    `hours` are HourStats by the hour of the entry, `streak` counts wins (negative: losses)
    in a row, `wins` of `closed` recent trades were won, `nets_usd` are what each of these
    made, `entries_ms` are times of entries, `clusters` TradeClusters, oldest first.
    """

    hours: list[Any]
    streak: int
    wins: int
    closed: int
    nets_usd: list[Decimal]
    entries_ms: list[int]
    clusters: list[Any]


@dataclass
class TradeHistory:
    """Trade records by id; `started_ms` is when this process began to look for entries.

    Trades opened more than `history_ms` before the newest are forgotten, as a restart
    would, so a tick costs no more the longer a process runs.
    """

    modules: Registry
    config: EntryConfig
    started_ms: int = 0
    _trades: dict[str, Any] = field(default_factory=dict)
    _results: tuple[list[Any], list[Any]] | None = None
    _standing: Standing | None = None

    def load(self, store: Store, now_ms: int) -> None:
        """Read the trades from the store."""
        self.started_ms = now_ms
        trade = self.modules.records["Trade"]
        for row in store.rows("trades", 0):
            # A replay may begin before what an earlier one has left in the store.
            if row["opened_ms"] <= now_ms:
                self.note(trade_of(trade, row))

    def note(self, record: Any) -> None:
        """Take a Trade record in, in place of an earlier one of the same id."""
        self._trades[record.trade_id] = record
        self._standing = None
        if record.closed_ms is not None:
            self._results = None

    def standing(self) -> Standing:
        """Return what the trades so far tell."""
        if self._standing is None:
            self._standing = self._stand()
        return self._standing

    def _forget(self) -> None:
        """Drop what is older than `history_ms` before the newest: the same after a restart."""
        newest_ms = max((t.opened_ms for t in self._trades.values()), default=0)
        oldest_ms = newest_ms - self.config.history_ms
        for name, trade in list(self._trades.items()):
            if trade.opened_ms < oldest_ms:
                del self._trades[name]
                self._results = None

    def _stand(self) -> Standing:
        self._forget()
        opened = sorted(self._trades.values(), key=lambda t: (t.opened_ms, t.trade_id))
        if self._results is None:
            self._results = self._of_ended(opened)
        (hours, nets), call = self._results, self.modules
        return Standing(
            hours=hours,
            streak=call["winning_streak"](nets),
            wins=sum(net > 0 for net in nets),
            closed=len(nets),
            nets_usd=nets,
            entries_ms=[t.opened_ms for t in opened] or [self.started_ms],
            clusters=call["trade_clustering"](
                opened[-NEWEST:], self.config.cluster_gap_ms
            ),
        )

    def _of_ended(self, opened: list[Any]) -> tuple[list[Any], list[Any]]:
        """Return the HourStats of the ended trades, and what the last of them made, USD."""
        call = self.modules
        ended = [t for t in opened if t.closed_ms is not None]
        ended.sort(key=lambda t: (t.closed_ms, t.trade_id))
        nets = [call["trade_net"](t) for t in ended[-self.config.recent_trades :]]
        return call["hourly_heatmap"](ended, "opened", self.config.heatmap_z), nets


def trade_of(trade: type, row: Mapping[str, Any]) -> Any:
    """Return a row of the trades as a Trade record; what is empty there takes its default.

    The store keeps every number that is not whole as numeric; the record's score is a float.
    """
    names = trade.__types__  # type: ignore[attr-defined]
    given = {name: row[name] for name in names if row[name] is not None}
    return trade(**given | {"score": float(row["score"] or 0)})
