"""Entries: scan, look, decide, size, fit into the limits on risk, execute."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.ports import TAKEN_BACK
from core.trading.trader.books import Books, Totals
from core.trading.trader.config import TraderConfig
from core.trading.trader.decision import Decision
from core.trading.trader.execution import SIDES, Execution, Intent
from core.trading.trader.levels import Levels
from core.trading.trader.market import Market
from core.trading.trader.risk import Risk
from core.trading.trader.standing import entered
from core.trading.trader.trades import OpenTrade, filled_of

ZERO = Decimal(0)
Trades = dict[str, OpenTrade]


@dataclass
class Entries:
    """Opens trades. `on_open` is told of each at once, before the next is tried, `on_nothing`
    of a symbol whose entry was taken back, with its sums before; while `waits` says that
    its fills are not all told, the symbol is not entered: they would count to another trade.
    `is_late` says whether the prices have become too old, since each entry may take long.
    `tell` hears what is wanted before anything is sent: no more than that may be held.
    """

    modules: Registry
    market: Market
    books: Books
    execution: Execution
    decision: Decision
    levels: Levels
    risk: Risk
    config: TraderConfig
    on_open: Callable[[OpenTrade], None]
    on_nothing: Callable[[str, Totals], None]
    waits: Callable[[str], bool]
    is_late: Callable[[], bool]
    tell: Callable[..., None]

    def run(self, now_ms: int, equity_usd: Decimal, trades: Trades) -> None:
        """Scan, and enter where the modules say so. One trade a symbol at a time."""
        ready = [s for s in self.allowed() if self.market.ready(s)]
        if all(symbol in trades or symbol in self.books.held for symbol in ready):
            return  # one trade a symbol: there is nothing to look at
        stats = [self._stats(symbol) for symbol in ready]
        volatilities = {s.symbol: s.volatility_frac for s in stats}
        self.risk.share_margin(equity_usd, volatilities, trades)
        for symbol in self._scan(stats):
            if self.decision.room(now_ms) <= 0:
                return
            if self.execution.in_doubt:
                # What an order may have done that nobody knows of is in no sum of risk.
                return
            if symbol in trades or symbol in self.books.held or self.waits(symbol):
                continue
            if self.books.unread.is_doubtful(symbol):
                continue
            if self.is_late():
                return
            trade = self._enter(symbol, now_ms, equity_usd, trades)
            if trade is not None:
                self.on_open(trade)

    def allowed(self) -> list[str]:
        """Return the symbols that may be entered at all."""
        return [s for s in self.market.tradeable if self.config.may_enter(s)]

    def _scan(self, stats: list[Any]) -> list[str]:
        found: list[str] = self.modules["market_scanner"](
            stats,
            self.config.symbols_at_most,
            self.config.max_spread_frac,
            self.config.min_volume_usd,
        )
        return found

    def _stats(self, symbol: str) -> Any:
        ticker = self.market.tickers[symbol]
        return self.modules.records["MarketStats"](
            symbol=symbol,
            volatility_frac=self.levels.volatility_frac(symbol),
            volume_usd=float(ticker.volume_24h * ticker.mark_price),
            spread_frac=float((ticker.ask - ticker.bid) / ticker.mark_price),
        )

    def signal(self, symbol: str, now_ms: int) -> tuple[Any, Any]:
        """Return the MarketView of a symbol and the Signal that is decided on it."""
        return self.decision.signal(symbol, now_ms)

    def _enter(
        self, symbol: str, now_ms: int, equity_usd: Decimal, trades: Trades
    ) -> OpenTrade | None:
        view, signal = self.signal(symbol, now_ms)
        if signal.side != "none":
            view, signal = self.decision.asked(view, signal.side, now_ms)
        if signal.side == "none" or not math.isfinite(view.volatility_frac):
            return None
        price = self.market.mark(symbol)
        levels = self.levels.around(symbol, signal.side, price, view.volatility_frac)
        risk = self.decision.risk_frac(view.model_score)
        size = self._size(symbol, price, levels, signal.score, risk, equity_usd)
        if size <= ZERO:
            return None
        leverage = self.risk.leverage(
            symbol, size, price, levels.stop_price, signal.score
        )
        plan = self._plan(symbol, signal.side, size, price, now_ms)
        fitted = self.risk.fitted(symbol, plan, levels, leverage, equity_usd, trades)
        if fitted <= ZERO:
            return None
        plan = self._plan(symbol, signal.side, fitted, price, now_ms)
        base = self.books.totals_of(symbol)
        before = (base.realised_usd, base.fees_usd, base.funding_usd)
        trade_id = f"{symbol}-{now_ms}"
        self.tell("entering", trade_id=trade_id, side=signal.side, size=str(fitted))
        done = self._send(symbol, plan, levels, price, now_ms)
        filled, cost = filled_of(done, price)
        if not filled:
            taken_back = any(TAKEN_BACK in status.reason for status in done)
            if taken_back or self.execution.in_doubt:
                self.on_nothing(symbol, Totals(*before))
            return None
        return OpenTrade(
            trade_id, symbol, signal.side, filled, cost / filled, levels, now_ms,
            signal.score, *before, leverage=leverage,
            plan=plan if filled < plan.size else None, answered=filled,
            trail_usd=self.levels.trail_usd(price, levels),
        )  # fmt: skip

    def _send(
        self, symbol: str, plan: Any, levels: Any, price: Decimal, now_ms: int
    ) -> list[Any]:
        stop = levels.stop_price
        intent = Intent(symbol, plan, "entry", now_ms, now_ms, protect_price=stop)
        instrument = self.market.instruments[symbol]
        return self.execution.run(intent, ZERO, price, instrument)

    def go_on(
        self, trade: OpenTrade, now_ms: int, equity_usd: Decimal, trades: Trades
    ) -> list[Any]:
        """Send the slices of a trade's entry that have come due; end the plan when over.

        What could not go out within twice the plan's time is not sent any more.
        """
        plan, symbol = trade.plan, trade.symbol
        if trade.ending or trade.exit_size:
            # Its stop or take fills, a person or the exchange sells: nothing more goes in.
            trade.plan = None
        if trade.plan is None or self.execution.in_doubt or self.is_late():
            return []
        if not self.risk.still_fits(trade, equity_usd, trades):
            return []
        late_ms = now_ms - plan.started_ms - plan.duration_ms
        if late_ms >= 0:
            trade.plan = None
        if late_ms > plan.duration_ms:
            return []
        trade.entries_sent += 1
        intent = Intent(
            symbol,
            plan,
            "entry",
            now_ms,
            trade.opened_ms,
            trade.entries_sent,
            trade.levels.stop_price,
        )
        mark, instrument = self.market.mark(symbol), self.market.instruments[symbol]
        before = entered(self.books, trade)
        done = self.execution.run(intent, before, mark, instrument)
        trade.answered = before + filled_of(done, mark)[0]
        return done

    def _plan(
        self, symbol: str, side: str, size: Decimal, price: Decimal, now_ms: int
    ) -> Any:
        return self.execution.plan(
            SIDES[side],
            size,
            price,
            now_ms,
            self.market.instruments[symbol],
            self.config.slippage_frac,
        )

    def _size(
        self,
        symbol: str,
        price: Decimal,
        levels: Any,
        score: float,
        risk_frac: Decimal,
        equity_usd: Decimal,
    ) -> Decimal:
        size: Decimal = self.modules["position_sizing"](
            equity_usd,
            risk_frac,
            price,
            levels.stop_price,
            score,
            self.market.instruments[symbol].size_step,
            self.config.max_notional_usd,
        )
        return size
