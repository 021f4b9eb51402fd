"""The demo's picture: equity over time, and net P&L by hour of day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

INK, LINE, GOOD, BAD = "#1f2933", "#3b6ea5", "#3f8f5f", "#b5473f"


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

    figure = Figure(figsize=(11, 6.5), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, height_ratios=[3, 1])
    _equity(upper, equity, marks)
    _heatmap(figure, lower, hours)
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


def _heatmap(figure: Any, axes: Any, hours: Sequence[Any]) -> None:
    known = {stats.hour: stats for stats in hours}
    nets = [float(known[h].net_usd) if h in known else float("nan") for h in range(24)]
    bound = max((abs(x) for x in nets if x == x), default=1.0) or 1.0
    image = axes.imshow([nets], aspect="auto", cmap="RdYlGn", vmin=-bound, vmax=bound)
    for hour in range(24):
        if hour in known:
            stats = known[hour]
            text = f"{nets[hour]:+.0f}\n{stats.wins}/{stats.trades}"
            axes.text(hour, 0, text, ha="center", va="center", fontsize=7.5, color=INK)
    axes.set_yticks([])
    axes.set_xticks(range(24))
    axes.set_title("Net P&L by hour of the exit (UTC), USD, and wins of trades",
                   loc="left", color=INK, fontsize=11)  # fmt: skip
    figure.colorbar(image, ax=axes, pad=0.01)
