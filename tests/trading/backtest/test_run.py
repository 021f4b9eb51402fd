"""Whole backtests over a synthetic history with the shipped modules."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigError
from core.trading.backtest.exactly import exactly
from core.trading.backtest.periods import setup_of
from core.trading.backtest.report import deflated, summary, walked
from core.trading.backtest.run import PAPER, Result, Setup, run
from core.trading.backtest.side_by_side import executor_of, run_all
from core.trading.backtest.stats import DAY_MS
from core.trading.backtest.targets import TargetSetup, run_target
from core.trading.backtest.variants import variants
from core.trading.backtest.walk import walk, windows
from core.trading.candles import Candles
from core.trading.dates import time_ms
from core.trading.synthetic import synthetic_candles
from core.trading.trader.config import TraderConfig

ROOT = Path(__file__).resolve().parents[3]
CANDLES = synthetic_candles(11, 1400)
SHORT = TraderConfig(max_hold_ms=7_200_000)


def one(candles: Mapping[str, Candles] = CANDLES, **more: Any) -> Result:
    return run(Setup(ROOT, candles, SHORT, **more))


@pytest.fixture(scope="module")
def whole() -> Result:
    return one()


def test_the_money_adds_up(whole: Result) -> None:
    closed = [row for row in whole.trades if row["closed_ms"] is not None]
    assert len(closed) > 10
    assert not whole.told
    made = sum(r["realised_usd"] - r["fees_usd"] + r["funding_usd"] for r in closed)
    floating = whole.end_usd - whole.start_usd - made
    assert abs(floating) < (
        Decimal("0.02") if len(closed) == len(whole.trades) else 500
    )
    assert whole.curve.equity_usd[0] == float(whole.start_usd)
    assert whole.curve.equity_usd[-1] == pytest.approx(float(whole.end_usd), abs=5)
    assert whole.fees_usd > 0
    traded = whole.curve.traded_usd[-1]
    assert float(whole.fees_usd) == pytest.approx(traded * 0.0005, rel=1e-6)


def test_the_same_setup_gives_the_same_result(whole: Result) -> None:
    again = one()
    assert again.trades == whole.trades
    assert np.array_equal(again.curve.equity_usd, whole.curve.equity_usd)


def test_what_comes_later_changes_nothing_before(whole: Result) -> None:
    cut = 900
    rng = np.random.default_rng(0)
    other = {}
    for symbol, c in CANDLES.items():
        price = np.round(c.close[cut] * (1 + rng.normal(0, 0.03, len(c) - cut)))
        tail = {
            name: np.concatenate((getattr(c, name)[:cut], price))
            for name in ("open", "high", "low", "close")
        }
        other[symbol] = replace(c, **tail)
    end_ms = int(next(iter(CANDLES.values())).time_ms[cut])
    before = [[row for row in result.trades if (row["closed_ms"] or end_ms) < end_ms]
              for result in (whole, one(other))]  # fmt: skip
    assert before[0] == before[1]
    assert len(before[0]) > 3
    assert one(other).end_usd != whole.end_usd


def test_variants_run_side_by_side_and_in_order() -> None:
    chosen = variants(["stop_multiple=3,8", "lookback=300"])
    assert list(chosen) == [
        "stop_multiple=3 lookback=300",
        "stop_multiple=8 lookback=300",
    ]
    period = (0, 2**60)
    setups = [setup_of(ROOT, CANDLES, c, period, label=n) for n, c in chosen.items()]
    alone = run_all(setups)
    with executor_of(2, None, 2) as processes:
        assert processes is not None
        spread = run_all(setups, processes)
    assert [r.label for r in spread] == list(chosen)
    assert [r.end_usd for r in spread] == [r.end_usd for r in alone]
    assert alone[0].end_usd != alone[1].end_usd


def borrowed() -> ThreadPoolExecutor:
    """An executor as a cluster would hand one out."""
    return ThreadPoolExecutor(1)


def test_an_executor_is_taken_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    with executor_of(0, "test_run:borrowed", 1) as executor:
        assert type(executor).__name__ == "ThreadPoolExecutor"
    with pytest.raises(ConfigError, match="no executor"), executor_of(0, "x.y:z", 1):
        pass


@pytest.mark.parametrize(
    "setting", ["stop=1", "lookback", "lookback=x", "lookback=1.5"]
)
def test_a_setting_that_is_not_there_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError):
        variants([setting])


def test_a_period_warms_up_on_what_is_before_it() -> None:
    times = CANDLES["PF_XBTUSD"].time_ms
    setup = setup_of(ROOT, CANDLES, SHORT, (int(times[800]), int(times[1000])))
    shown = setup.candles["PF_XBTUSD"].time_ms
    assert int(shown[setup.paper.warmup]) == times[800]
    assert setup.paper.warmup == SHORT.lookback
    assert shown[-1] == times[999]
    with pytest.raises(ConfigError):
        setup_of(ROOT, CANDLES, SHORT, (int(times[0]), int(times[50])))


def test_dates_are_utc() -> None:
    assert time_ms("2025-01-06") == 1_736_121_600_000
    assert time_ms("2025-01-06T02:00:00+02:00") == 1_736_121_600_000
    with pytest.raises(ConfigError):
        time_ms("yesterday")


def test_walking_forward_judges_only_on_days_not_trained_on() -> None:
    candles = synthetic_candles(5, 1728)  # six days
    start = int(candles["PF_XBTUSD"].time_ms[0])
    steps = windows((start, start + 6 * DAY_MS), 3, 1)
    assert [test for _, test in steps] == [
        (start + day * DAY_MS, start + (day + 1) * DAY_MS) for day in (3, 4, 5)
    ]
    assert all(train[1] == test[0] for train, test in steps)
    chosen = variants(["stop_multiple=3,8"], SHORT)

    def make(label: str, period: tuple[int, int]) -> Setup:
        return setup_of(ROOT, candles, chosen[label], period, label=label)

    found = walk(make, list(chosen), steps[:2])
    growth = 1.0
    for step in found:
        assert step.chosen in chosen
        assert int(step.result.curve.time_ms[0]) == step.test[0]
        assert int(step.result.curve.time_ms[-1]) == step.test[1]
        growth *= float(step.result.end_usd / step.result.start_usd)
    assert walked(found)["test_net_frac"] == pytest.approx(growth - 1)


def test_a_history_too_short_to_walk_is_refused() -> None:
    with pytest.raises(ConfigError, match="train"):
        windows((0, 2 * DAY_MS), 3, 1)


def test_the_summary_counts_what_is_in_the_rows(whole: Result) -> None:
    found = summary(whole, ROOT)
    assert sum(row["trades"] for row in found["by_hour"]) == found["trades"]
    assert sum(found["exits"].values()) == found["trades"]
    assert 0 < found["exposure_frac"] < 1


def test_buy_and_hold_is_told_after_the_taker_fee() -> None:
    """Without funding it is the fee and the prices, in both ways to a curve."""
    paper = replace(PAPER, funding_frac=Decimal(0))
    candles = CANDLES["PF_XBTUSD"]
    grown = candles.close[-1] / candles.close[299]
    wanted = 0.9995 * grown - 1
    strategy = TargetSetup(ROOT, candles, "ema_cross", paper=paper)
    for result in (
        one({"PF_XBTUSD": candles}, paper=paper),
        run_target(strategy),
        exactly(strategy, np.ones(len(candles)), 0.0),
    ):
        hold = summary(result, ROOT)["buy_and_hold"]
        assert result.curve.benchmark[0] == 1
        assert hold["net_frac"] == pytest.approx(wanted, abs=1e-12)
        assert hold["max_drawdown_frac"] > 0


@pytest.mark.parametrize("equals", [1, 2])
def test_what_was_tried_before_counts_where_no_ratios_tell_their_spread(
    whole: Result, equals: int
) -> None:
    """One variant tells of no spread, and neither does the same one twice."""
    results = [whole] * equals
    one, some, many = (
        deflated(results, whole, tried)["probability"] for tried in (1, 10, 1000)
    )
    assert one > some > many > 0


@pytest.mark.parametrize(
    ("period", "told"),
    [((2, 1), "--from is not before --to"), ((50, 60), "0 candles in the period")],
)
def test_a_period_that_holds_nothing_is_told_with_what_the_candles_hold(
    period: tuple[int, int], told: str
) -> None:
    start = int(CANDLES["PF_XBTUSD"].time_ms[0])
    days = start + period[0] * DAY_MS, start + period[1] * DAY_MS
    with pytest.raises(ConfigError, match=told) as caught:
        setup_of(ROOT, CANDLES, SHORT, days)
    assert str(caught.value.hint).startswith("the candles go from 20")
