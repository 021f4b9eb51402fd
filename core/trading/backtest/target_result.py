"""Curve and trades of a strategy from its fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.trading.backtest.account import Fill
from core.trading.backtest.curve import Curve, bought_and_held
from core.trading.candles import Candles
from core.trading.contracts import CONTRACTS
from core.trading.paper import PaperConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CHUNK = 65_536


def curve_of(
    candles: Candles, fills: list[Fill], funding: Floats, first: int, paper: PaperConfig
) -> Curve | None:
    """Return the account at each close from candle `first - 1` on.

    None if within some candle the equity could have been below the maintenance margin.
    """
    account = _Account(candles, fills, funding, paper)
    close = candles.close[first - 1 :]
    equity, held, traded = (np.empty(len(close)) for _ in range(3))
    for start in range(first - 1, len(candles), CHUNK):
        # In parts: what is needed on the way is larger than what is kept.
        part = slice(start, min(start + CHUNK, len(candles)))
        into = slice(part.start - first + 1, part.stop - first + 1)
        if not account.fill_in(part, equity[into], held[into], traded[into]):
            return None
    bought = 1 - float(paper.taker_fee_frac)
    benchmark, paid = bought_and_held(bought, close, funding[first:])
    benchmark[0] = 1.0
    return Curve(
        time_ms=candles.time_ms[first - 1 :] + candles.interval_ms,
        equity_usd=equity,
        held_usd=held,
        benchmark=benchmark,
        traded_usd=traded,
        held_funding_frac=-paid,
    )


class _Account:
    """The account after each fill, as columns; row 0 is before the first."""

    def __init__(
        self, candles: Candles, fills: list[Fill], funding: Floats, paper: PaperConfig
    ) -> None:
        self._candles, self._funding = candles, funding
        self._at = np.array([fill.candle for fill in fills], dtype=np.int64)
        self._size = np.array([0.0, *(f.position for f in fills)])
        self._entry = np.array([0.0, *(f.entry_price for f in fills)])
        balance = float(paper.balance_usd)
        self._balance = np.array([balance, *(f.balance_usd for f in fills)])
        self._funded = np.concatenate(([0.0], funding[self._at]))
        self._traded = np.cumsum([0.0, *(abs(f.size) * f.price for f in fills)])
        level = CONTRACTS[candles.symbol].margin_levels[-1]
        self._maintenance = float(level.maintenance_frac)

    def fill_in(
        self, part: slice, equity: Floats, held: Floats, traded: Floats
    ) -> bool:
        """Compute some candles; tell whether the margin was safe in all of them."""
        candles = self._candles
        row = np.searchsorted(self._at, np.arange(part.start, part.stop), "right")
        size, entry = self._size[row], self._entry[row]
        accrued = self._funding[part.start + 1 : part.stop + 1] - self._funded[row]
        settled = self._balance[row] - size * accrued
        equity[:] = settled + size * (candles.close[part] - entry)
        held[:] = np.abs(size) * candles.close[part]
        traded[:] = self._traded[row]
        worst = np.where(size > 0, candles.low[part], candles.high[part])
        needed = np.abs(size) * worst * self._maintenance
        return bool((settled + size * (worst - entry) >= needed).all())


def rows_of(candles: Candles, fills: list[Fill]) -> list[dict[str, Any]]:
    """Return the trades as rows of the Trade record, in floats, the one still open last."""
    rows: list[dict[str, Any]] = []
    open_ms = candles.time_ms
    trade: _Trade | None = None
    for fill in fills:
        now_ms = open_ms.item(fill.candle)
        size = abs(fill.size)
        if fill.closed and trade is not None:
            trade.close(fill, fill.closed / size)
            if fill.position * trade.sign <= 0:
                rows.append(trade.row(candles.symbol, now_ms))
                trade = None
        opened = size - fill.closed
        if fill.position and (trade is None or not fill.closed):
            trade = trade or _Trade(now_ms, 1 if fill.position > 0 else -1)
            trade.open(fill, opened / size)
    if trade is not None:
        rows.append(trade.row(candles.symbol, None))
    return rows


class _Trade:
    """The sums of one trade; a fill that turns the position belongs to two."""

    def __init__(self, opened_ms: int, sign: int) -> None:
        self.opened_ms, self.sign = opened_ms, sign
        self.size = self.cost = self.closed = self.gained = 0.0
        self.realised = self.fees = self.funding = 0.0

    def open(self, fill: Fill, share: float) -> None:
        size = abs(fill.size) * share
        self.size += size
        self.cost += size * fill.price
        self.fees += fill.fee_usd * share
        if not fill.closed:
            self.funding += fill.funding_usd

    def close(self, fill: Fill, share: float) -> None:
        self.closed += fill.closed
        self.gained += fill.closed * fill.price
        self.realised += fill.realised_usd
        self.funding += fill.funding_usd
        self.fees += fill.fee_usd * share

    def row(self, symbol: str, closed_ms: int | None) -> dict[str, Any]:
        ended = closed_ms is not None
        return {
            "trade_id": f"{symbol}-{self.opened_ms}",
            "symbol": symbol,
            "side": "long" if self.sign > 0 else "short",
            "size": self.size,
            "entry_price": self.cost / self.size,
            "exit_price": self.gained / self.closed if ended else None,
            "opened_ms": self.opened_ms,
            "closed_ms": closed_ms,
            "realised_usd": self.realised,
            "fees_usd": self.fees,
            "funding_usd": self.funding,
            "score": 0.0,
            "exit_reason": "target" if ended else "",
        }
