"""The report of `architect backtest` on twelve days: what it prints and what it says it is."""

from __future__ import annotations

import contextlib
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from architect.command_line import main
from core.trading.backtest.run import PAPER
from core.trading.backtest.stats import DAY_MS, max_drawdown, sharpe
from core.trading.candles import Candles
from core.trading.paper.books import HOUR_MS
from core.trading.paper.market import Market
from core.trading.synthetic import synthetic_candles

ROOT = Path(__file__).resolve().parents[3]
WARMUP, DAYS = 300, 12
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
HISTORY = synthetic_candles(2, WARMUP + 288 * DAYS)
CANDLES: dict[str, Candles] = {symbol: HISTORY[symbol] for symbol in SYMBOLS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("candles")
    for symbol, c in CANDLES.items():
        rows = zip(c.time_ms, c.open, c.high, c.low, c.close, c.volume, strict=True)
        text = "\n".join(",".join(map(str, row)) for row in rows)
        head = "timestamp,open,high,low,close,volume"
        (path / f"{symbol}.csv").write_text(f"{head}\n{text}\n")
    return path


def asked(folder: Path, *more: str) -> str:
    shown = io.StringIO()
    words = ["backtest", "--root", str(ROOT), "--candles", str(folder), "--jobs", "1"]
    with contextlib.redirect_stdout(shown):
        assert main([*words, *more]) == 0
    return shown.getvalue()


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    (result,) = json.loads(asked(folder, "--json"))["results"]
    return dict(result)


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[str, str]:
    """The lines by their names; those below the figures with a colon at the name."""
    figures, _, legend = asked(folder).partition("\n\n")
    rows = {line[:14].strip(): line[15:] for line in figures.splitlines()}
    return rows | {
        f"{name}:": text
        for name, _, text in (line.partition(": ") for line in legend.splitlines())
    }


@pytest.fixture(scope="module")
def held() -> tuple[np.ndarray, np.ndarray, float]:
    """Times and worth of 1 USD bought and held, and its funding, hour by hour by the
    paper exchange's own rates.
    """
    market = Market(CANDLES, PAPER)
    first = next(iter(CANDLES.values()))
    times = first.time_ms[WARMUP - 1 :] + first.interval_ms
    worth, funding = np.zeros(len(times)), 0.0
    for symbol, candles in CANDLES.items():
        close = candles.close[WARMUP - 1 :]
        coins = (1 - 0.0005) / len(CANDLES) / close[0]
        paid, row = Decimal(0), [0.0]
        for before, now in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
            rate = market.funding_rate(symbol, before)
            paid += rate * (now - before) / HOUR_MS
            row.append(float(paid))
        worth += coins * (close - np.array(row))
        funding -= coins * row[-1]
    worth[0] = 1  # the money that the fee is paid of
    return times, worth, funding


def daily(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    ends = np.flatnonzero(times % DAY_MS == 0)
    kept = np.unique(np.concatenate(([0], ends, [len(times) - 1])))
    returns: np.ndarray = values[kept][1:] / values[kept][:-1] - 1
    return returns


def test_buy_and_hold_pays_the_funding_of_what_it_holds(
    found: dict[str, Any],
    printed: dict[str, str],
    held: tuple[np.ndarray, np.ndarray, float],
) -> None:
    times, worth, funding = held
    hold = found["buy_and_hold"]
    net, fall = worth[-1] - 1, max_drawdown(worth)
    ratio = sharpe(daily(times, worth))
    assert abs(funding) > 1e-3
    assert hold["funding_frac"] == pytest.approx(funding, rel=1e-6)
    assert hold["net_frac"] == pytest.approx(net, rel=1e-6)
    assert hold["max_drawdown_frac"] == pytest.approx(fall, rel=1e-6)
    assert hold["sharpe"] == pytest.approx(ratio, rel=1e-6)
    assert printed["buy and hold"] == (
        f"{net:+.2%}, {funding:+.2%} of it funding; Sharpe {ratio:.2f}, "
        f"max drawdown {fall:.2%}"
    )
    assert found["ahead_frac"] == pytest.approx(found["net_frac"] - net)
    assert "funding of held perpetuals" in found["measures"]["buy_and_hold"]


@pytest.mark.parametrize(
    ("row", "name", "shape"),
    [
        ("net", "net_frac", "{:+.2%}"),
        ("ahead of it", "ahead_frac", "{:+.2%}"),
        ("Sharpe", "sharpe", "{:.2f}"),
        ("Sortino", "sortino", "{:.2f}"),
        ("max drawdown", "max_drawdown_frac", "{:.2%}"),
    ],
)
def test_each_figure_stands_in_its_own_interval(
    found: dict[str, Any], printed: dict[str, str], row: str, name: str, shape: str
) -> None:
    low, high = found["intervals_95"][name]
    assert low < found[name] < high
    figure, *between = (shape.format(value) for value in (found[name], low, high))
    assert f"{figure} [{between[0]}, {between[1]}]" in printed[row]


def test_what_each_figure_is_stands_below_and_in_the_json(
    found: dict[str, Any], printed: dict[str, str]
) -> None:
    assert found["days"] == DAYS + 1  # the first and the last are parts
    assert printed["max drawdown"].endswith("by candle closes")
    assert sorted(found["measures"]) == [
        "buy_and_hold", "drawdown", "intervals", "net", "ratios"
    ]  # fmt: skip
    for name, text in found["measures"].items():
        assert printed[name.replace("_", " ") + ":"] == text


def test_a_report_of_few_days_says_why_it_has_no_intervals(folder: Path) -> None:
    lines = asked(folder, "--from", "2025-01-17", "--to", "2025-01-18").splitlines()
    (row,) = (line for line in lines if line.startswith("intervals:"))
    assert row.endswith("none of under 10 days")
    (row,) = (line for line in lines if line.startswith("net  "))
    assert "[" not in row
