"""Moves the engine through its candles, and passes fast over those that do nothing.

A candle is calm when no live order can be reached within it, the dead man's switch is
not due and the worst prices of all symbols together leave the margin far from its end.
Passing such a candle by leg would only move the clock and let funding run on, and that
can be made up for later, exactly: funding is a sum of products that are not divided.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from core.trading.candles import Candles
from core.trading.contracts import CONTRACTS
from core.trading.paper import PaperExchange
from core.trading.paper.books import HOUR_MS
from core.trading.paper.orders import ZERO, Order, OrderState
from core.trading.paper.passing import pass_candle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

AHEAD = 96
# Equity that must be left beyond the maintenance margin, as a part of the notional, and
# what an hour of funding may take of it.
SPARE_FRAC, FUNDING_FRAC = 0.02, Decimal("0.001")


class Stepper:
    """`step` passes one candle; `settle` brings the engine up to date before it is used."""

    def __init__(self, engine: PaperExchange) -> None:
        self._engine, self._venue = engine, engine.venue
        self._market, self._books = engine.market, engine.books
        self.count = self._market.count
        self._calm_until = 0
        # Fills, first candle and end of the last look at the margin.
        self._safe = (-1, 0, 0)
        self._ranges = {s: _range(c) for s, c in self._market.candles.items()}
        fixed = abs(engine.config.funding_frac or ZERO)
        self._funding_frac = float(max(FUNDING_FRAC, 2 * fixed))

    @property
    def now_ms(self) -> int:
        """Return the close of the last candle that was passed."""
        return self._market.start_ms + self.count * self._market.interval_ms

    @property
    def has_next(self) -> bool:
        """Tell whether there is a candle left."""
        return self.count < self._market.length

    def calm_until(self) -> int:
        """Return the count of candles up to which all are calm, at least the present one."""
        if self.count >= self._calm_until:
            self.settle()
            self._calm_until = self.count + self._calm()
        return self._calm_until

    def skip_to(self, count: int) -> None:
        """Pass calm candles; `count` is at most `calm_until`."""
        self.count = count

    def step(self) -> bool:
        """Pass one candle; tell whether an order or a position changed in it."""
        if self.count < self.calm_until():
            self.count += 1
            return False
        self.settle()
        before = self._state()
        pass_candle(self._venue)
        self.count = self._market.count
        return self._state() != before

    def disturb(self) -> None:
        """Note that orders or positions may have changed: look ahead anew."""
        self._calm_until = 0

    def settle(self) -> None:
        """Bring clock, funding, prices and depth to the last candle that was passed."""
        while self._market.count < self.count:
            if not self._holds():
                self._skip(self.count)
                return
            self._skip_to_boundary()

    def _skip_to_boundary(self) -> None:
        """Skip to the next full hour, or to where we stand, and let funding run on."""
        market = self._market
        boundary_ms = (self._venue.clock_ms // HOUR_MS + 1) * HOUR_MS
        passed = -(-(boundary_ms - market.start_ms) // market.interval_ms)
        end = min(self.count, max(passed, market.count + 1))
        # Funding is noted at the mark at which the candle's last leg begins.
        for symbol in market.candles:
            market.price[symbol] = market.last_turn(symbol, end - 1)
        self._venue.advance_clock(market.start_ms + end * market.interval_ms)
        market.skip(end - market.count)

    def _skip(self, end: int) -> None:
        self._market.skip(end - self._market.count)
        self._venue.clock_ms = self._market.now_ms

    def _holds(self) -> bool:
        return any(holding.size for holding in self._books.holdings.values())

    def _state(self) -> tuple[int, int]:
        return len(self._venue.events), self._venue.liquidations

    def _calm(self) -> int:
        """Return how many of the next candles are calm."""
        live = self._venue.live.values()
        held = self._holds()
        if not live and not held and self._venue.dead_man_ms is None:
            return self._market.length - self.count
        if any(order.trail is not None for order in live):
            return 0
        end = min(self.count + AHEAD, self._market.length, self._before_the_switch())
        if end <= self.count:
            return 0
        busy = np.zeros(end - self.count, dtype=bool)
        for order in live:
            busy |= self._reached(order, end)
        calm = int(busy.argmax())
        calm = calm if busy[calm] else len(busy)
        return min(calm, self._safe_until() - self.count) if held else calm

    def _before_the_switch(self) -> int:
        due_ms = self._venue.dead_man_ms
        if due_ms is None:
            return self._market.length
        return (due_ms - 1 - self._market.start_ms) // self._market.interval_ms

    def _reached(self, order: Order, end: int) -> Flags:
        low, high = self._ranges[order.symbol]
        above = order.triggers_above
        price = order.stop_price
        if order.state is OrderState.OPEN:
            above, price = not order.is_buy, order.limit_price
        level = float(price or ZERO)
        part = slice(self.count, end)
        reached: Flags = high[part] >= level if above else low[part] <= level
        return reached

    def _safe_until(self) -> int:
        """Return the count of candles up to which the margin is safe as things are.

        Only a fill changes what is held, and the funding of the time looked ahead is in
        the look already: so an answer holds until there is a fill or its end is reached.
        """
        fills, first, until = self._safe
        if fills != len(self._books.fills) or not first <= self.count < until:
            strained = self._strained(min(self.count + AHEAD, self._market.length))
            place = int(strained.argmax())
            until = self.count + (place if strained[place] else len(strained))
            self._safe = (len(self._books.fills), self.count, until)
        return until

    def _strained(self, end: int) -> Flags:
        """Tell where the margin is not safe at the worst prices of all symbols at once."""
        spare = np.full(end - self.count, float(self._books.balance_usd))
        hours = len(spare) * self._market.interval_ms / HOUR_MS + 1
        for symbol, holding in self._books.holdings.items():
            size = float(holding.size)
            if not size:
                continue
            low, high = (side[self.count : end] for side in self._ranges[symbol])
            worst = low if size > 0 else high
            notional = abs(size) * high
            level = CONTRACTS[symbol].margin_levels[-1]
            rate = (
                float(level.maintenance_frac) + SPARE_FRAC + self._funding_frac * hours
            )
            spare += size * (worst - float(holding.entry_price)) - notional * rate
            spare += float(holding.funding_usd)
        strained: Flags = spare <= 0
        return strained


def _range(candles: Candles) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lowest and highest price of each candle, the gap before it included."""
    before = np.concatenate((candles.open[:1], candles.close[:-1]))
    return np.minimum(candles.low, before), np.maximum(candles.high, before)
