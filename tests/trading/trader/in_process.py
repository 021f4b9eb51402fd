"""The trading loop over the paper exchange's engine in this process, a tick at a time.

It is the backtest's own session with an exchange that can be made to misbehave, and with
a decision of the test's in place of the market's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from stakes import ZERO, Resting, lost_at_stops

from core.errors import ExchangeUnavailable, OutcomeUnknown
from core.registry import Registry
from core.trading.backtest import run as backtest
from core.trading.backtest.exchange import BacktestExchange
from core.trading.backtest.market import HistoryMarket
from core.trading.backtest.modules import registry_of
from core.trading.backtest.run import PAPER, Session, Setup
from core.trading.backtest.store import MemoryStore
from core.trading.candles import Candles
from core.trading.paper import PaperConfig
from core.trading.store import TABLES
from core.trading.synthetic import synthetic_candles
from core.trading.trader.config import TraderConfig
from core.trading.trader.loop import TradingLoop

ROOT = Path(__file__).resolve().parents[3]
Decide = Callable[[str, float], tuple[str, float]]


@cache
def registry(_: Path) -> Registry:
    """The accepted modules, loaded once."""
    return registry_of(ROOT)


@cache
def candles(seed: int, count: int = 500) -> dict[str, Candles]:
    return synthetic_candles(seed, count)


def session(
    config: TraderConfig,
    exchange: type[BacktestExchange] = BacktestExchange,
    *,
    history: dict[str, Candles] | None = None,
    paper: PaperConfig = PAPER,
) -> Session:
    """Return a session that stands at the end of its warm-up."""
    setup = Setup(ROOT, history or candles(3), config, paper)
    with (
        mock.patch.object(backtest, "registry_of", registry),
        mock.patch.object(backtest, "BacktestExchange", exchange),
    ):
        one = Session(setup)
    # Nobody waits before a call is tried again.
    patient: Any = one.loop.exchange
    patient._sleep = no_wait
    return one


def no_wait(_: float) -> None:
    """In place of time.sleep."""


def decide(one: Session, decision: Decide) -> None:
    """Let `decision(symbol, close)` say the side and the score in place of the market."""
    signal = one.loop.modules.records["Signal"]

    def decided(view: Any, criteria: Any) -> Any:
        side, score = decision(view.symbol, view.close)
        score = 0.0 if side == "none" else score
        return signal(symbol=view.symbol, side=side, score=score, reason="test")

    replace(one, "entry_decision", decided)


def replace(one: Session, name: str, call: Callable[..., Any]) -> None:
    """Put another function in a module's place, in this session alone."""
    modules: Any = one.loop.modules
    modules[name] = call


def tick(one: Session, ticks: int = 1) -> None:
    """Go on by whole candles, each with its tick."""
    stepper = one.stepper
    for _ in range(ticks):
        stepper.step()
        one.moment.count = stepper.count
        stepper.settle()
        one.loop.tick(stepper.now_ms)
        stepper.disturb()


def at_stake(one: Session) -> Decimal:
    """Return what the account loses if all its stops are reached, by the engine's own books."""
    engine = one.engine
    return lost_at_stops(
        {symbol: holding.size for symbol, holding in engine.books.holdings.items()},
        [
            Resting(o.symbol, o.is_buy, o.kind, o.reduce_only, o.size - o.filled,
                    o.stop_price or o.limit_price or ZERO)
            for o in engine.venue.live.values()
        ],
        engine.market.price,
    )  # fmt: skip


def idle(one: Session) -> None:
    """Let nothing be entered from now on."""
    decide(one, lambda *_: ("none", 0.0))


def deal(
    one: Session, symbol: str, side: str, size: Decimal, client_id: str = "web-1"
) -> Any:
    """Send an order at the market past the loop, as a person does, or as a stop is filled."""
    request = one.loop.modules.records["OrderRequest"]
    return one.exchange.place(
        request(client_id=client_id, symbol=symbol, side=side, size=size, kind="market")
    )


def size_of(one: Session, symbol: str) -> Decimal:
    """Return what the engine holds of a symbol, negative when short."""
    holding = one.engine.books.holdings.get(symbol)
    return holding.size if holding else ZERO


def told_usd(one: Session) -> Decimal:
    """Return what the trades in the store have earned, net."""
    rows = one.store.rows("trades", 0)
    return sum(
        (r["realised_usd"] - r["fees_usd"] + r["funding_usd"] for r in rows), ZERO
    )


def earned_usd(one: Session) -> Decimal:
    """Return what the engine's account log says of it."""
    log = one.engine.books.ledger
    return sum((e.realised_usd - e.fee_usd + e.funding_usd for e in log), ZERO)


class Noting(BacktestExchange):
    """Keeps every order that opens something, as it was sent."""

    def __init__(self, engine: Any, records: Any) -> None:
        super().__init__(engine, records)
        self.entries: list[Any] = []

    def place(self, order: Any) -> Any:
        if not order.reduce_only:
            self.entries.append(order)
        return super().place(order)


class Doubtful(Noting):
    """While it `doubts`, an entry is carried out without its stop and nobody is told."""

    doubts = False

    def place(self, order: Any) -> Any:
        if self.doubts and not order.reduce_only:
            super().place(dataclasses.replace(order, protect_price=None))
            raise OutcomeUnknown("its stop was refused, and taking it back failed")
        return super().place(order)

    def order(self, client_id: str) -> Any:
        if self.doubts:
            raise ExchangeUnavailable("503")
        return super().order(client_id)


def look(one: Session, seconds: int = 15) -> None:
    """Look after the stops between two candles, so long after the close of the first."""
    one.loop.guard(one.stepper.now_ms + seconds * 1000)


def entries(one: Session) -> list[Any]:
    """Return the orders that a session with a `Noting` exchange has sent to open something."""
    noting: Any = one.exchange
    return list(noting.entries)


def pass_candles(one: Session, count: int) -> None:
    """Let candles pass without a tick, as if the process slept."""
    for _ in range(count):
        one.stepper.step()
    one.moment.count = one.stepper.count
    one.stepper.settle()


def fetch_prices(one: Session) -> None:
    """Let a new process take over that reads tickers and candles as in life."""
    loop = one.loop
    one.loop = TradingLoop(
        loop.modules, one.exchange, one.store, loop.tell, one.setup.config, no_wait
    )
    one.loop.open(one.stepper.now_ms)


def forget(one: Session, *tables: str) -> None:
    """Let the next process find nothing in these tables, as if this one was killed before it
    wrote there.
    """
    kept = MemoryStore()
    for table in TABLES.keys() - tables:
        for row in one.store.rows(table, 0):
            kept.insert(table, row)
    one.store = kept


def restart(one: Session) -> None:
    """Let a new process take over the account."""
    loop = one.loop
    one.loop = TradingLoop(
        loop.modules, one.exchange, one.store, loop.tell, one.setup.config, no_wait,
        market_of=lambda *_: HistoryMarket(one.exchange, one.moment),
    )  # fmt: skip
    one.loop.open(one.stepper.now_ms)
