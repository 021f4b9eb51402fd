"""The market that the candles make: time, prices, depth and funding rates.

It holds the cursor. `count` candles are closed, now is the last one's close, and the
price is its close. Mark, index and last price are one price here. While a candle is
stepped through, `price` and `now_ms` walk its path: open, the nearer extreme (the low
when both are equally near), the other extreme, close, at a quarter of its time each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import numpy as np

from core.errors import ConfigError
from core.trading.candles import Candles
from core.trading.contracts import CONTRACTS, Contract
from core.trading.paper.books import HOUR_MS
from core.trading.paper.config import PaperConfig
from core.trading.paper.orders import ZERO

_ONE = Decimal(1)
BASE_FRAC = Decimal("0.00001")
TREND_WEIGHT = Decimal("0.001")
CAP_FRAC = Decimal("0.0005")
TREND_HOURS = 8


class Market:
    """A cursor into candles of one common timeline."""

    def __init__(self, candles: Mapping[str, Candles], config: PaperConfig) -> None:
        first = next(iter(candles.values()))
        unknown = [symbol for symbol in candles if symbol not in CONTRACTS]
        if unknown:
            raise ConfigError(f"no contract {', '.join(unknown)}")
        if any(not np.array_equal(c.time_ms, first.time_ms) for c in candles.values()):
            raise ConfigError("the symbols' candles do not share one timeline")
        if not 1 <= config.warmup <= len(first):
            raise ConfigError(
                f"warm-up of {config.warmup} candles out of {len(first)}",
                hint="give more candles, or a shorter warm-up",
            )
        self.contracts: dict[str, Contract] = {s: CONTRACTS[s] for s in candles}
        self.config = config
        self.interval_ms = first.interval_ms
        self.start_ms = int(first.time_ms[0])
        self.price: dict[str, Decimal] = {}
        self.depth: dict[str, Decimal] = {}
        self.depth_used: dict[str, Decimal] = {}
        self._rates: dict[tuple[str, int], Decimal] = {}
        # By symbol, what was asked for last: the next open, and the book around a price.
        self._opened: dict[str, tuple[int, Decimal]] = {}
        self._book: dict[str, tuple[Decimal, tuple[Decimal, Decimal]]] = {}
        self._take(candles)
        self.count = config.warmup
        self._settle_at_close()

    @property
    def has_next(self) -> bool:
        """Tell whether there is a candle left."""
        return self.count < self.length

    def extend(self, candles: Mapping[str, Candles]) -> None:
        """Go on with the same candles and those that have closed since.

        ConfigError if they are others than those so far.
        """
        first, mine = next(iter(candles.values())), next(iter(self.candles.values()))
        known = first.time_ms[: self.length]
        same = set(candles) == set(self.candles) and np.array_equal(known, mine.time_ms)
        if not same:
            raise ConfigError(
                "the candles that are followed are not those of before",
                hint="start again; nothing else may write to their folder",
            )
        self._take(candles)

    def _take(self, candles: Mapping[str, Candles]) -> None:
        self.candles = dict(candles)
        self.length = len(next(iter(candles.values())))
        self._volumes = {
            symbol: np.concatenate(([0.0], np.cumsum(c.volume)))
            for symbol, c in candles.items()
        }
        # A next open that was not there may be now.
        self._opened.clear()

    def walk(self) -> Iterator[dict[str, tuple[Decimal, Decimal]]]:
        """Go through the next candle; yield its four legs, each symbol's (from, to).

        The market stands at the leg's end time while it is yielded, and still at the
        prices of its start: whoever walks sets `price` when he has arrived.
        """
        index = self.count
        paths = {symbol: self.path(symbol, index) for symbol in self.candles}
        opened_ms = self.start_ms + index * self.interval_ms
        if not self.config.next_open:
            self._refill(index)
        for leg in range(4):
            self.now_ms = opened_ms + self.interval_ms * (leg + 1) // 4
            yield {symbol: (self.price[symbol], paths[symbol][leg]) for symbol in paths}
        self.count += 1
        if self.config.next_open:
            self._refill(self.count)

    def skip(self, count: int) -> None:
        """Go on by candles that nobody trades in."""
        self.count = min(self.count + count, self.length)
        self._settle_at_close()

    def quote(self, symbol: str) -> Decimal:
        """Return the price around which an order is filled that is sent now."""
        if not (self.config.next_open and self.has_next):
            return self.price[symbol]
        known, price = self._opened.get(symbol, (-1, ZERO))
        if known != self.count:
            opened = float(self.candles[symbol].open[self.count])
            price = self.contracts[symbol].price_of(opened)
            self._opened[symbol] = self.count, price
        return price

    def bid_ask(self, symbol: str, price: Decimal) -> tuple[Decimal, Decimal]:
        """Return the best bid and ask around a price, on ticks and never crossed."""
        known, book = self._book.get(symbol, (None, (ZERO, ZERO)))
        if known != price:
            contract = self.contracts[symbol]
            half = price * self.config.half_spread_frac
            bid = max(contract.price_down(price - half), contract.tick_size)
            ask = contract.price_up(price + half)
            book = bid, max(ask, bid + contract.tick_size)
            self._book[symbol] = price, book
        return book

    def funding_rate(self, symbol: str, time_ms: int) -> Decimal:
        """Return the absolute rate (USD a coin and hour) of the hour around a time."""
        hour = time_ms // HOUR_MS
        rate = self._rates.get((symbol, hour))
        if rate is None:
            price = self._close_before(symbol, hour * HOUR_MS)
            rate = (self.relative_rate(symbol, hour) * price).quantize(Decimal("1e-12"))
            self._rates[symbol, hour] = rate
        return rate

    def relative_rate(self, symbol: str, hour: int) -> Decimal:
        """Return the relative rate of an hour: a base, and a part of the last 8 hours' move.

        It reads only candles that closed before the hour began; within 0.05% an hour.
        """
        if self.config.funding_frac is not None:
            return self.config.funding_frac
        return self._rate_from(symbol, hour, self._close_before(symbol, hour * HOUR_MS))

    def predicted_rate(self, symbol: str) -> Decimal:
        """Return the relative rate that the next hour has if the price stays as it is."""
        if self.config.funding_frac is not None:
            return self.config.funding_frac
        hour = self.now_ms // HOUR_MS + 1
        return self._rate_from(symbol, hour, self.price[symbol])

    def _rate_from(self, symbol: str, hour: int, price: Decimal) -> Decimal:
        earlier = self._close_before(symbol, (hour - TREND_HOURS) * HOUR_MS)
        frac = BASE_FRAC + TREND_WEIGHT * (price / earlier - _ONE)
        return max(-CAP_FRAC, min(CAP_FRAC, frac)).quantize(Decimal("1e-9"))

    def day(self, symbol: str) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Return the last 24 hours' open, high, low and volume."""
        first = self._day_before()
        candles, contract = self.candles[symbol], self.contracts[symbol]
        opened, volume = self.day_sums(symbol)
        return (
            opened,
            contract.price_of(float(candles.high[first : self.count].max())),
            contract.price_of(float(candles.low[first : self.count].min())),
            volume,
        )

    def day_sums(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Return the last 24 hours' open and volume."""
        first, contract = self._day_before(), self.contracts[symbol]
        sums = self._volumes[symbol]
        volume = Decimal(repr(float(sums[self.count] - sums[first])))
        opened = contract.price_of(float(self.candles[symbol].open[first]))
        return opened, contract.size_down(volume)

    def _day_before(self) -> int:
        return max(0, self.count - 24 * HOUR_MS // self.interval_ms)

    def depth_left(self, symbol: str) -> Decimal:
        """Return the coins that can still trade in this candle."""
        return self.depth[symbol] - self.depth_used[symbol]

    def shown_depth(self, symbol: str) -> Decimal:
        """Return the depth that is shown: the last closed candle's.

        With `next_open` orders meet that of a candle which nobody knows yet.
        """
        return self._depth_of(symbol, self.count - 1)

    def _settle_at_close(self) -> None:
        index = self.count - 1
        self.now_ms = self.start_ms + self.count * self.interval_ms
        for symbol, candles in self.candles.items():
            close = float(candles.close[index])
            self.price[symbol] = self.contracts[symbol].price_of(close)
        self._refill(self.count if self.config.next_open else index)

    def _refill(self, index: int) -> None:
        index = min(index, self.length - 1)
        for symbol in self.candles:
            self.depth[symbol] = self._depth_of(symbol, index)
            self.depth_used[symbol] = ZERO

    def _depth_of(self, symbol: str, index: int) -> Decimal:
        volume = Decimal(repr(float(self.candles[symbol].volume[index])))
        return self.contracts[symbol].size_down(volume * self.config.depth_frac)

    def path(self, symbol: str, index: int) -> tuple[Decimal, ...]:
        """Return where the price goes within a candle: open, both extremes, close."""
        price_of = self.contracts[symbol].price_of
        return tuple(price_of(price) for price in self._legs(symbol, index))

    def last_turn(self, symbol: str, index: int) -> Decimal:
        """Return the price at which the last leg of a candle begins."""
        return self.contracts[symbol].price_of(self._legs(symbol, index)[2])

    def _legs(self, symbol: str, index: int) -> tuple[float, float, float, float]:
        candles = self.candles[symbol]
        opened, high = candles.open.item(index), candles.high.item(index)
        low, close = candles.low.item(index), candles.close.item(index)
        up_first = high - opened < opened - low
        turns = (high, low) if up_first else (low, high)
        return opened, *turns, close

    def _close_before(self, symbol: str, time_ms: int) -> Decimal:
        """Return the last price at a time, from candles alone."""
        index = (time_ms - self.start_ms) // self.interval_ms - 1
        candles, price_of = self.candles[symbol], self.contracts[symbol].price_of
        if index < 0:
            return price_of(float(candles.open[0]))
        return price_of(float(candles.close[min(index, self.length - 1)]))
