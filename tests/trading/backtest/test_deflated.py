"""The deflated Sharpe ratio against the example in its own paper."""

from __future__ import annotations

import math
import random
from statistics import variance

import pytest

from core.trading.backtest.deflated import (
    deflated_sharpe,
    expected_best,
    one_period_sharpe,
    probability_above,
    variance_by_luck,
)


def test_the_papers_example() -> None:
    """2.5 a year over five years of days, the best of 100 whose variance is a half."""
    beaten = expected_best(100, 0.5 / 250)
    assert beaten == pytest.approx(0.1132, abs=5e-5)
    found = probability_above(beaten, 2.5 / math.sqrt(250), 1250, -3, 10)
    assert found == pytest.approx(0.9004, abs=5e-4)


def test_the_more_was_tried_the_less_is_believed() -> None:
    draws = random.Random(5)
    returns = [draws.gauss(0.001, 0.01) for _ in range(250)]
    one, ten, many = (deflated_sharpe(returns, n, 0.002) for n in (1, 10, 1000))
    assert one > ten > many


def test_ratios_by_luck_are_spread_as_drawn_ones_are() -> None:
    draws = random.Random(6)
    drawn = [
        one_period_sharpe([draws.gauss(0, 0.01) for _ in range(60)])
        for _ in range(4000)
    ]
    assert variance(drawn) == pytest.approx(variance_by_luck(60), rel=0.1)
    assert math.isnan(variance_by_luck(1))


@pytest.mark.parametrize("returns", [[], [0.1, 0.2], [0.01] * 50])
def test_there_is_no_figure_without_spread(returns: list[float]) -> None:
    assert math.isnan(deflated_sharpe(returns, 10, 0.01))
