"""Performance by hour of the day as a picture: what was made, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

INK, LINE = "#1f2933", "#3b6ea5"


def draw_hours(path: Path, hours: Sequence[Any], title: str) -> Path:
    """Write the picture of HourStats records to `path`; its suffix says the format."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, height_ratios=[1, 2])
    nets(figure, upper, hours)
    rates(lower, hours)
    figure.suptitle(title, color=INK, fontsize=11, x=0.01, ha="left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    return path


def nets(figure: Any, axes: Any, hours: Sequence[Any]) -> None:
    """Draw the net P&L of each hour as a heatmap, with the wins of the trades."""
    known = {stats.hour: stats for stats in hours}
    values = [math.nan] * 24
    for hour, stats in known.items():
        values[hour] = float(stats.net_usd)
    bound = max((abs(x) for x in values if x == x), default=1.0) or 1.0
    image = axes.imshow([values], aspect="auto", cmap="RdYlGn", vmin=-bound, vmax=bound)
    for hour, stats in known.items():
        text = f"{values[hour]:+.0f}\n{stats.wins}/{stats.trades}"
        axes.text(hour, 0, text, ha="center", va="center", fontsize=7.5, color=INK)
    axes.set_yticks([])
    axes.set_xticks(range(24))
    axes.set_title("Net P&L by hour of the day (UTC), USD, and wins of trades",
                   loc="left", color=INK, fontsize=11)  # fmt: skip
    figure.colorbar(image, ax=axes, pad=0.01)


def rates(axes: Any, hours: Sequence[Any]) -> None:
    """Draw the win rate of each hour with its confidence interval."""
    places = [stats.hour for stats in hours]
    shares = [stats.win_rate for stats in hours]
    below = [max(s.win_rate - s.win_low, 0.0) for s in hours]
    above = [max(s.win_high - s.win_rate, 0.0) for s in hours]
    axes.errorbar(
        places, shares, [below, above], fmt="o", color=LINE, ms=4, lw=1.2, capsize=2.5
    )
    axes.set_xlim(-0.5, 23.5)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xticks(range(24))
    title = "Win rate with its Wilson interval"
    axes.set_title(title, loc="left", color=INK, fontsize=11)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
