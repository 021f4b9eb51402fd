"""Backtests of a strategy that is one module: candles in, the wanted position out.

The module is an indicator, so it is causal by test and one pass over the history is all
its decisions. What is decided on a close is ordered then and filled at the next open, at
the paper exchange's rules in floats (`taker`), candle by candle only where an order is on
its way. `exactly` does the same with the engine itself, in Decimals; a test holds the two
together, and a history in which the margin could give out is left to it.
"""

from __future__ import annotations

import inspect
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import ConfigError
from core.sweeps import unswept
from core.trading.backtest.account import Account, Fill
from core.trading.backtest.funding import funding_to
from core.trading.backtest.modules import registry_of
from core.trading.backtest.run import PAPER, Result, unreflected
from core.trading.backtest.taker import HAIR, Taker
from core.trading.backtest.target_result import curve_of, rows_of
from core.trading.candles import Candles
from core.trading.contracts import CONTRACTS
from core.trading.paper import PaperConfig
from core.versions import Version

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class TargetSetup:
    """One strategy on one symbol; a position is `notional_frac` of the equity.

    `arguments` are the strategy's own, but for the candles. Trading begins after
    `paper.warmup` candles.
    """

    root: Path
    candles: Candles
    strategy: str
    arguments: dict[str, Any] = field(default_factory=dict)
    paper: PaperConfig = PAPER
    notional_frac: float = 1.0
    label: str = ""


def run_target(setup: TargetSetup) -> Result:
    """Run one strategy over one history."""
    from core.trading.backtest.exactly import exactly

    started = time.perf_counter()
    with unswept():
        with unreflected():
            wanted = targets(setup)
        result = _fast(setup, wanted, started) if setup.notional_frac <= 1 else None
    return result or exactly(setup, wanted, started)


def parameters(root: Path, strategy: str) -> dict[str, Any]:
    """Return the types of a strategy's own arguments, those that are no candles."""
    call = strategy_of(root, strategy).call
    shown = inspect.signature(call).parameters.items()  # of the body: it is wrapped
    return {name: p.annotation for name, p in shown if name not in COLUMNS}


def strategy_of(root: Path, name: str) -> Version:
    """Return the accepted version of a strategy; ConfigError if it is no indicator."""
    registry = registry_of(root, name)
    _ = registry[name]  # NotAccepted says what is missing
    version = registry.version(name)
    if version.entry.kind != "indicator":
        raise ConfigError(
            f"{name} is a {version.entry.kind}, not an indicator",
            hint="only an indicator is tested not to look ahead",
        )
    return version


def targets(setup: TargetSetup) -> Floats:
    """Return what the strategy wants after each candle: between -1 and 1.

    ConfigError if it is no indicator, is called wrongly or wants anything else.
    """
    import pandas as pd

    version = strategy_of(setup.root, setup.strategy)
    known = inspect.signature(version.call).parameters
    given = {
        name: pd.Series(getattr(setup.candles, name))
        for name in COLUMNS
        if name in known
    }
    if unknown := set(setup.arguments) - (set(known) - set(given)):
        raise ConfigError(f"{setup.strategy} takes no {min(unknown)!r}")
    found: Floats = version.call(**given, **setup.arguments).to_numpy(dtype=np.float64)
    if not (np.abs(found) <= 1).all():
        raise ConfigError(f"{setup.strategy} wants more than 1, or a NaN")
    return found


def _fast(setup: TargetSetup, wanted: Floats, started: float) -> Result | None:
    """Return the result, None where the margin or the largest position could matter."""
    candles, paper, first = setup.candles, setup.paper, setup.paper.warmup
    contract = CONTRACTS[candles.symbol]
    funding = funding_to(candles, paper)
    account = Account(float(paper.balance_usd), float(paper.taker_fee_frac))
    fills = _trade(setup, wanted, Taker(candles, paper), account, funding)
    if any(abs(fill.size) > float(contract.max_position) for fill in fills):
        return None
    curve = curve_of(candles, fills, funding, first, paper)
    if curve is None:
        return None
    end = float(curve.equity_usd[-1])
    rows = rows_of(candles, fills)
    return Result(
        label=setup.label,
        symbols=(candles.symbol,),
        candles=len(candles) - first,
        ticks=len(fills),
        seconds=time.perf_counter() - started,
        trades=rows,
        curve=curve,
        start_usd=paper.balance_usd,
        end_usd=_usd(end),
        fees_usd=_usd(account.fees_usd),
        funding_usd=_usd(account.funding_usd),
        liquidations=0,
        told=[],
    )


def _usd(amount: float) -> Decimal:
    return Decimal(repr(round(amount, 8)))


def _trade(
    setup: TargetSetup,
    wanted: Floats,
    taker: Taker,
    account: Account,
    funding: Floats,
) -> list[Fill]:
    """Send what is missing to the wanted position, at each candle after a change."""
    close = setup.candles.close
    first, last = setup.paper.warmup, len(close) - 1
    changes = np.flatnonzero(np.diff(wanted[first - 1 :])) + first
    if wanted[first - 1]:
        changes = np.concatenate(([first - 1], changes))
    # What is wanted at the end is not traded any more.
    changes = changes[changes < last]
    frac, step = setup.notional_frac, taker.step
    columns = (changes, close[changes], wanted[changes], funding[changes + 1])
    ends = [*changes[1:].tolist(), last]
    rows = zip(
        *(column.tolist() for column in columns), ends, taker.quotes(changes + 1),
        strict=True,
    )  # fmt: skip
    for index, price, want, accrued, end, quote in rows:
        equity = account.equity_usd(price, accrued)
        steps = int(frac * max(equity, 0.0) * abs(want) / price / step + HAIR)
        goal = steps if want > 0 else -steps
        # What the depth does not give is asked for again, until the next decision.
        for at in range(index, end):
            missing = goal - account.steps
            if not missing:
                break
            if at > index:
                (quote,) = taker.quotes(np.array([at + 1]))
            got, paid = taker.take(missing, quote)
            if got:
                account.fill(at + 1, got, step, paid, funding.item(at + 1))
    return account.fills
