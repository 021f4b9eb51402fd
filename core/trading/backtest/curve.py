"""The account by candle, from the engine's log: equity, what is held, what was traded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.trading.backtest.funding import funding_to
from core.trading.paper import PaperExchange
from core.trading.paper.books import LedgerRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """One value a candle, at its close; the first is the start, before any trade.

    Attributes:
        time_ms: of the close.
        equity_usd: balance and floating P&L; funding counts once it is settled.
        held_usd: notional of all positions.
        benchmark: equal parts of every symbol, bought at the start for all the money and
            held; 1 at the start, and the taker fee is off from then on. It pays and gets
            the funding of its perpetuals.
        traded_usd: notional of all fills up to here.
        held_funding_frac: what of `benchmark` at the end is funding, negative when paid.
    """

    time_ms: NDArray[np.int64]
    equity_usd: Floats
    held_usd: Floats
    benchmark: Floats
    traded_usd: Floats
    held_funding_frac: float


def curve_of(engine: PaperExchange, first: int) -> Curve:
    """Return the curve from candle `first - 1`'s close on, at which trading begins."""
    market, ledger = engine.market, engine.books.ledger
    count = market.length - first + 1
    times = market.start_ms + market.interval_ms * np.arange(first, market.length + 1)
    equity = _stepped(times, ledger, [float(row.balance_usd) for row in ledger])
    equity[: _first_row(times, ledger)] = float(engine.config.balance_usd)
    held, benchmark, funding = np.zeros(count), np.zeros(count), 0.0
    bought = (1 - float(engine.config.taker_fee_frac)) / len(market.candles)
    for symbol, candles in market.candles.items():
        close = candles.close[first - 1 :]
        mine = [row for row in ledger if row.symbol == symbol]
        size = _stepped(times, mine, [float(row.size) for row in mine])
        entry = _stepped(times, mine, [float(row.entry_price) for row in mine])
        equity += size * (close - entry)
        held += np.abs(size) * close
        costs = funding_to(candles, engine.config)[first:]
        worth, paid = bought_and_held(bought, close, costs)
        benchmark += worth
        funding -= paid
    fills = [row for row in ledger if row.fill is not None]
    notional = [float(r.fill.size * r.fill.price) for r in fills if r.fill]
    traded = _stepped(times, fills, np.cumsum(notional).tolist())
    # What is sent at the very start is filled at that time too, and costs: it comes after it.
    equity[0], held[0], traded[0] = float(engine.config.balance_usd), 0.0, 0.0
    benchmark[0] = 1.0
    return Curve(times, equity, held, benchmark, traded, funding)


def bought_and_held(usd: float, close: Floats, funding: Floats) -> tuple[Floats, float]:
    """Return what a perpetual bought for `usd` at the first close is worth at each, USD,
    and of that what its funding has taken at the end.

    `funding` is what a coin has cost up to each close, USD.
    """
    worth = close - funding
    worth += funding[0]
    worth /= close[0]
    worth *= usd
    return worth, usd * float((funding[-1] - funding[0]) / close[0])


def _first_row(times: NDArray[np.int64], rows: list[LedgerRow]) -> int:
    return int(np.searchsorted(times, rows[0].time_ms)) if rows else len(times)


def _stepped(
    times: NDArray[np.int64], rows: list[LedgerRow], values: list[float]
) -> Floats:
    """Return at each time the value of the last row at or before it, 0 before the first."""
    moments = np.array([row.time_ms for row in rows], dtype=np.int64)
    place = np.searchsorted(moments, times, side="right")
    found: Floats = np.concatenate(([0.0], np.asarray(values, dtype=float)))[place]
    return found
