"""Performance by hour of the day: from rows of trades through hourly_heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

from core.manifest import read_manifest
from core.project import Project
from core.registry import Registry
from core.trading.trader.history import trade_of


def z_of(confidence_frac: float) -> float:
    """Return the normal quantile of a two-sided interval: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + confidence_frac) / 2)


def hours_of(
    project: Project,
    rows: Sequence[dict[str, Any]],
    by: str = "closed",
    confidence_frac: float = 0.95,
) -> list[Any]:
    """Return HourStats as the accepted module computes them; `by` is closed or opened."""
    registry = Registry(project.generated, project.package)
    registry.load(read_manifest(project.manifest))
    trade = registry.records["Trade"]
    trades = [trade_of(trade, row) for row in rows]
    found: list[Any] = registry["hourly_heatmap"](trades, by, z_of(confidence_frac))
    return found
