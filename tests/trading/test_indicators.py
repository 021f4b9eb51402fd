"""Indicators against the `ta` library, against the literature, and against the future.

Warm-up: the number of candles of which an indicator says nothing, NaN; from the next
candle on it is what `ta` computes, on real lengths and prices.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ta import momentum, trend, volatility
from ta import volume as ta_volume

from core.manifest import read_manifest
from core.project import Project
from core.registry import Registry
from core.trading.synthetic import synthetic_candles

ROOT = Path(__file__).resolve().parents[2]
CANDLES = synthetic_candles(3, 1500)["PF_XBTUSD"]
FRAME = pd.DataFrame(
    {n: getattr(CANDLES, n) for n in ("high", "low", "close", "volume")}
)
Series = pd.Series


@pytest.fixture(scope="module")
def modules() -> Registry:
    project = Project(ROOT)
    registry = Registry(project.generated, project.package)
    registry.load(read_manifest(project.manifest))
    return registry


# name -> ours, ta's with the same definition, candles of warm-up with the loop's settings.
EQUAL: dict[str, tuple[Callable[..., Any], Callable[..., Any], int]] = {
    "ema 9": (
        lambda m, c: m["ema"](c.close, 9),
        lambda c: trend.EMAIndicator(c.close, 9).ema_indicator(),
        8,
    ),
    "ema 21": (
        lambda m, c: m["ema"](c.close, 21),
        lambda c: trend.EMAIndicator(c.close, 21).ema_indicator(),
        20,
    ),
    "rsi": (
        lambda m, c: m["rsi"](c.close, 14),
        lambda c: momentum.RSIIndicator(c.close, 14).rsi(),
        13,
    ),
    "vwap": (
        lambda m, c: m["vwap"](c.high, c.low, c.close, c.volume, 48),
        lambda c: ta_volume.VolumeWeightedAveragePrice(
            c.high, c.low, c.close, c.volume, 48
        ).volume_weighted_average_price(),
        47,
    ),
    "macd line": (
        lambda m, c: m["macd"](c.close)["line"],
        lambda c: trend.MACD(c.close).macd(),
        25,
    ),
    "macd signal": (
        lambda m, c: m["macd"](c.close)["signal"],
        lambda c: trend.MACD(c.close).macd_signal(),
        33,
    ),
    "macd histogram": (
        lambda m, c: m["macd"](c.close)["histogram"],
        lambda c: trend.MACD(c.close).macd_diff(),
        33,
    ),
    "bollinger lower": (
        lambda m, c: m["bollinger"](c.close)["lower"],
        lambda c: volatility.BollingerBands(c.close).bollinger_lband(),
        19,
    ),
    "bollinger middle": (
        lambda m, c: m["bollinger"](c.close)["middle"],
        lambda c: volatility.BollingerBands(c.close).bollinger_mavg(),
        19,
    ),
    "bollinger upper": (
        lambda m, c: m["bollinger"](c.close)["upper"],
        lambda c: volatility.BollingerBands(c.close).bollinger_hband(),
        19,
    ),
}
# Those that ta has not.
OTHERS: dict[str, tuple[Callable[..., Any], int]] = {
    "volume spike": (lambda m, c: m["volume_spike"](c.volume, 20), 20),
    "realised volatility": (lambda m, c: m["realised_volatility"](c.close, 48), 48),
}
ALL = {n: (ours, warm) for n, (ours, _, warm) in EQUAL.items()} | OTHERS


@pytest.mark.parametrize("name", EQUAL)
def test_it_is_that_of_ta(modules: Registry, name: str) -> None:
    ours, theirs, _ = EQUAL[name]
    found = ours(modules, FRAME).to_numpy()
    np.testing.assert_allclose(found, theirs(FRAME).to_numpy(), rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("name", ALL)
def test_it_warms_up_for_just_so_many_candles(modules: Registry, name: str) -> None:
    ours, warm = ALL[name]
    known = ours(modules, FRAME).notna().to_numpy()
    assert not known[:warm].any()
    assert known[warm:].all()


@pytest.mark.parametrize("name", ALL)
def test_the_future_changes_nothing_that_was_known(
    modules: Registry, name: str
) -> None:
    """One pass over the whole history is, at every candle, what live trading saw."""
    ours, _ = ALL[name]
    whole = ours(modules, FRAME)
    for rows in (1, 20, 34, 35, 49, 500, 1499):
        seen = ours(modules, FRAME.iloc[:rows])
        np.testing.assert_array_equal(seen.to_numpy(), whole.iloc[:rows].to_numpy())


def test_the_loop_is_ready_only_after_every_warm_up() -> None:
    from core.trading.trader.market import READY

    assert max(warm for _, warm in ALL.values()) < READY


def wilder_rsi(closes: list[float]) -> list[float]:
    """Wilder's own rule (1978), by hand: the first average is the mean of 14 changes."""
    changes = [after - before for before, after in itertools.pairwise(closes)]
    gain = sum(max(c, 0.0) for c in changes[:14]) / 14
    loss = sum(max(-c, 0.0) for c in changes[:14]) / 14
    found = [100 - 100 / (1 + gain / loss)]
    for change in changes[14:]:
        gain = (13 * gain + max(change, 0.0)) / 14
        loss = (13 * loss + max(-change, 0.0)) / 14
        found.append(100 - 100 / (1 + gain / loss))
    return found


def test_rsi_becomes_that_of_wilder_and_of_the_published_worksheet(
    modules: Registry,
) -> None:
    """The worksheet is that of StockCharts' ChartSchool for Wilder's RSI (QQQQ, 14 days).

    Wilder starts from the mean of the first 14 changes, ta (and we) from the first
    change: the start is forgotten by (13/14)^n.
    """
    closes = [44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245,
              45.8433, 46.0826, 45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028,
              46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515,
              45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628,
              43.1314]  # fmt: skip
    published = [70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38,
                 54.71, 50.42, 39.99, 41.46, 41.87, 45.46, 37.30, 33.08, 37.77]  # fmt: skip
    assert wilder_rsi(closes) == pytest.approx(published, abs=0.01)
    ours = modules["rsi"](FRAME.close, 14).to_numpy()[14:]
    apart = np.abs(ours - wilder_rsi(FRAME.close.to_list()))
    assert 0.1 < apart[:20].max() < 20
    assert apart[300:].max() < 1e-6


def test_bollinger_bands_are_two_deviations_of_the_population(
    modules: Registry,
) -> None:
    """Bollinger divides by n: of 2, 4, 4, 4, 5, 5, 7, 9 the mean is 5, the deviation 2."""
    bands = modules["bollinger"](Series([2.0, 4, 4, 4, 5, 5, 7, 9]), 8)
    assert bands.iloc[-1].to_list() == [1.0, 5.0, 9.0]


def test_the_interval_is_that_of_newcombe(modules: Registry) -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I, method 3."""
    for wins, trades, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = modules["wilson_interval"](wins, trades)
        assert found == pytest.approx((low, high), abs=5e-5)
