"""A strategy of one module: its fast way in floats is the engine's, fill by fill."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigError, NotAccepted
from core.trading.backtest import targets as module
from core.trading.backtest.exactly import exactly
from core.trading.backtest.funding import funding_to
from core.trading.backtest.report import summary
from core.trading.backtest.run import PAPER, Result
from core.trading.backtest.stats import figures
from core.trading.backtest.taker import Taker
from core.trading.backtest.targets import TargetSetup, parameters, run_target, targets
from core.trading.candles import Candles
from core.trading.contracts import CONTRACTS
from core.trading.paper import NewOrder, PaperConfig, PaperExchange
from core.trading.synthetic import synthetic_candles

ROOT = Path(__file__).resolve().parents[3]
CANDLES = synthetic_candles(4, 1500)
SYMBOLS = list(CANDLES)


def setup(symbol: str = "PF_ETHUSD", **more: Any) -> TargetSetup:
    return TargetSetup(ROOT, CANDLES[symbol], "ema_cross", **more)


def assert_same(fast: Result, exact: Result) -> None:
    """The money to a millionth of a dollar, the trades to their float's digits."""
    assert abs(fast.end_usd - exact.end_usd) < Decimal("1e-6")
    assert abs(fast.fees_usd - exact.fees_usd) < Decimal("1e-6")
    assert len(fast.trades) == len(exact.trades) > 20
    for ours, theirs in zip(fast.trades, exact.trades, strict=True):
        for name, value in ours.items():
            if isinstance(value, float):
                assert value == pytest.approx(theirs[name], rel=1e-8, abs=2e-6), name
            else:
                assert value == theirs[name]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_fast_way_is_the_engines(symbol: str) -> None:
    chosen = setup(symbol, arguments={"fast": 4, "slow": 9})
    fast = module._fast(chosen, targets(chosen), 0.0)
    assert fast is not None
    assert_same(fast, exactly(chosen, targets(chosen), 0.0))


def test_it_is_the_engines_where_the_depth_does_not_suffice() -> None:
    paper = replace(PAPER, balance_usd=Decimal(3_000_000), depth_frac=Decimal("0.02"))
    chosen = setup(paper=paper)
    fast = module._fast(chosen, targets(chosen), 0.0)
    assert fast is not None
    assert fast.ticks > 1.3 * len(fast.trades)
    assert_same(fast, exactly(chosen, targets(chosen), 0.0))


def test_the_position_follows_the_target_by_size_too() -> None:
    chosen = setup()
    wanted = np.repeat([0.0, 0.5, 1.0, -0.25, 0.0, 0.0], 250)
    fast = module._fast(chosen, wanted, 0.0)
    exact = exactly(chosen, wanted, 0.0)
    assert fast is not None
    assert fast.end_usd == pytest.approx(exact.end_usd, abs=Decimal("1e-6"))
    assert [row["side"] for row in fast.trades] == ["long", "short"]
    held = fast.curve.held_usd
    assert held[0] == 0  # the start is before any trade
    assert held[1] == pytest.approx(5000, rel=0.01)
    assert held[-1] == 0


@pytest.mark.parametrize("frac", [1.0, 5.0])
def test_what_the_first_fill_costs_is_in_the_report_of_the_engine_too(
    frac: float,
) -> None:
    paper = replace(PAPER, funding_frac=Decimal(0))
    chosen = setup(paper=paper, notional_frac=frac)
    exact = exactly(chosen, np.ones(len(chosen.candles)), 0.0)
    curve = exact.curve
    assert (curve.equity_usd[0], curve.held_usd[0], curve.traded_usd[0]) == (
        10_000,
        0,
        0,
    )
    assert curve.traded_usd[1] == pytest.approx(10_000 * frac, rel=0.01)
    found = figures(curve.time_ms, curve.equity_usd)
    assert found.net_frac == pytest.approx(float(exact.end_usd / exact.start_usd) - 1)


