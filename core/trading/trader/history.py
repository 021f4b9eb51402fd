"""The trades so far, and what later entries learn of them.

They come from the store at the start, so a restart forgets nothing, and from the loop
after that. What follows from them is computed by modules, and only when they changed.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.ports import Store
from core.trading.trader.entry_config import EntryConfig

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What the trades so far tell.

    `hours` are HourStats by the hour of the entry, `streak` counts wins (negative: losses)
    in a row, `wins` of `closed` recent trades were won, `nets_usd` are what each of these
    made, `entries_ms` are times of the newest entries, `clusters` their TradeClusters, oldest
    first.
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
    would, so a tick costs no more the longer a process runs. Of the hours of the day
    only those are summed up anew whose trades have changed, and all when a module has
    another version than when they were summed up.
    """

    modules: Registry
    config: EntryConfig
    started_ms: int = 0
    _trades: dict[str, Any] = field(default_factory=dict)
    _opened: list[Any] = field(default_factory=list)
    _ended: list[Any] = field(default_factory=list)
    _hours: dict[int, list[Any]] = field(default_factory=dict)
    _summed: dict[int, list[Any]] = field(default_factory=dict)
    _nets: dict[str, Decimal] = field(default_factory=dict)
    _edition: object = None
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
        self._standing = None
        if record.trade_id in self._trades:
            self._drop(self._trades[record.trade_id])
        self._trades[record.trade_id] = record
        insort(self._opened, record, key=_by_opening)
        if record.closed_ms is not None:
            insort(self._ended, record, key=_by_end)
            insort(self._hours.setdefault(_hour(record), []), record, key=_by_end)
            self._summed.pop(_hour(record), None)

    def standing(self) -> Standing:
        """Return what the trades so far tell."""
        edition = self.modules.edition
        if edition is not self._edition:
            self._edition, self._standing = edition, None
            self._summed.clear()
            self._nets.clear()
        if self._standing is None:
            self._standing = self._stand()
        return self._standing

    def _drop(self, record: Any) -> None:
        del self._trades[record.trade_id]
        _take_out(self._opened, record, _by_opening)
        if record.closed_ms is not None:
            _take_out(self._ended, record, _by_end)
            _take_out(self._hours[_hour(record)], record, _by_end)
            self._summed.pop(_hour(record), None)
            self._nets.pop(record.trade_id, None)

    def _forget(self) -> None:
        """Drop what is older than `history_ms` before the newest: the same after a restart."""
        if self._opened:
            oldest_ms = self._opened[-1].opened_ms - self.config.history_ms
            while self._opened[0].opened_ms < oldest_ms:
                self._drop(self._opened[0])

    def _stand(self) -> Standing:
        self._forget()
        # A cluster of more trades than are allowed together is as full as one of as many.
        newest = self._opened[-max(self.config.cluster_at_most, 2) :]
        call = self.modules
        nets = [self._net(trade) for trade in self._ended[-self.config.recent_trades :]]
        return Standing(
            hours=[s for hour in sorted(self._hours) for s in self._sum(hour)],
            streak=call["winning_streak"](nets),
            wins=sum(net > 0 for net in nets),
            closed=len(nets),
            nets_usd=nets,
            entries_ms=[t.opened_ms for t in newest] or [self.started_ms],
            clusters=call["trade_clustering"](newest, self.config.cluster_gap_ms),
        )

    def _net(self, trade: Any) -> Decimal:
        net = self._nets.get(trade.trade_id)
        if net is None:
            net = self._nets[trade.trade_id] = self.modules["trade_net"](trade)
        return net

    def _sum(self, hour: int) -> list[Any]:
        """Return the HourStats of the ended trades that were entered in an hour of the day."""
        known = self._summed.get(hour)
        if known is None:
            known = self._summed[hour] = self.modules["hourly_heatmap"](
                self._hours[hour], "opened", self.config.heatmap_z
            )
        return known


def _hour(trade: Any) -> int:
    hour: int = trade.opened_ms // HOUR_MS % 24
    return hour


def _by_opening(trade: Any) -> tuple[int, str]:
    return trade.opened_ms, trade.trade_id


def _by_end(trade: Any) -> tuple[int, str]:
    return trade.closed_ms, trade.trade_id


def _take_out(rows: list[Any], row: Any, key: Callable[[Any], tuple[int, str]]) -> None:
    del rows[bisect_left(rows, key(row), key=key)]


def trade_of(trade: type, row: Mapping[str, Any]) -> Any:
    """Return a row of the trades as a Trade record; what is empty there takes its default.

    The store keeps every number that is not whole as numeric; the record's score is a float.
    """
    names = trade.__types__  # type: ignore[attr-defined]
    given = {name: row[name] for name in names if row[name] is not None}
    return trade(**given | {"score": float(row["score"] or 0)})
