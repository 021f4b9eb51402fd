"""The picture of a backtest: equity beside buy and hold, the drawdown, the trades."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.trading.backtest.run import Result

INK, LINE, HOLD, GOOD, BAD = "#1f2933", "#3b6ea5", "#9aa5b1", "#3f8f5f", "#b5473f"
MOST_POINTS = 4000


def draw(path: Path, result: Result) -> Path:
    """Write a PNG (or what the name's ending says) and return its path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    upper, middle, lower = figure.subplots(3, 1, height_ratios=[3, 1, 1.4])
    _equity(upper, result)
    _drawdown(middle, result)
    _trades(lower, result)
    for axes in (upper, middle, lower):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    return path


def _thinned(result: Result) -> Any:
    count = len(result.curve.time_ms)
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).astype(int))


def _moments(times: Sequence[int]) -> list[datetime]:
    return [datetime.fromtimestamp(int(t) / 1000, UTC) for t in times]


def _equity(axes: Any, result: Result) -> None:
    curve, shown = result.curve, _thinned(result)
    times = _moments(curve.time_ms[shown])
    hold = curve.benchmark * float(result.start_usd)
    axes.plot(times, hold[shown], color=HOLD, lw=1, label="buy and hold, with funding")
    axes.plot(times, curve.equity_usd[shown], color=LINE, lw=1.3, label="equity")
    title = f"{result.label} {' '.join(result.symbols)}: equity, USD".strip()
    axes.set_title(title, loc="left", color=INK, fontsize=11)
    axes.legend(frameon=False, loc="upper left", fontsize=8)


def _drawdown(axes: Any, result: Result) -> None:
    equity, shown = result.curve.equity_usd, _thinned(result)
    peaks = np.maximum.accumulate(equity)
    fall = (equity - peaks) / peaks * 100
    times = _moments(result.curve.time_ms[shown])
    axes.fill_between(times, fall[shown], 0, color=BAD, alpha=0.35, lw=0)
    axes.set_title("Drawdown, %", loc="left", color=INK, fontsize=11)


def _trades(axes: Any, result: Result) -> None:
    closed = [row for row in result.trades if row["closed_ms"] is not None]
    nets = [float(r["realised_usd"] - r["fees_usd"] + r["funding_usd"]) for r in closed]
    colours = [GOOD if net > 0 else BAD for net in nets]
    times = _moments([row["closed_ms"] for row in closed])
    axes.scatter(times, nets, c=colours, s=9, alpha=0.8, lw=0)
    axes.axhline(0, color=INK, lw=0.6)
    axes.set_title(
        "Net of each trade at its end, USD", loc="left", color=INK, fontsize=11
    )
