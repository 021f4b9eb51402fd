"""One tick of trading: fetch, book, exit, protect, reconcile, enter.

All modules of a tick are of one set of versions. An error in one part is told and
leaves the others running where that is safe: without fresh books nothing is entered.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.process import boot_s
from core.registry import Registry
from core.trading.ports import Exchange, Model, Store
from core.trading.trader.adoption import Adoption
from core.trading.trader.books import Books
from core.trading.trader.building import Building
from core.trading.trader.calls import patient
from core.trading.trader.closing import Closing
from core.trading.trader.config import TraderConfig
from core.trading.trader.decision import Decision, NoModel
from core.trading.trader.entering import Entering
from core.trading.trader.entries import Entries
from core.trading.trader.entry_stops import EntryStops
from core.trading.trader.execution import Execution
from core.trading.trader.exits import Exits
from core.trading.trader.history import TradeHistory
from core.trading.trader.journal import Journal
from core.trading.trader.kept_levels import KeptLevels
from core.trading.trader.levels import Levels
from core.trading.trader.market import Market
from core.trading.trader.missed import missed_since
from core.trading.trader.order_rows import OrderRows
from core.trading.trader.plans import Plans
from core.trading.trader.protection import Protection
from core.trading.trader.reconciler import Reconciler
from core.trading.trader.risk import Risk
from core.trading.trader.rounds import Rounds
from core.trading.trader.spans import Spans
from core.trading.trader.trades import OpenTrade
from core.trading.trader.unpriced import Unpriced
from core.trading.trader.untold import Untold

# What a part of a tick gives that ended with an error; it was told of.
FAILED: Any = object()


@dataclass
class TradingLoop:
    """`tell(kind, **detail)` publishes events; `trades` are the open ones by symbol.

    `left` are trades of an earlier process that wait to be taken up again. `sleep` waits
    for seconds before a call to the exchange is tried again. `market_of` makes the market;
    a backtest brings its own. `stop_reason` says why nothing new may be entered, empty when
    it may. `clock` gives the seconds that a tick takes.
    """

    modules: Registry
    exchange: Exchange
    store: Store
    tell: Callable[..., None]
    config: TraderConfig = field(default_factory=TraderConfig)
    sleep: Callable[[float], None] = time.sleep
    stop_reason: Callable[[], str] = lambda: ""
    model: Model = field(default_factory=NoModel)
    trades: dict[str, OpenTrade] = field(default_factory=dict)
    left: dict[str, OpenTrade] = field(default_factory=dict)
    ticks: int = 0
    market_of: Callable[[Exchange, int], Market] = Market
    clock: Callable[[], float] = boot_s

    def __post_init__(self) -> None:
        m, c, s, tell = self.modules, self.config, self.store, self.tell
        # Only the waits between retries are random: the same seed, the same run.
        draw = random.Random(0).random
        self.exchange = x = patient(self.exchange, m, self.sleep, draw)
        self.market = self.market_of(x, c.lookback)
        self.books = Books(m, x, s, self.sleep)
        untold = Untold()
        self.execution = Execution(
            m, x, s, c, self.books.sent, self.books.traded, untold.never_came
        )
        rows = self.order_rows = OrderRows(m, s, tell)
        self.protection = Protection(m, x, s, c, tell, rows, self.books.placed)
        self.risk = Risk(m, self.market, self.books, self.protection, c)
        self.kept_levels = KeptLevels(m, s)
        self.levels = Levels(m, self.market, self.books, c, self.kept_levels)
        self.history = TradeHistory(m, c.entry)
        decision = Decision(m, self.market, self.history, self.model, c)
        self.journal = Journal(
            m, x, s, self.books, self.history, tell, rows.note, untold
        )
        self.plans = Plans(m, s)
        building = Building(
            self.trades, self.books, self.journal, self.plans, tell, self._safely,
            self._sync, self._protect,
        )  # fmt: skip
        self.unpriced = Unpriced(self.market, self.books, tell)
        stops = self.entry_stops = EntryStops(
            self.unpriced, lambda: self.stop_reason(), self.clock, tell
        )
        self.entries = Entries(
            m, self.market, self.books, self.execution, decision, self.levels,
            self.risk, c, building.opened, untold.expect, untold.waits, stops.is_late,
            tell,
        )  # fmt: skip
        self.entering = Entering(
            self.trades, self.books, self.entries, building, self.plans,
            self._safely, self._protect,
        )  # fmt: skip
        self.exits = Exits(m, self.market, self.books, self.execution, c)
        self._make_what_ends_trades()

    def _make_what_ends_trades(self) -> None:
        m, x, c, s, tell = (
            self.modules, self.exchange, self.config, self.store, self.tell,
        )  # fmt: skip
        spans = Spans(s, self.books, self.journal)
        self.reconciler = Reconciler(
            m, x, s, self.books, self.market, c, tell, partial(self._sync, again=True),
            self.sleep, self.trades,
        )  # fmt: skip
        self.adoption = Adoption(
            s, self.books, self.levels, self.protection, self.exits, self.plans,
            self.journal, spans, self.reconciler.is_told, tell, self._safely,
            self.trades, self.left,
        )  # fmt: skip
        self.rounds = Rounds(m, s, self.books, self.journal)
        self.closing = Closing(
            self.trades, self.exits, self.plans, spans, self.journal, self.reconciler,
            tell, self._safely, self._sync, self.sleep,
        )  # fmt: skip

    @property
    def closed(self) -> int:
        """How many trades have ended."""
        return self.journal.closed

    @property
    def drifts(self) -> int:
        """How often the books began to differ from the exchange."""
        return self.reconciler.drifts

    @property
    def stopped(self) -> str:
        """Why the last tick was not to enter anything by `stop_reason`, empty if it was."""
        return self.entry_stops.told

    @property
    def halted(self) -> str:
        """Why nothing is entered, empty when it may be."""
        naked = self.protection.naked(self.trades)
        late = self.books.late_log
        return self.execution.in_doubt or naked or self.reconciler.halted or late

    def open(self, now_ms: int) -> None:
        """Take over the account as it is now, before anything new is opened.

        Positions get a trade and a stop, orders of ours that nobody needs are cancelled.
        Without the exchange or the store there is no start; what a failing module leaves
        undone is told, and the ticks go on with it.
        """
        self.books.open(now_ms)
        self.rounds.since_ms = missed_since(self.store, "fills", now_ms)
        self.books.catch_up(now_ms)
        self.history.load(self.store, now_ms)
        self.plans.load(now_ms)
        self.market.update_prices()
        self.unpriced.tell_unlisted(self.config.symbols)
        self._safely("candles", partial(self.market.update_candles, now_ms))
        self.protection.look()
        self.adoption.find_left(now_ms)
        self._safely("rounds", self.rounds.tell)
        # Behind that: the next start tells what no process had before it died.
        self._safely("store", self.books.save)
        self.order_rows.load(now_ms)
        self.adoption.run(now_ms)
        cancelled = self._safely("protection", partial(self._protect, now_ms))
        for client_id in [] if cancelled is FAILED else cancelled:
            self.tell("orphan cancelled", client_id=client_id)

    def tick(self, now_ms: int) -> float:
        """Run one tick at a closed candle; return how long it took in ms."""
        started = time.perf_counter()
        self.entry_stops.begin()
        self.ticks += 1
        with self.modules.tick():
            if self._safely("fetch", self._fetch) is not FAILED:
                booked = self._safely("books", self._book) is not FAILED
                # Exits and stops do not wait for fees and funding to be told.
                if booked or self._safely("fetch", self.books.look) is not FAILED:
                    self._decide(now_ms, booked)
            self._safely("store", self.books.save)
            self.journal.write_up()
        return (time.perf_counter() - started) * 1000

    def follow(self, now_ms: int) -> None:
        """Move the stops after the price: what a tick does where it can do nothing else."""
        with self.modules.tick():
            self._safely("fetch", self.books.look)
            for trade in list(self.trades.values()):
                self._safely("exits", partial(self.exits.trail, trade))
            self._safely("protection", partial(self._protect, now_ms))

    def beat(self) -> None:
        """Tell the gateway that the loop lives."""
        beat = partial(self.exchange.keep_alive, self.config.beat_timeout_s)
        self._safely("beat", beat)

    def guard(self, now_ms: int) -> None:
        """Between two candles: place again what no longer protects a position.

        A stop may be cancelled by a person or by the exchange at any moment, and the next
        tick is minutes away. Where nothing is held, nor may be, the exchange is not asked. What
        is held without a trade (of an unknown order, turned by a person) gets one, log or no
        log.
        """
        has_strangers = self.adoption.has_strangers
        may_be_held = self.trades or self.execution.unknown or self.books.unread.is_open
        if not (may_be_held or has_strangers()):
            return
        with self.modules.tick():
            if self._safely("fetch", self.books.look) is FAILED:
                return
            booked = False
            if has_strangers():
                booked = self._safely("books", self._sync) is not FAILED
                self.closing.let_go(now_ms)
                self.adoption.run(now_ms)
            self._safely("protection", partial(self._protect, now_ms))
            # What is not told yet is waited for by candles, and not here.
            if booked and self._safely("books", self.reconciler.is_told) is True:
                self._close_ended(now_ms)

    def finish(self, now_ms: int) -> None:
        """Book what the last tick did after its comparison, and compare once more."""
        with self.modules.tick():
            if (
                self._safely("fetch", self._fetch) is not FAILED
                and self._safely("books", self._book) is not FAILED
            ):
                self._safely("equity", partial(self.reconciler.run, now_ms))
            self._safely("store", self.books.save)
            self.journal.write_up()

    def _decide(self, now_ms: int, booked: bool) -> None:
        """Exit, protect and enter; without what came since the last tick no trade is closed
        in the books and nothing is entered.
        """
        for trade in list(self.trades.values()):
            self._safely("exits", partial(self.closing.exit, trade, now_ms))
        self.closing.let_go(now_ms)
        if booked:
            self._close_ended(now_ms)
        candles = self._safely("candles", partial(self._update_candles, now_ms))
        adopted = self.adoption.run(now_ms)
        compare = partial(self.reconciler.run, now_ms)
        equity = self._safely("equity", compare) if booked else FAILED
        # The last look before anything is entered: what rests must be known then.
        protected = self._safely("protection", partial(self._protect, now_ms))
        failed = any(part is FAILED for part in (candles, protected, equity))
        stopped = self.entry_stops.reason() or self.halted or self.entry_stops.is_late()
        if adopted and not failed and not stopped:
            self.entering.run(now_ms, equity)

    def _close_ended(self, now_ms: int) -> None:
        self._safely("exits", partial(self.closing.close_ended, now_ms))
        self.adoption.end_left(now_ms)

    def _update_candles(self, now_ms: int) -> None:
        self.unpriced.tell_gone()
        self.unpriced.tell_late(self.market.closed_candles(now_ms, self.sleep))

    def _safely(self, part: str, run: Callable[[], Any]) -> Any:
        try:
            return run()
        except Exception as error:
            self.tell("trouble", part=part, error=f"{type(error).__name__}: {error}")
            return FAILED

    def _fetch(self) -> None:
        self.market.update_prices()
        self.execution.resolve()

    def _book(self) -> None:
        self._sync()
        self.books.pass_tick()
        self.journal.tell_untold(self.trades)
        if self.journal.late_shown or self.rounds.waiting:
            self.journal.late_shown = False
            self._safely("rounds", self.rounds.tell)
        for trade in self.trades.values():
            self.journal.catch_up(trade)

    def _sync(self, *, again: bool = False) -> None:
        self.journal.sync(self.trades, again=again)

    def _protect(self, now_ms: int) -> list[str]:
        def end(trade: OpenTrade) -> None:
            self.closing.end(trade, "unprotected", now_ms)

        self._safely("store", partial(self.kept_levels.keep, self.trades))
        return self.protection.run(self.trades, self.books, now_ms, end)
