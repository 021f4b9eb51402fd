"""One backtest: the trading loop itself over a history, from the first candle to the last.

The loop, its books and every module are those that trade. A tick is run only where
`Scan` says that it could do something or where the exchange has done something; with
`every_candle` it is run everywhere, which is slower and must give the same.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.trading.backtest.curve import Curve, curve_of
from core.trading.backtest.exchange import BacktestExchange
from core.trading.backtest.history import Moment
from core.trading.backtest.market import HistoryMarket
from core.trading.backtest.modules import HistoryModules, registry_of
from core.trading.backtest.scan import Act, Scan
from core.trading.backtest.stepper import Stepper
from core.trading.backtest.store import MemoryStore
from core.trading.candles import Candles
from core.trading.paper import PaperConfig, PaperExchange
from core.trading.trader.config import TraderConfig
from core.trading.trader.loop import TradingLoop
from core.wrapper import Reflection, hooks

PAPER = PaperConfig(next_open=True, rate_limited=False)
MOST_TOLD = 1000
# What a loop tells of every trade; all else is told in the report, as trouble.
EXPECTED = ("entering", "entry", "exit")


@dataclass(frozen=True)
class Setup:
    """What one backtest needs. `candles` share one timeline; `label` names the variant."""

    root: Path
    candles: Mapping[str, Candles]
    config: TraderConfig = field(default_factory=TraderConfig)
    paper: PaperConfig = PAPER
    label: str = ""
    every_candle: bool = False


@dataclass(frozen=True)
class Result:
    """What came of one backtest. Money is Decimal USD; `curve` is the equity by candle.

    Attributes:
        trades: rows of the Trade record, closed ones first, by their end.
        told: what the loop told beside its entries and exits: trouble, drift.
        ticks: how many of the `candles` the whole tick was run at.
    """

    label: str
    symbols: tuple[str, ...]
    candles: int
    ticks: int
    seconds: float
    trades: list[dict[str, Any]]
    curve: Curve
    start_usd: Decimal
    end_usd: Decimal
    fees_usd: Decimal
    funding_usd: Decimal
    liquidations: int
    told: list[tuple[str, dict[str, Any]]]


def run(setup: Setup) -> Result:
    """Run one backtest. Same setup, same result, on any machine."""
    started = time.perf_counter()
    with unreflected():
        session = Session(setup)
        session.run()
        return session.result(time.perf_counter() - started)


@contextmanager
def unreflected() -> Iterator[None]:
    """Forget the reflections of calls in the block: a history has no one to look at them.

    Kept, they would hold on to every series that a module was given.
    """
    append = hooks.append
    kept: deque[Reflection] = deque(maxlen=0)
    hooks.append = kept.append
    try:
        yield
    finally:
        hooks.append = append


class Session:
    """The loop and everything that it holds, over one history."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.engine = PaperExchange(setup.candles, setup.paper)
        market = self.engine.market
        self.moment = Moment(market.count, setup.config.lookback)
        self.stepper = Stepper(self.engine)
        modules: Any = HistoryModules(registry_of(setup.root), self.moment)
        self.exchange = BacktestExchange(self.engine, modules.records)
        self.store = MemoryStore()
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.loop = TradingLoop(
            modules,
            self.exchange,
            self.store,
            self._tell,
            setup.config,
            # In a history nothing comes by waiting, and a slow machine changes nothing.
            sleep=lambda _: None,
            market_of=lambda *_: HistoryMarket(self.exchange, self.moment),
            clock=lambda: 0.0,
        )
        self.loop.open(market.now_ms)
        self._first = market.count

    def _tell(self, kind: str, **detail: Any) -> None:
        if kind not in EXPECTED and len(self.told) < MOST_TOLD:
            self.told.append((kind, detail))

    def run(self) -> None:
        """Go through all candles."""
        self._run_all() if self.setup.every_candle else self._run_where_it_acts()
        self.stepper.settle()
        self.loop.finish(self.stepper.now_ms)

    def _run_all(self) -> None:
        stepper, moment = self.stepper, self.moment
        while True:
            stepper.step()
            moment.count = stepper.count
            # What is sent at the last close has no candle that it could be filled in.
            if not stepper.has_next:
                break
            stepper.settle()
            self.loop.tick(stepper.now_ms)
            stepper.disturb()

    def _run_where_it_acts(self) -> None:
        stepper, moment, loop = self.stepper, self.moment, self.loop
        market = self.engine.market
        scan = Scan(loop, moment, market.start_ms, market.interval_ms)
        before_last = market.length - 1
        while stepper.has_next:
            act = Act.NOTHING
            calm = min(stepper.calm_until(), before_last)
            if calm > stepper.count:
                count, act = scan.first(stepper.count + 1, calm)
                stepper.skip_to(min(count, calm))
            elif stepper.step():
                act = Act.TICK
            elif stepper.has_next:
                _, act = scan.first(stepper.count, stepper.count)
            moment.count = stepper.count
            if act is Act.NOTHING or not stepper.has_next:
                continue
            stepper.settle()
            if act is Act.TICK:
                loop.tick(stepper.now_ms)
            else:
                loop.follow(stepper.now_ms)
            stepper.disturb()

    def result(self, seconds: float) -> Result:
        """Return what came of it."""
        rows = self.store.rows("trades", 0)
        closed = [row for row in rows if row["closed_ms"] is not None]
        closed.sort(key=lambda row: (row["closed_ms"], row["trade_id"]))
        books, market = self.engine.books, self.engine.market
        return Result(
            label=self.setup.label,
            symbols=tuple(market.candles),
            candles=market.length - self._first,
            ticks=self.loop.ticks,
            seconds=seconds,
            trades=closed + [row for row in rows if row["closed_ms"] is None],
            curve=curve_of(self.engine, self._first),
            start_usd=self.setup.paper.balance_usd,
            end_usd=self.engine.margin().equity,
            fees_usd=sum((row.fee_usd for row in books.ledger), Decimal(0)),
            funding_usd=sum((row.funding_usd for row in books.ledger), Decimal(0)),
            liquidations=self.engine.venue.liquidations,
            told=self.told,
        )
