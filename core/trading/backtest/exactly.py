"""A strategy's targets traded on the paper exchange's engine itself, in Decimals."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from core.trading.backtest.account import Fill
from core.trading.backtest.curve import curve_of
from core.trading.backtest.run import Result
from core.trading.backtest.stepper import Stepper
from core.trading.backtest.target_result import rows_of
from core.trading.paper import NewOrder, PaperExchange
from core.trading.paper.books import LedgerRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.trading.backtest.targets import TargetSetup


def exactly(setup: TargetSetup, wanted: NDArray[np.float64], started: float) -> Result:
    """Return what the engine makes of the targets; slower, and the measure of the fast way."""
    candles = setup.candles
    engine = PaperExchange({candles.symbol: candles}, setup.paper)
    first = engine.market.count
    _trade(setup, engine, wanted)
    ledger = engine.books.ledger
    told: list[tuple[str, dict[str, Any]]] = []
    return Result(
        label=setup.label,
        symbols=(candles.symbol,),
        candles=len(candles) - first,
        ticks=len(engine.books.fills),
        seconds=time.perf_counter() - started,
        trades=rows_of(candles, list(_fills(setup, ledger))),
        curve=curve_of(engine, first),
        start_usd=setup.paper.balance_usd,
        end_usd=engine.margin().equity,
        fees_usd=sum((row.fee_usd for row in ledger), Decimal(0)),
        funding_usd=sum((row.funding_usd for row in ledger), Decimal(0)),
        liquidations=engine.venue.liquidations,
        told=told,
    )


def _trade(
    setup: TargetSetup, engine: PaperExchange, wanted: NDArray[np.float64]
) -> None:
    stepper = Stepper(engine)
    symbol = setup.candles.symbol
    contract, holding = engine.market.contracts[symbol], engine.books.holdings[symbol]
    frac, goal, seen = Decimal(repr(setup.notional_frac)), Decimal(0), 0.0
    while True:
        want = wanted.item(stepper.count - 1)
        if not stepper.has_next:
            break
        if want != seen:
            stepper.settle()
            money = (
                max(engine.margin().equity, Decimal(0))
                * frac
                * Decimal(repr(abs(want)))
            )
            size = contract.size_down(money / engine.market.price[symbol])
            goal, seen = (size if want > 0 else -size), want
        missing = goal - holding.size
        if missing:
            stepper.settle()
            side = "buy" if missing > 0 else "sell"
            engine.send(NewOrder(symbol, side, "mkt", abs(missing)))
            stepper.disturb()
        stepper.step()
    stepper.settle()


def _fills(setup: TargetSetup, ledger: list[LedgerRow]) -> Any:
    """Yield the engine's fills, the funding that was settled between them with each."""
    candles, funding = setup.candles, Decimal(0)
    for row in ledger:
        funding += row.funding_usd
        if row.fill is None:
            continue
        index = (row.time_ms - int(candles.time_ms[0])) // candles.interval_ms
        change = row.fill.order.signed(row.fill.size)
        against = row.old_size * change < 0
        yield Fill(
            candle=min(index, len(candles) - 1),
            size=float(change),
            price=float(row.fill.price),
            closed=float(min(abs(change), abs(row.old_size))) if against else 0.0,
            realised_usd=float(row.realised_usd),
            funding_usd=float(funding),
            fee_usd=float(row.fee_usd),
            position=float(row.size),
            entry_price=float(row.entry_price),
            balance_usd=float(row.balance_usd),
        )
        funding = Decimal(0)
