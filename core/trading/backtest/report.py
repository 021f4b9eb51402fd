"""What a backtest's result says, as plain data and as lines for a person."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from statistics import variance
from typing import Any

from core.trading.backtest.deflated import (
    deflated_sharpe,
    one_period_sharpe,
    variance_by_luck,
)
from core.trading.backtest.modules import registry_of
from core.trading.backtest.run import Result
from core.trading.backtest.stats import (
    BLOCK_DAYS,
    LEAST_DAYS,
    RESAMPLES,
    daily_returns,
    days_of,
    figures,
    intervals,
)
from core.trading.backtest.walk import Step
from core.trading.dates import iso

Plain = dict[str, Any]

# What the figures are, word for word in the printed report and in its JSON.
MEASURES = {
    "net": "of the equity, floating P&L included, after fees and funding",
    "buy_and_hold": "equal parts bought at the start and held, after the taker fee and the "
                    "funding of held perpetuals",
    "ratios": "of daily returns (UTC days), a year has 365, the riskless rate is zero",
    "drawdown": "by candle closes, all of them",
    "intervals": f"95%, from {RESAMPLES:,} resamples of whole days in blocks of "
                 f"{BLOCK_DAYS}, each of the figure that it stands beside",
}  # fmt: skip


def summary(result: Result, root: Path) -> Plain:
    """Return every figure of one result; money as text, NaN as None."""
    curve = result.curve
    equity, benchmark = curve.equity_usd, curve.benchmark
    mine = days_of(curve.time_ms, equity)
    theirs = daily_returns(curve.time_ms, benchmark)
    ours, hold = figures(curve.time_ms, equity), figures(curve.time_ms, benchmark)
    closed = [row for row in result.trades if row["closed_ms"] is not None]
    found = {
        "label": result.label,
        "symbols": list(result.symbols),
        "from": iso(int(curve.time_ms[0])),
        "to": iso(int(curve.time_ms[-1])),
        "candles": result.candles,
        "days": len(theirs),
        "trades": len(closed),
        "open_trades": len(result.trades) - len(closed),
        "start_usd": str(result.start_usd),
        "end_usd": f"{result.end_usd:.2f}",
        "net_usd": f"{result.end_usd - result.start_usd:.2f}",
        "fees_usd": f"{result.fees_usd:.2f}",
        "funding_usd": f"{result.funding_usd:.2f}",
        **asdict(ours),
        "ahead_frac": ours.net_frac - hold.net_frac,
        "intervals_95": intervals(mine, theirs),
        "win_rate": _share(sum(_net(row) > 0 for row in closed), len(closed)),
        "by_hour": by_hour(result, root),
        "exits": _counts([row["exit_reason"] for row in closed]),
        "exposure_frac": float((curve.held_usd > 0).mean()),
        "turnover": float(curve.traded_usd[-1] / equity.mean()),
        "liquidations": result.liquidations,
        "buy_and_hold": asdict(hold) | {"funding_frac": curve.held_funding_frac},
        "measures": MEASURES,
        "troubles": [{"kind": kind, **detail} for kind, detail in result.told],
        "ticks": result.ticks,
        "seconds": round(result.seconds, 3),
    }
    plain: Plain = _plain(found)
    return plain


def by_hour(result: Result, root: Path) -> list[Plain]:
    """Return wins, trades and net P&L by UTC hour of the exit, by the module that trades."""
    modules = registry_of(root)
    trade = modules.records["Trade"]
    rows = [trade(**{**row, **_decimals(row)}) for row in result.trades]
    return [
        {
            "hour": stats.hour,
            "trades": stats.trades,
            "wins": stats.wins,
            "win_rate": stats.win_rate,
            "net_usd": f"{stats.net_usd:.2f}",
        }
        for stats in modules["hourly_heatmap"](rows)
    ]


def _decimals(row: Plain) -> Plain:
    """Return the money and sizes of a trade that a strategy's engine kept in floats."""
    names = (
        "size",
        "entry_price",
        "exit_price",
        "realised_usd",
        "fees_usd",
        "funding_usd",
    )
    floats = {name: row[name] for name in names if isinstance(row[name], float)}
    return {name: Decimal(repr(round(value, 8))) for name, value in floats.items()}


def deflated(results: Sequence[Result], best: Result, tried: int) -> Plain:
    """Return the deflated Sharpe ratio of the best of what was tried.

    `tried` is how many variants were tried in all, these and earlier ones. Where the ratios
    at hand tell of no spread, that of ratios by luck is taken: the earlier ones had one.
    """
    returns = _returns(best)
    ratios = [one_period_sharpe(_returns(result)) for result in results]
    known = [ratio for ratio in ratios if not math.isnan(ratio)]
    differ = len(set(known)) > 1
    spread = variance(known) if differ else variance_by_luck(len(returns))
    probability = deflated_sharpe(returns, tried, spread)
    return {
        "variants": tried,
        "best": best.label,
        "probability": None if math.isnan(probability) else probability,
    }


