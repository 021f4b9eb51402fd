"""The demo's picture: equity over time, and performance by hour of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from architect.hours_picture import INK, LINE, nets, rates

BAD = "#b5473f"


def draw(
    path: Path,
    equity: Sequence[tuple[int, Decimal, Decimal]],
    hours: Sequence[Any],
    marks: Sequence[tuple[int, str]] = (),
) -> Path:
    """Write the PNG and return its path.

    `equity` are (UTC ms, ours, the exchange's) in USD; `hours` HourStats records;
    `marks` are moments to point at: (UTC ms, text).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8.5), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    upper, middle, lower = figure.subplots(3, 1, height_ratios=[4, 1, 2])
    _equity(upper, equity, marks)
    nets(figure, middle, hours)
    rates(lower, hours)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    return path


def _equity(
    axes: Any, rows: Sequence[tuple[int, Decimal, Decimal]], marks: Any
) -> None:
    times = [datetime.fromtimestamp(t / 1000, UTC) for t, _, _ in rows]
    axes.plot(times, [float(theirs) for _, _, theirs in rows], color="#c9d6e4", lw=4,
              label="exchange")  # fmt: skip
    axes.plot(
        times,
        [float(ours) for _, ours, _ in rows],
        color=LINE,
        lw=1.2,
        label="our books",
    )
    for time_ms, text in marks:
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
        axes.axvline(moment, color=BAD, lw=0.8, ls="--")
        axes.annotate(text, (moment, 1.0), xycoords=("data", "axes fraction"), fontsize=7,
                      rotation=90, va="top", ha="right", color=BAD)  # fmt: skip
    axes.set_title("Equity, USD", loc="left", color=INK, fontsize=11)
    axes.legend(frameon=False, loc="upper left", fontsize=8)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
