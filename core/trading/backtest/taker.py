"""What a market order gets at a candle's open, in floats: `paper.matching`'s rules.

Sizes are whole steps, prices whole ticks, so that rounding is that of the Decimals.
"""

from __future__ import annotations

import math

from core.trading.candles import Candles
from core.trading.contracts import CONTRACTS
from core.trading.paper import PaperConfig
from core.trading.paper.matching import TOUCH_SHARE

# A product that is a whole number as Decimal may be a hair off it as a float.
HAIR = 1e-6


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

    def take(self, steps: int, index: int) -> tuple[int, float]:
        """Return what of an order is filled at the open of a candle, and its price.

        `steps` is negative for a sale; (0, 0) when nothing is filled.
        """
        price, ticks = self._open.item(index), self._ticks_a_dollar
        volume = self._volume.item(index) * self._depth_frac
        depth = math.floor(volume * self._steps_a_coin + HAIR)
        if not depth:
            return 0, 0.0
        half, away = price * self._half, price * self._protection
        bid = max(math.floor((price - half) * ticks + HAIR), 1)
        if steps > 0:
            touch = max(math.ceil((price + half) * ticks - HAIR), bid + 1) / ticks
            limit = math.floor((price + away) * ticks + HAIR) / ticks
            room = limit / touch - 1
        else:
            touch = bid / ticks
            limit = math.ceil((price - away) * ticks - HAIR) / ticks
            room = 1 - limit / touch
        if room < 0:
            return 0, 0.0
        got = float(min(abs(steps), depth))
        if self._slippage:
            got = min(got, depth * (self._touch + room / self._slippage))
        size = math.floor(got + HAIR)
        beyond = max(0.0, size / depth - self._touch) * self._slippage
        if steps > 0:
            moved = math.ceil(touch * (1 + beyond) * ticks - HAIR) / ticks
            return size, min(moved, limit)
        moved = math.floor(touch * (1 - beyond) * ticks + HAIR) / ticks
        return -size, max(moved, limit)
