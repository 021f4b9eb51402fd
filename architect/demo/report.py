"""The demo's report: what was built, traded, broken and mended, for a person to read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from architect.demo.pictures import draw
from architect.demo.run import Story
from architect.hours import hours_of
from architect.wick.incidents import Incident
from core.plain_words import counted
from core.project import Project

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Figures:
    """What the stores hold after the run."""

    trades: list[dict[str, Any]]
    equity: list[dict[str, Any]]
    reflections: int
    orders: int


def read_figures(database_url: str) -> Figures:
    """Read what the run left in Postgres."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        trades = connection.execute(
            "select * from trading_data.trades order by opened_ms"
        ).fetchall()
        equity = connection.execute(
            "select * from trading_data.equity order by time_ms"
        ).fetchall()
        counts = connection.execute(
            "select (select count(*) from system_logs.reflections) as reflections,"
            " (select count(*) from trading_data.orders) as orders"
        ).fetchone()
    assert counts is not None
    return Figures(trades, equity, counts["reflections"], counts["orders"])


def cents(value: Any) -> Decimal:
    """Round USD to the cent, half to even."""
    return Decimal(value).quantize(CENT, ROUND_HALF_EVEN)


def equal_to_the_cent(figures: Figures, truth: dict[str, Any]) -> bool:
    """Tell whether our last equity is the exchange's own, to the cent."""
    if not figures.equity:
        return False
    return cents(figures.equity[-1]["equity_usd"]) == cents(truth["equity_usd"])


def write_report(
    project: Project, story: Story, figures: Figures, folder: Path, log: list[str]
) -> str:
    """Write report.txt and equity.png into `folder`; return the text."""
    picture = draw(
        folder / "equity.png",
        [
            (r["time_ms"], r["equity_usd"], r["exchange_equity_usd"])
            for r in figures.equity
        ],
        hours_of(project, figures.trades),
    )
    parts = [
        _built(story),
        _traded(figures, story),
        _money(figures, story),
        _incidents(story.incidents),
        ["Log of the repaired module", *(f"  {line}" for line in log)],
        ["Picture", f"  {picture}"],
    ]
    text = "\n\n".join("\n".join(part) for part in parts) + "\n"
    (folder / "report.txt").write_text(text, encoding="utf-8")
    return text


def _built(story: Story) -> list[str]:
    made = story.outcome.built
    checks = sum(one.verdict.checks for one in made.values())
    return [
        "Built",
        f"  {len(made)} modules from their specs, {checks:,} checks by the gate, "
        f"{len(story.outcome.refused)} refused, in {story.build_s:.1f} s",
    ]


def _traded(figures: Figures, story: Story) -> list[str]:
    closed = [t for t in figures.trades if t["closed_ms"] is not None]
    nets = [t["realised_usd"] - t["fees_usd"] + t["funding_usd"] for t in closed]
    wins = sum(net > 0 for net in nets)
    share = f", {wins / len(closed):.0%} won" if closed else ""
    s = story.summary
    ticks = int(s["ticks"])
    return [
        "Traded",
        f"  {ticks:,} candles in {story.trade_s:.1f} s, {ticks / story.trade_s:.0f} a second; "
        f"{figures.reflections:,} calls reflected",
        f"  {len(figures.trades)} trades, {len(closed)} closed{share}; "
        f"{figures.orders} orders, {s['fills']} fills",
        *_reasons(closed),
    ]


def _reasons(closed: list[dict[str, Any]]) -> list[str]:
    counts: dict[str, int] = {}
    for trade in closed:
        counts[trade["exit_reason"]] = counts.get(trade["exit_reason"], 0) + 1
    if not counts:
        return []
    return [
        "  exits: " + ", ".join(f"{n} {reason}" for reason, n in sorted(counts.items()))
    ]


def _money(figures: Figures, story: Story) -> list[str]:
    s, truth = story.summary, story.truth
    last = figures.equity[-1]
    ours, theirs = last["equity_usd"], Decimal(truth["equity_usd"])
    equal = "equal to the cent" if equal_to_the_cent(figures, truth) else "NOT EQUAL"
    rows = [
        ("realised P&L", Decimal(s["realised_usd"]), Decimal(truth["realised_usd"])),
        ("fees", -Decimal(s["fees_usd"]), -Decimal(truth["fees_usd"])),
        ("funding", Decimal(s["funding_usd"]), Decimal(truth["funding_usd"])),
        ("balance", last["balance_usd"], Decimal(truth["balance_usd"])),
        ("floating P&L", last["floating_usd"], Decimal(truth["floating_usd"])),
        ("equity", ours, theirs),
    ]
    lines = [f"  {name:14}{cents(a):>14,}{cents(b):>16,}" for name, a, b in rows]
    return [
        "Money, USD",
        f"  {'':14}{'our books':>14}{'the exchange':>16}",
        *lines,
        f"  equity is {equal}; {counted(s['drifts'], 'drift')} in {s['ticks']:,} comparisons",
    ]


def _incidents(incidents: list[Incident]) -> list[str]:
    lines = ["Incidents"]
    for one in sorted(incidents, key=lambda i: i.incident_id):
        took = "" if one.took_ms is None else f" in {one.took_ms / 1000:.2f} s"
        how = f" by {one.fixed_by}" if one.fixed_by else ""
        lines.append(
            f"  {one.incident_id}  {one.module}: {one.state}{how}{took}: {one.summary}"
        )
        for time_ms, step, detail in one.events:
            lines.append(
                f"       +{time_ms - one.opened_ms:>5} ms  {step}{_brief(detail)}"
            )
    return lines


def _brief(detail: dict[str, Any]) -> str:
    for key in (
        "how",
        "reason",
        "result",
        "commit",
        "version",
        "regression",
        "failure",
    ):
        if detail.get(key):
            text = str(detail[key]).partition("\n")[0]
            return f": {text if len(text) <= 88 else text[:87] + '…'}"
    return ""
