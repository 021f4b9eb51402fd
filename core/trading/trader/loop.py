"""One tick of trading: fetch, book, exit, enter, compare with the exchange.

All modules of a tick are of one set of versions. An error in one part is told and
leaves the others running where that is safe: without fresh books nothing is entered.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from core.registry import Registry
from core.trading.ports import Exchange, Model, Store
from core.trading.trader.books import Books
from core.trading.trader.config import TraderConfig
from core.trading.trader.decision import Decision, NoModel
from core.trading.trader.entries import Entries
from core.trading.trader.execution import OPPOSITE, Execution
from core.trading.trader.exits import Exits
from core.trading.trader.history import TradeHistory
from core.trading.trader.leftovers import left_open
from core.trading.trader.market import Market
from core.trading.trader.trades import OpenTrade

Tell = Callable[..., None]


@dataclass
class TradingLoop:
    """`tell(kind, **detail)` publishes events; `trades` are the open ones by symbol.

    `left` are trades of an earlier process that wait for candles to be taken up again.
    `market_of` makes the market; a backtest brings its own.
    `stop_reason` says why nothing new may be entered, empty when it may.
    """

    modules: Registry
    exchange: Exchange
    store: Store
    tell: Tell
    config: TraderConfig = field(default_factory=TraderConfig)
    stop_reason: Callable[[], str] = lambda: ""
    model: Model = field(default_factory=NoModel)
    trades: dict[str, OpenTrade] = field(default_factory=dict)
    left: dict[str, OpenTrade] = field(default_factory=dict)
    ticks: int = 0
    closed: int = 0
    drifts: int = 0
    halted: str = ""
    market_of: Callable[[Exchange, int], Market] = Market
    _told_stop: str = ""

    def __post_init__(self) -> None:
        m, c = self.modules, self.config
        self.market = self.market_of(self.exchange, c.lookback)
        self.books = Books(m, self.exchange, self.store)
        self.execution = Execution(m, self.exchange, self.store, c)
        self.history = TradeHistory(m, c.entry)
        decision = Decision(m, self.market, self.history, self.model, c)
        self.entries = Entries(
            m, self.market, self.books, self.execution, decision, c, self._opened
        )
        self.exits = Exits(m, self.market, self.books, self.execution, c)

    def open(self, now_ms: int) -> None:
        """Take over the account as it is now, and the trades that were left open."""
        self.books.open(now_ms)
        self.history.load(self.store, now_ms)
        self.market.update(now_ms)
        for trade in left_open(self.store, self.exchange):
            if self.exits.is_over(trade) or trade.symbol in self.left:
                self._settle(trade, now_ms)
            else:
                self.left[trade.symbol] = trade

    def _settle(self, trade: OpenTrade, now_ms: int) -> None:
        """Close a trade whose position ended while nobody was watching."""
        for fill in self.exchange.fills(trade.opened_ms):
            if fill.symbol == trade.symbol and fill.side == OPPOSITE[trade.side]:
                trade.note_exit(fill)
        self._close(trade, "closed while away", max(now_ms, trade.opened_ms))

    def tick(self, now_ms: int) -> float:
        """Run one tick at a closed candle; return how long it took in ms."""
        started = time.perf_counter()
        self.ticks += 1
        with self.modules.tick():
            if self._safely("fetch", self._fetch):
                self._decide(now_ms)
            self._safely("store", self.books.save)
        return (time.perf_counter() - started) * 1000

    def finish(self, now_ms: int) -> None:
        """Book what the last tick did after its comparison, and compare once more."""
        with self.modules.tick():
            if self._safely("fetch", self._fetch):
                self._safely("equity", lambda: self._equity(now_ms))
            self._safely("store", self.books.save)

    def _decide(self, now_ms: int) -> None:
        candles = self._safely("candles", lambda: self._candles(now_ms))
        self._safely("adoption", lambda: self._adopt(now_ms))
        for trade in list(self.trades.values()):
            self._safely("exits", partial(self._exit, trade, now_ms))
        equity = self._safely("equity", lambda: self._equity(now_ms))
        stopped = self.halted or self._stopped()
        if candles and equity is not None and not stopped:
            self._safely("entries", lambda: self._enter(now_ms, equity.equity_usd))

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
            return None

    def _fetch(self) -> bool:
        self.market.update_prices()
        self._sync()
        return True

    def _candles(self, now_ms: int) -> bool:
        self.market.update_candles(now_ms)
        return True

    def _sync(self) -> None:
        """Book what is new, and count to each trade the fills that reduce it."""
        for fill in self.books.sync():
            trade = self.trades.get(fill.symbol)
            if trade is not None and fill.side == OPPOSITE[trade.side]:
                trade.note_exit(fill)

    def _exit(self, trade: OpenTrade, now_ms: int) -> None:
        if not self.exits.is_over(trade):
            reason = self.exits.reason(trade, now_ms)
            if not reason:
                return
            trade.ending = reason
            self.exits.close(trade, now_ms)
            self._sync()
        if self.exits.is_over(trade):
            self._close(trade, trade.ending or "closed elsewhere", now_ms)
        else:
            self.tell("exit failed", trade_id=trade.trade_id, reason=trade.ending)

    def _close(self, trade: OpenTrade, reason: str, now_ms: int) -> None:
        record = trade.record(
            self.modules.records["Trade"],
            self.books.totals_of(trade.symbol),
            trade.exit_price(trade.entry_price),
            now_ms,
            reason,
        )
        if self.trades.get(trade.symbol) is trade:
            del self.trades[trade.symbol]
        self.closed += 1
        self.history.note(record)
        self.modules["trade_logger"](self.store, record)
        self.tell(
            "exit", trade_id=trade.trade_id, reason=reason, net_usd=str(_net(record))
        )

    def _adopt(self, now_ms: int) -> None:
        for symbol in list(self.books.positions):
            if symbol not in self.trades:
                trade = self.entries.adopt(symbol, now_ms, self.left.get(symbol))
                if trade is not None:
                    self.trades[symbol] = trade
                    self.left.pop(symbol, None)
                    self._log(trade)
                    self.tell("adopted", trade_id=trade.trade_id, size=str(trade.size))

    def _enter(self, now_ms: int, equity_usd: Decimal) -> None:
        self.entries.run(now_ms, equity_usd, self.trades)

    def _opened(self, trade: OpenTrade) -> None:
        self.trades[trade.symbol] = trade
        self._sync()
        self._log(trade)
        self.tell(
            "entry", trade_id=trade.trade_id, side=trade.side, size=str(trade.size)
        )

    def _log(self, trade: OpenTrade) -> None:
        totals = self.books.totals_of(trade.symbol)
        record = trade.record(self.modules.records["Trade"], totals)
        self.history.note(record)
        self.modules["trade_logger"](self.store, record)

    def _equity(self, now_ms: int) -> Any:
        marks = {s: t.mark_price for s, t in self.market.tickers.items()}
        ours = self.books.equity(now_ms, marks)
        theirs = self.exchange.account().equity_usd
        self.store.insert(
            "equity",
            {
                "time_ms": now_ms,
                "balance_usd": ours.balance_usd,
                "floating_usd": ours.floating_usd,
                "equity_usd": ours.equity_usd,
                "exchange_equity_usd": theirs,
            },
        )
        self._compare(ours.equity_usd, theirs, now_ms)
        return ours

    def _compare(self, ours: Decimal, theirs: Decimal, now_ms: int) -> None:
        drift = abs(ours - theirs)
        if drift <= self.config.drift_usd:
            self.halted = ""
            return
        if not self.halted:
            self.drifts += 1
            self.tell(
                "drift", ours_usd=str(ours), exchange_usd=str(theirs), time_ms=now_ms
            )
        self.halted = f"books differ from the exchange by {drift} USD"


def _net(record: Any) -> Decimal:
    net: Decimal = record.realised_usd - record.fees_usd + record.funding_usd
    return net
