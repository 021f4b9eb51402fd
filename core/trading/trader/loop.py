"""One tick of trading: fetch, book, exit, protect, reconcile, enter.

All modules of a tick are of one set of versions. An error in one part is told and
leaves the others running where that is safe: without fresh books nothing is entered.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from core.registry import Registry
from core.trading.ports import Exchange, Model, Store
from core.trading.trader.books import Books
from core.trading.trader.calls import patient
from core.trading.trader.config import TraderConfig
from core.trading.trader.decision import Decision, NoModel
from core.trading.trader.entries import Entries
from core.trading.trader.execution import Execution
from core.trading.trader.exits import Exits
from core.trading.trader.history import TradeHistory
from core.trading.trader.journal import Journal
from core.trading.trader.leftovers import left_open
from core.trading.trader.levels import Levels
from core.trading.trader.market import Market
from core.trading.trader.plans import Plans
from core.trading.trader.protection import Protection
from core.trading.trader.reconciler import Reconciler
from core.trading.trader.risk import Risk
from core.trading.trader.trades import OpenTrade

# What a part of a tick gives that ended with an error; it was told of.
FAILED: Any = object()


@dataclass
class TradingLoop:
    """`tell(kind, **detail)` publishes events; `trades` are the open ones by symbol.

    `left` are trades of an earlier process that wait to be taken up again. `sleep` waits
    for seconds before a call to the exchange is tried again. `market_of` makes the market;
    a backtest brings its own. `stop_reason` says why nothing new may be entered, empty when
    it may.
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
    _told_stop: str = ""
    _is_built: bool = False

    def __post_init__(self) -> None:
        m, c, s, tell = self.modules, self.config, self.store, self.tell
        # Only the waits between retries are random: the same seed, the same run.
        draw = random.Random(0).random
        self.exchange = x = patient(self.exchange, m, self.sleep, draw)
        self.market = self.market_of(x, c.lookback)
        self.books = Books(m, x, s)
        self.execution = Execution(m, x, s, c, self.books.sent)
        self.protection = Protection(m, x, s, c, tell)
        self.risk = Risk(m, self.market, self.books, self.protection, c)
        self.levels = Levels(m, self.market, self.books, c)
        self.history = TradeHistory(m, c.entry)
        decision = Decision(m, self.market, self.history, self.model, c)
        self.entries = Entries(
            m, self.market, self.books, self.execution, decision, self.levels,
            self.risk, c, self._opened,
        )  # fmt: skip
        self.journal = Journal(m, x, s, self.books, self.history, tell)
        self.plans = Plans(m, s)
        self.exits = Exits(m, self.market, self.books, self.execution, c)
        self.reconciler = Reconciler(
            m, x, s, self.books, self.market, c, tell, partial(self._sync, again=True)
        )

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
        return self._told_stop

    @property
    def halted(self) -> str:
        """Why nothing is entered, empty when it may be."""
        naked = self.protection.naked(self.trades)
        return self.execution.in_doubt or naked or self.reconciler.halted

    def open(self, now_ms: int) -> None:
        """Take over the account as it is now, before anything new is opened.

        Positions get a trade and a stop, orders of ours that nobody needs are cancelled.
        Without the exchange or the store there is no start; what a failing module leaves
        undone is told, and the ticks go on with it.
        """
        self.books.open(now_ms)
        self.history.load(self.store, now_ms)
        self.plans.load(now_ms)
        self.market.update_prices()
        self._safely("candles", partial(self.market.update_candles, now_ms))
        self.protection.look()
        for trade in left_open(self.store, self.exchange):
            if self.exits.is_over(trade) or trade.symbol in self.left:
                self._safely("exits", partial(self.journal.settle, trade, now_ms))
            else:
                self.left[trade.symbol] = trade
        self._adopt(now_ms)
        cancelled = self._safely("protection", partial(self._protect, now_ms))
        for client_id in [] if cancelled is FAILED else cancelled:
            self.tell("orphan cancelled", client_id=client_id)

    def tick(self, now_ms: int) -> float:
        """Run one tick at a closed candle; return how long it took in ms."""
        started = time.perf_counter()
        self.ticks += 1
        with self.modules.tick():
            if self._safely("fetch", self._fetch) is not FAILED:
                self._decide(now_ms)
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
        tick is minutes away. Without trades the exchange is not asked.
        """
        if not self.trades:
            return
        with self.modules.tick():
            if self._safely("fetch", self.books.look) is not FAILED:
                self._safely("protection", partial(self._protect, now_ms))

    def finish(self, now_ms: int) -> None:
        """Book what the last tick did after its comparison, and compare once more."""
        with self.modules.tick():
            if self._safely("fetch", self._fetch) is not FAILED:
                self._safely("equity", partial(self.reconciler.run, now_ms))
            self._safely("store", self.books.save)
            self.journal.write_up()

    def _decide(self, now_ms: int) -> None:
        update = partial(self.market.update_candles, now_ms)
        candles = self._safely("candles", update)
        for trade in list(self.trades.values()):
            self._safely("exits", partial(self._exit, trade, now_ms))
        self._adopt(now_ms)
        equity = self._safely("equity", partial(self.reconciler.run, now_ms))
        # The last look before anything is entered: what rests must be known then.
        protected = self._safely("protection", partial(self._protect, now_ms))
        failed = any(part is FAILED for part in (candles, protected, equity))
        if not failed and not (self.halted or self._stopped()):
            self._try_entries(now_ms, equity)

    def _stopped(self) -> str:
        """Return why nothing may be entered; tell when that begins and when it ends."""
        reason = self.stop_reason()
        if bool(reason) != bool(self._told_stop):
            self.tell("entries stopped" if reason else "entries go on", reason=reason)
        self._told_stop = reason
        return reason

    def _safely(self, part: str, run: Callable[[], Any]) -> Any:
        try:
            return run()
        except Exception as error:
            self.tell("trouble", part=part, error=f"{type(error).__name__}: {error}")
            return FAILED

    def _fetch(self) -> None:
        self.market.update_prices()
        self.execution.resolve()
        self._sync()
        for trade in self.trades.values():
            self.journal.catch_up(trade)

    def _sync(self, *, again: bool = False) -> None:
        self.journal.sync(self.trades, again=again)

    def _exit(self, trade: OpenTrade, now_ms: int) -> None:
        if not self.exits.is_over(trade):
            self.exits.trail(trade)
            reason = self.exits.reason(trade, now_ms)
            if not reason:
                return
            self._end(trade, reason, now_ms)
        if self.exits.is_over(trade):
            self._close(trade, trade.ending or "closed elsewhere", now_ms)

    def _end(self, trade: OpenTrade, reason: str, now_ms: int) -> None:
        trade.ending, trade.plan = reason, None
        self._safely("store", partial(self.plans.keep, trade))
        self.exits.close(trade, now_ms)
        self._sync()
        if not self.exits.is_over(trade):
            self.tell("exit failed", trade_id=trade.trade_id, reason=reason)

    def _protect(self, now_ms: int) -> list[str]:
        def end(trade: OpenTrade) -> None:
            self._end(trade, "unprotected", now_ms)

        return self.protection.run(self.trades, self.books, now_ms, end)

    def _close(self, trade: OpenTrade, reason: str, now_ms: int) -> None:
        if self.trades.get(trade.symbol) is trade:
            del self.trades[trade.symbol]
        self.journal.close(trade, reason, now_ms)

    def _adopt(self, now_ms: int) -> None:
        for symbol in list(self.books.positions):
            if symbol not in self.trades:
                self._safely("adoption", partial(self._take_up, symbol, now_ms))

    def _take_up(self, symbol: str, now_ms: int) -> None:
        left, resting = self.left.get(symbol), self.protection.resting
        trade = self.levels.adopt(symbol, now_ms, resting, left)
        self.left.pop(symbol, None)
        self.trades[symbol] = trade
        self.plans.take_up(trade)
        self.journal.write(trade)
        self.tell("adopted", trade_id=trade.trade_id, size=str(trade.size))

    def _try_entries(self, now_ms: int, equity_usd: Decimal) -> None:
        sent, self._is_built = len(self.books.sent), False
        self._safely("entries", partial(self._enter, now_ms, equity_usd))
        if len(self.books.sent) > sent and not self._is_built:
            # An exchange that lost an entry may have lost the stops of others with it,
            # and what broke off between an entry and its stop has not fitted the stop.
            self._safely("fetch", self.books.look)
            self._safely("protection", partial(self._protect, now_ms))

    def _enter(self, now_ms: int, equity_usd: Decimal) -> None:
        for trade in list(self.trades.values()):
            plan = trade.plan
            if self.entries.go_on(trade, now_ms, equity_usd, self.trades):
                self._built(trade, now_ms)
            elif plan is not trade.plan:
                self._safely("store", partial(self.plans.keep, trade))
        self.entries.run(now_ms, equity_usd, self.trades)

    def _opened(self, trade: OpenTrade) -> None:
        self.trades[trade.symbol] = trade
        self._built(trade, trade.opened_ms)
        self.tell(
            "entry", trade_id=trade.trade_id, side=trade.side, size=str(trade.size)
        )

    def _built(self, trade: OpenTrade, now_ms: int) -> None:
        """Take note of what an entry has filled, and fit its stop and take to it."""
        self._is_built = False
        self._sync()
        position = self.books.positions.get(trade.symbol)
        if position is not None:
            trade.follow(position)
        if trade.plan is not None and trade.size >= trade.plan.size:
            trade.plan = None  # all of it is filled: no slice is left to be sent
        self.journal.write(trade)
        self._safely("store", partial(self.plans.keep, trade))
        self._protect(now_ms)
        self._is_built = True