def test_a_margin_that_could_give_out_is_left_to_the_engine() -> None:
    chosen = setup(notional_frac=40.0)
    assert run_target(chosen).liquidations > 0
    calm = setup()
    assert run_target(calm).end_usd == exactly_end(calm)


def exactly_end(chosen: TargetSetup) -> Any:
    return pytest.approx(
        exactly(chosen, targets(chosen), 0.0).end_usd, abs=Decimal("1e-6")
    )


def test_a_taker_gets_what_the_engine_gives() -> None:
    draws = random.Random(9)
    for _ in range(400):
        symbol = draws.choice(SYMBOLS)
        contract = CONTRACTS[symbol]
        price = float(contract.price_down(Decimal(repr(draws.uniform(1, 90_000)))))
        if price < float(contract.tick_size):
            continue
        volume = round(draws.choice([0, 0.5, 30, 4000]) * draws.random(), 4)
        candles = one_price(symbol, price, volume)
        paper = PaperConfig(
            next_open=True, warmup=1, balance_usd=Decimal(10**12),
            slippage_frac=Decimal(draws.choice(["0", "0.001", "0.05"])),
        )  # fmt: skip
        steps = draws.randint(1, 200_000)
        engine = PaperExchange({symbol: candles}, paper)
        side, sign = draws.choice([("buy", 1), ("sell", -1)])
        engine.send(NewOrder(symbol, side, "mkt", steps * contract.size_step))
        taker = Taker(candles, paper)
        got, paid = taker.take(sign * steps, taker.quotes(np.array([1]))[0])
        if not engine.books.fills:
            assert got == 0 or abs(got) * contract.size_step > contract.max_position
            continue
        (fill,) = engine.books.fills
        assert (sign * fill.size, float(fill.price)) == (got * contract.size_step, paid)


def one_price(symbol: str, price: float, volume: float) -> Candles:
    flat = np.full(3, price)
    times = 300_000 * np.arange(3, dtype=np.int64)
    return Candles(symbol, 300_000, times, flat, flat, flat, flat, np.full(3, volume))


@pytest.mark.parametrize("fixed", [None, Decimal("0.0002")])
def test_funding_is_the_engines(fixed: Decimal | None) -> None:
    candles, paper = CANDLES["PF_SOLUSD"], replace(PAPER, funding_frac=fixed)
    engine = PaperExchange({candles.symbol: candles}, paper)
    total, start_ms = funding_to(candles, paper), int(candles.time_ms[0])
    for first in range(0, 1200, 100):
        hours = range(start_ms // 3_600_000 + first // 12, start_ms // 3_600_000 + 100)
        spent = sum(float(engine.market.funding_rate(candles.symbol, h * 3_600_000))
                    for h in hours)  # fmt: skip
        assert total[1200] - total[first - first % 12] == pytest.approx(spent, rel=1e-9)


def test_what_is_no_strategy_is_refused() -> None:
    with pytest.raises(ConfigError, match="not an indicator"):
        run_target(TargetSetup(ROOT, CANDLES[SYMBOLS[0]], "round_down"))
    with pytest.raises(ConfigError, match="wants more than 1"):
        run_target(
            TargetSetup(ROOT, CANDLES[SYMBOLS[0]], "rsi", arguments={"length": 5})
        )
    with pytest.raises(ConfigError, match="takes no 'speed'"):
        run_target(setup(arguments={"speed": 3}))
    with pytest.raises(NotAccepted):
        run_target(TargetSetup(ROOT, CANDLES[SYMBOLS[0]], "not_there"))


def test_a_strategys_own_arguments_are_known() -> None:
    assert set(parameters(ROOT, "ema_cross")) == {"fast", "slow", "rsi_length"}


def test_its_summary_is_like_any_other() -> None:
    found = summary(run_target(setup()), ROOT)
    assert found["trades"] == sum(row["trades"] for row in found["by_hour"])
    assert found["exposure_frac"] > 0.5
