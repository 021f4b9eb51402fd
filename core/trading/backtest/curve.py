"""The account by candle, from the engine's log: equity, what is held, what was traded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
        benchmark: equal parts of every symbol, bought at the start and held, without
            funding; 1 at the start, less the taker fee.
        traded_usd: notional of all fills up to here.
    """

    time_ms: NDArray[np.int64]
    equity_usd: Floats
    held_usd: Floats
    benchmark: Floats
    traded_usd: Floats


def curve_of(engine: PaperExchange, first: int) -> Curve:
    """Return the curve from candle `first - 1`'s close on."""
    market, ledger = engine.market, engine.books.ledger
    count = market.length - first + 1
    times = market.start_ms + market.interval_ms * np.arange(first, market.length + 1)
    equity = _stepped(times, ledger, [float(row.balance_usd) for row in ledger])
    equity[: _first_row(times, ledger)] = float(engine.config.balance_usd)
    held, fee = np.zeros(count), float(engine.config.taker_fee_frac)
    growth = np.zeros(count)
    for symbol, candles in market.candles.items():
        close = candles.close[first - 1 :]
        mine = [row for row in ledger if row.symbol == symbol]
        size = _stepped(times, mine, [float(row.size) for row in mine])
        entry = _stepped(times, mine, [float(row.entry_price) for row in mine])
        equity += size * (close - entry)
        held += np.abs(size) * close
        growth += close / close[0]
    fills = [row for row in ledger if row.fill is not None]
    notional = [float(r.fill.size * r.fill.price) for r in fills if r.fill]
    traded = _stepped(times, fills, np.cumsum(notional).tolist())
    benchmark = growth / len(market.candles) * (1 - fee)
    return Curve(times, equity, held, benchmark, traded)


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
