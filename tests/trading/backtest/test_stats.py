"""Figures of curves that can be checked by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from core.trading.backtest.stats import (
    DAY_MS,
    Days,
    _blocks,
    daily_returns,
    days_of,
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
    wide, narrow = (intervals(closed(long[:n]), benchmark[:n]) for n in (100, 1000))
    for found, returns in ((wide, long[:100]), (narrow, long)):
        low, high = found["sharpe"]
        assert low < sharpe(returns) < high
        assert found["ahead_frac"] == pytest.approx(found["net_frac"])
    assert narrow["sharpe"][1] - narrow["sharpe"][0] < 0.5 * (
        wide["sharpe"][1] - wide["sharpe"][0]
    )


def test_a_few_days_have_no_interval() -> None:
    assert intervals(closed(np.full(9, 0.01)), np.zeros(9)) == {}
    assert intervals(closed(np.full(10, 0.01)), np.zeros(10))["net_frac"]


def test_an_account_that_never_traded_has_no_interval_of_its_ratios() -> None:
    found = intervals(closed(np.zeros(20)), np.full(20, 0.01))
    assert found["net_frac"] == found["max_drawdown_frac"] == (0, 0)
    assert found["ahead_frac"] == pytest.approx([1 - 1.01**20] * 2)
    assert not {"sharpe", "sortino"} & found.keys()


def closed(returns: np.ndarray) -> Days:
    """Days of one candle each."""
    equity = 100 * np.cumprod(np.concatenate(([1.0], 1 + returns)))
    return days_of(DAY_MS * np.arange(len(equity)), equity)


def wild(days: int, a_day: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Days that fall and rise within themselves far more than from close to close."""
    moves = np.random.default_rng(3).normal(0, 0.02, days * a_day)
    moves[a_day - 1 :: a_day] -= moves.reshape(days, a_day).sum(axis=1)
    equity = 100 * np.exp(np.cumsum(np.concatenate(([0.0], moves))))
    return DAY_MS // a_day * np.arange(len(equity)), equity


def test_the_drawdown_and_its_interval_are_of_the_same_candles() -> None:
    """By daily closes the fall would be next to nothing, far below the figure."""
    times, equity = wild(30)
    figure = figures(times, equity).max_drawdown_frac
    low, high = intervals(days_of(times, equity), np.zeros(30))["max_drawdown_frac"]
    assert max_drawdown(equity[::8]) < 1e-12 < 0.05 < low <= figure <= high
    assert days_of(times, equity).max_drawdown() == pytest.approx(figure)


def test_the_drawdown_of_drawn_days_is_that_of_all_their_candles() -> None:
    draws = np.random.default_rng(5)
    times = DAY_MS // 6 * (np.arange(121) + 4)  # the first and the last day are short
    equity = 100 * np.exp(np.cumsum(draws.normal(0, 0.02, 121)))
    days = days_of(times, equity)
    ends = np.flatnonzero(times % DAY_MS == 0)
    ends = np.concatenate(([0], ends, [120]))
    spans = [equity[a : b + 1] for a, b in pairwise(ends)]
    assert len(days.returns) == len(spans) == 21
    for rows, _ in zip(_blocks(21), range(200), strict=False):
        path = [np.array([1.0])]
        for row in rows:
            path.append(path[-1][-1] * spans[row][1:] / spans[row][0])
        brute = max_drawdown(np.concatenate(path))
        assert days.in_order(rows).max_drawdown() == pytest.approx(brute)


def test_an_account_that_is_lost_stays_lost() -> None:
    equity = np.array([100.0, 50, 0, 0, 0])
    times = DAY_MS * np.arange(5)
    assert daily_returns(times, equity).tolist() == [-0.5, -1, 0, 0]
    days = days_of(times, equity)
    assert days.max_drawdown() == figures(times, equity).max_drawdown_frac == 1
    assert days.in_order(np.array([2, 0, 0, 2])).max_drawdown() == 0.75
