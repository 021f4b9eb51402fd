"""What a market order gets at a candle's open, in floats: `paper.matching`'s rules.

Sizes are whole steps, prices whole ticks, so that rounding is that of the Decimals.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.trading.candles import Candles
from core.trading.contracts import CONTRACTS
from core.trading.paper import PaperConfig
from core.trading.paper.matching import TOUCH_SHARE

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A product that is a whole number as Decimal may be a hair off it as a float.
HAIR = 1e-6


class Quote(NamedTuple):
    """What stands in the book at a candle's open, prices in USD.

    Attributes:
        depth: steps within the protection, on either side.
        ask, bid: the best prices.
        highest, lowest: what a buyer pays, and a seller gets, at the very worst.
    """

    depth: float
    ask: float
    highest: float
    bid: float
    lowest: float


class Taker:
    """One symbol's candles and costs; `step` is the step of its sizes, in coins."""

    def __init__(self, candles: Candles, paper: PaperConfig) -> None:
        contract = CONTRACTS[candles.symbol]
        self._open, self._volume = candles.open, candles.volume
        self.step, self._tick = float(contract.size_step), float(contract.tick_size)
        self._steps_a_coin = round(1 / contract.size_step)
        self._ticks_a_dollar = round(1 / contract.tick_size)
        self._half, self._slippage = (
            float(paper.half_spread_frac),
            float(paper.slippage_frac),
        )
        self._protection = float(paper.protection_frac)
        self._depth_frac = float(paper.depth_frac)
        self._touch = float(TOUCH_SHARE)

    def quotes(self, indices: NDArray[np.int64]) -> list[Quote]:
        """Return the book at the open of each of some candles."""
        price, ticks = self._open[indices], self._ticks_a_dollar
        volume = self._volume[indices] * self._depth_frac
        half, away = price * self._half, price * self._protection
        bid = np.maximum(np.floor((price - half) * ticks + HAIR), 1)
        ask = np.maximum(np.ceil((price + half) * ticks - HAIR), bid + 1)
        columns = (
            np.floor(volume * self._steps_a_coin + HAIR),
            ask / ticks,
            np.floor((price + away) * ticks + HAIR) / ticks,
            bid / ticks,
            np.ceil((price - away) * ticks - HAIR) / ticks,
        )
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return list(map(Quote._make, rows))

    def take(self, steps: int, quote: Quote) -> tuple[int, float]:
        """Return what of an order is filled, and its price.

        `steps` is negative for a sale; (0, 0) when nothing is filled.
        """
        depth, ask, highest, bid, lowest = quote
        room = highest / ask - 1 if steps > 0 else 1 - lowest / bid
        if not depth or room < 0:
            return 0, 0.0
        got = min(abs(steps), depth)
        if self._slippage:
            got = min(got, depth * (self._touch + room / self._slippage))
        size = math.floor(got + HAIR)
        beyond = max(0.0, size / depth - self._touch) * self._slippage
        ticks = self._ticks_a_dollar
        if steps > 0:
            moved = math.ceil(ask * (1 + beyond) * ticks - HAIR) / ticks
            return size, min(moved, highest)
        moved = math.floor(bid * (1 - beyond) * ticks + HAIR) / ticks
        return -size, max(moved, lowest)
