"""The journal: trades as they are written into the store and told of.

Sums of a trade are what the books of its symbol have added up since it began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.registry import Registry
from core.trading.ports import Exchange, Store
from core.trading.trader.books import ZERO, Books, Totals
from core.trading.trader.execution import OPPOSITE
from core.trading.trader.history import TradeHistory
from core.trading.trader.trades import OpenTrade
from core.trading.trader.trips import Trip
from core.trading.trader.untold import Untold


@dataclass
class Journal:
    """Writes trades by trade_logger; `closed` counts those that have ended. `late_shown` says
    that fills of before the opening were shown since somebody set it back.
    """

    modules: Registry
    exchange: Exchange
    store: Store
    books: Books
    history: TradeHistory
    tell: Callable[..., None]
    # Told of each batch of new fills.
    noted: Callable[[list[Any]], None]
    untold: Untold
    closed: int = 0
    late_shown: bool = False
    unwritten: dict[str, Any] = field(default_factory=dict)

    def sync(self, trades: Mapping[str, OpenTrade], *, again: bool = False) -> None:
        """Book what is new: count to each trade the fills that reduce it, and tell of money
        that came or went otherwise. What was booked before an error counts too: it is not
        new the next time.
        """
        before = {
            symbol: replace(sums) for symbol, sums in self.books.by_symbol.items()
        }
        try:
            self.books.sync(again=again)
        finally:
            self._take_in(trades, before)

    def _take_in(
        self, trades: Mapping[str, OpenTrade], before: Mapping[str, Totals]
    ) -> None:
        self.noted([*self.books.late, *self.books.news])
        self.late_shown = self.late_shown or bool(self.books.late)
        self.books.late.clear()
        while self.books.news:
            fill = self.books.news.popleft()
            trade = trades.get(fill.symbol)
            if trade is not None:
                self.count_exit(trade, fill)
            else:
                purpose = self.modules["order_purpose"](fill.client_id)
                self.untold.note(fill, before, purpose)
        while self.books.transfers:
            entry = self.books.transfers.popleft()
            self.tell("transfer", usd=str(entry.transfer_usd), what=entry.kind)

    def tell_untold(self, trades: Mapping[str, OpenTrade]) -> None:
        """Write what was bought and sold again, or the reverse, without a trade."""
        for trade, ended_ms in self.untold.over(trades, self.books.positions):
            self.close(trade, trade.ending, max(ended_ms, trade.opened_ms))

    def write(self, trade: OpenTrade) -> None:
        """Write an open trade as it stands."""
        totals = self.books.totals_of(trade.symbol)
        record = trade.record(self.modules.records["Trade"], totals)
        self._log(record)

    def catch_up(self, trade: OpenTrade) -> None:
        """Take in what fills of a trade's entry that were shown late have made of it."""
        position = self.books.positions.get(trade.symbol)
        if position is None or not trade.is_of(position):
            return
        if abs(position.size) >= trade.answered:
            # What is taken off it again is told by fills alone.
            trade.answered = ZERO
        if abs(position.size) > trade.size:
            trade.follow(position)
            self.write(trade)

    def close(self, trade: OpenTrade, reason: str, now_ms: int) -> None:
        """Write a trade that has ended, and tell of it."""
        record = trade.record(
            self.modules.records["Trade"],
            self.books.totals_of(trade.symbol),
            trade.exit_price(trade.entry_price),
            now_ms,
            reason,
        )
        self.closed += 1
        self._log(record)
        net = record.realised_usd - record.fees_usd + record.funding_usd
        self.tell("exit", trade_id=trade.trade_id, reason=reason, net_usd=str(net))

    def write_up(self) -> None:
        """Write the trades that are not in the store as they stand, each a record by id.

        What its module fails to write waits on: a trade must not look open in the books
        that has ended, and none goes without its stop because it is not written yet.
        """
        for trade_id, record in list(self.unwritten.items()):
            try:
                written = self.modules["trade_logger"](self.store, record)
            except Exception as error:
                words = f"{type(error).__name__}: {error}"
                self.tell("trouble", part="journal", error=words)
                continue
            if written:
                del self.unwritten[trade_id]

    def _log(self, record: Any) -> None:
        self.history.note(record)
        self.unwritten[record.trade_id] = record
        self.write_up()

    def settle(self, trade: OpenTrade, trip: Trip | None, now_ms: int) -> None:
        """Close a trade whose position ended while nobody was watching; where it is not
        known by which fills, all that came since count.
        """
        fills = trip.fills if trip else self.exchange.fills(trade.opened_ms)
        for fill in fills:
            self.count_exit(trade, fill)
        reason = trade.ending or "closed while away"
        ended_ms = trip.ended_ms if trip else now_ms
        self.close(trade, reason, max(ended_ms, trade.opened_ms))

    def count_exit(self, trade: OpenTrade, fill: Any) -> None:
        """Count a fill to a trade if it made its position smaller."""
        if fill.symbol == trade.symbol and fill.side == OPPOSITE[trade.side]:
            trade.note_exit(fill, self.modules["order_purpose"](fill.client_id))
