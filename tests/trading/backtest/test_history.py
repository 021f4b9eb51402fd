"""Windows show the past only, and an indicator's one pass is what the loop would see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.trading.backtest.history import Indicators, Moment, Window

VALUES = np.arange(1.0, 101.0)


def window(count: int = 30, lookback: int = 20) -> tuple[Window, Moment]:
    """Return a window over 1, 2, 3 ... at a moment."""
    moment = Moment(count, lookback)
    return Window(VALUES, moment), moment


def test_a_window_is_the_last_candles_and_nothing_of_the_future() -> None:
    shown, moment = window()
    assert shown.iloc[-1] == 30
    assert len(shown) == 20
    assert list(shown.tail(3)) == [28, 29, 30]
    assert list(shown.iloc[-20:]) == list(range(11, 31))
    with pytest.raises(IndexError):
        shown.iloc[-21]
    moment.count = 31
    assert (shown.iloc[-1], shown.max()) == (31, 31)


def counted(call: Any) -> tuple[Any, list[int]]:
    """Return an indicator that notes how many values it was given."""
    lengths: list[int] = []

    def noted(close: pd.Series, span: int) -> pd.Series:
        lengths.append(len(close))
        return call(close, span)

    return noted, lengths


def test_a_causal_indicator_is_computed_once() -> None:
    call, lengths = counted(lambda close, span: close.rolling(span).mean())
    shown, moment = window()
    answer = Indicators(call, moment).answer()
    found = [float(answer(shown, 5).iloc[-1])]
    asked = len(lengths)
    for moment.count in range(31, 101):
        found.append(float(answer(shown, 5).iloc[-1]))
    assert found == [count - 2 for count in range(30, 101)]
    assert len(lengths) == asked
    assert answer(shown, 6).iloc[-1] == 97.5


@pytest.mark.parametrize(
    "call",
    [
        lambda close, span: close.cumsum(),  # it reaches back beyond any window
        lambda close, span: close.iloc[::-1].cumsum().iloc[::-1],  # it looks ahead
    ],
)
def test_what_the_loop_would_not_see_is_asked_for_at_each_candle(call: Any) -> None:
    shown, moment = window()
    answer = Indicators(call, moment).answer()
    for moment.count in (30, 31, 90):
        seen = pd.Series(VALUES[moment.count - 20 : moment.count])
        assert answer(shown, 3).iloc[-1] == call(seen, 3).iloc[-1]


def test_plain_series_pass_through() -> None:
    _, moment = window()
    answer = Indicators(lambda close: close * 2, moment).answer()
    assert list(answer(pd.Series([1.0, 2.0]))) == [2, 4]