def _returns(result: Result) -> list[float]:
    curve = result.curve
    returns: list[float] = daily_returns(curve.time_ms, curve.equity_usd).tolist()
    return returns


def walked(steps: Sequence[Step]) -> Plain:
    """Return a walk-forward's windows and the return of all test periods together."""
    growth = 1.0
    for step in steps:
        growth *= float(step.result.end_usd / step.result.start_usd)
    rows = [
        {
            "train": [iso(t) for t in step.train],
            "test": [iso(t) for t in step.test],
            "chosen": step.chosen,
            "train_sharpe": _plain(step.train_sharpe),
            "trades": len(step.result.trades),
            "test_net_frac": float(step.result.end_usd / step.result.start_usd) - 1,
        }
        for step in steps
    ]
    return {"windows": rows, "test_net_frac": growth - 1}


def lines(found: Plain) -> list[str]:
    """Return one result as a person reads it."""
    hold, between = found["buy_and_hold"], found["intervals_95"]
    rows = [
        ("period", f"{found['from']} to {found['to']}, {found['candles']:,} candles"),
        ("symbols", " ".join(found["symbols"])),
        ("trades", f"{found['trades']} closed, {found['open_trades']} open at the end"),
        ("net", f"{found['net_usd']} USD, {_percent(found, between, 'net_frac')}"),
        ("buy and hold", f"{_frac(hold['net_frac'])}, {_frac(hold['funding_frac'])} of it "
                         f"funding; Sharpe {_number(hold['sharpe'])}, "
                         f"max drawdown {_part(hold['max_drawdown_frac'])}"),
        ("ahead of it", _percent(found, between, "ahead_frac")),
        ("fees, funding", f"{found['fees_usd']} paid, "
                          f"funding {Decimal(found['funding_usd']):+}"),
        ("CAGR", _frac(found["cagr_frac"])),
        ("Sharpe", _ratio(found, between, "sharpe")),
        ("Sortino", _ratio(found, between, "sortino")),
        ("Calmar", _number(found["calmar"])),
        ("max drawdown", _shown(found, between, "max_drawdown_frac", _part)
                         + " by candle closes"),
        ("win rate", f"{_part(found['win_rate'])} ({_exits(found['exits'])})"),
        ("exposure", f"{_part(found['exposure_frac'])} of candles; "
                     f"turnover {found['turnover']:.1f} times the equity"),
        ("liquidations", str(found["liquidations"])),
    ]  # fmt: skip
    shown = [f"{name:14} {text}" for name, text in rows if text]
    return [*shown, *_hours(found["by_hour"]), *_troubles(found["troubles"])]


def legend(found: Sequence[Plain]) -> list[str]:
    """Return what the figures of results are; of intervals, also where there are none."""
    rows = dict(MEASURES)
    if not all(row["intervals_95"] for row in found):
        rows["intervals"] += f"; none of under {LEAST_DAYS} days"
    return [f"{name.replace('_', ' ')}: {text}" for name, text in rows.items()]


def _hours(rows: Sequence[Plain]) -> list[str]:
    if not rows:
        return []
    return ["by hour, UTC   " + "  ".join(
        f"{row['hour']:02d}h {row['wins']}/{row['trades']} {row['net_usd']}" for row in rows
    )]  # fmt: skip


def _troubles(rows: Sequence[Plain]) -> list[str]:
    return [f"trouble        {len(rows)}, the first: {rows[0]}"] if rows else []


def _exits(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in counts.items())


def _percent(found: Plain, between: Plain, name: str) -> str:
    return _shown(found, between, name, _frac)


def _shown(found: Plain, between: Plain, name: str, show: Any) -> str:
    return f"{show(found[name])} {_range(between, name, show)}".rstrip()


def _ratio(found: Plain, between: Plain, name: str) -> str:
    return _shown(found, between, name, _number)


def _range(between: Plain, name: str, show: Any) -> str:
    if name not in between:
        return ""
    low, high = between[name]
    return f"[{show(low)}, {show(high)}]"


def _frac(value: float | None) -> str:
    return "none" if value is None else f"{value:+.2%}"


def _part(value: float | None) -> str:
    """Return a part of a whole, which has no sign."""
    return "none" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _net(row: Plain) -> Any:
    return row["realised_usd"] - row["fees_usd"] + row["funding_usd"]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _counts(words: list[str]) -> dict[str, int]:
    return {word: words.count(word) for word in sorted(set(words))}


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it: what is no number is None."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
