"""The deflated Sharpe ratio against the example in its own paper."""

from __future__ import annotations

import math
import random

import pytest

from core.trading.backtest.deflated import (
    deflated_sharpe,
    expected_best,
    probability_above,
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


@pytest.mark.parametrize("returns", [[], [0.1, 0.2], [0.01] * 50])
def test_there_is_no_figure_without_spread(returns: list[float]) -> None:
    assert math.isnan(deflated_sharpe(returns, 10, 0.01))
