"""Figures of curves that can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.trading.backtest.stats import (
    DAY_MS,
    daily_returns,
    figures,
    intervals,
    max_drawdown,
    sharpe,
    sortino,
)


def test_a_day_ends_with_the_candle_that_closes_at_midnight() -> None:
    half = DAY_MS // 2
    times = np.array([0, half, DAY_MS, 3 * half, 2 * DAY_MS, 5 * half])
    equity = np.array([100.0, 90, 110, 50, 121, 60.5])
    assert daily_returns(times, equity).tolist() == pytest.approx([0.1, 0.1, -0.5])


def test_a_start_within_a_day_makes_a_short_first_day() -> None:
    times = np.array([DAY_MS // 2, DAY_MS, 2 * DAY_MS])
    returns = daily_returns(times, np.array([100.0, 110, 99]))
    assert returns.tolist() == pytest.approx([0.1, -0.1])


def test_the_drawdown_is_from_the_highest_so_far() -> None:
    assert max_drawdown(np.array([100.0, 120, 90, 130, 117])) == pytest.approx(0.25)


def test_ratios_by_hand() -> None:
    returns = np.array([0.02, -0.01, 0.02, -0.01])
    spread = math.sqrt(3 * 0.015**2 * 4 / 9)
    assert sharpe(returns) == pytest.approx(0.005 / spread * math.sqrt(365))
    below = math.sqrt(2 * 0.01**2 / 4)
    assert sortino(returns) == pytest.approx(0.005 / below * math.sqrt(365))


def test_a_curve_that_does_not_move_has_no_ratio() -> None:
    found = figures(np.array([0, DAY_MS, 2 * DAY_MS, 3 * DAY_MS]), np.full(4, 100.0))
    assert (found.net_frac, found.max_drawdown_frac) == (0, 0)
    assert all(math.isnan(x) for x in (found.sharpe, found.sortino, found.calmar))


def test_a_year_at_ten_percent() -> None:
    found = figures(np.array([0, 365 * DAY_MS]), np.array([100.0, 110.0]))
    assert found.cagr_frac == pytest.approx(0.1)


def test_intervals_hold_the_figure_and_narrow_with_more_days() -> None:
    draws = np.random.default_rng(1)
    long = draws.normal(0.001, 0.02, 1000)
    benchmark = np.zeros(1000)
    wide, narrow = (intervals(long[:n], benchmark[:n]) for n in (100, 1000))
    for found, returns in ((wide, long[:100]), (narrow, long)):
        low, high = found["sharpe"]
        assert low < sharpe(returns) < high
        assert found["ahead_frac"] == pytest.approx(found["net_frac"])
    assert narrow["sharpe"][1] - narrow["sharpe"][0] < 0.5 * (
        wide["sharpe"][1] - wide["sharpe"][0]
    )


def test_a_few_days_have_no_interval() -> None:
    assert intervals(np.full(9, 0.01), np.zeros(9)) == {}
