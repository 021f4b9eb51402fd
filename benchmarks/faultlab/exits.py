"""Whether every intended exit was done or told of: levels passed, time limits, failed exits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.trading.trader.config import CANDLE_MS, TraderConfig
from faultlab.lasting import MENDED_AFTER
from faultlab.passed import TELLING, Passed
from faultlab.plan import QUIET
from faultlab.told import Told

HOLD = TraderConfig().max_hold_ms // CANDLE_MS


@dataclass(frozen=True)
class Facts:
    """What a run knows beside its stores.

    `late` are the candles in which the exchange showed fills late, `away` those in which
    loop or gateway was not there, `end` is the last one. `most` is the largest position, in
    coins, that came of each decision, `untold` are the candles in which the exchange told
    anything late that equity is made of, `killed` is how often the loop was.
    """

    run: Told
    late: Collection[int] = ()
    away: Collection[int] = ()
    unended: Iterable[Passed] = ()
    end: int = 0
    most: Mapping[str, Decimal] = field(default_factory=dict)
    untold: Collection[int] = ()
    killed: int = 0


def exit_problems(
    facts: Facts, trades: Iterable[Mapping[str, Any]], now_ms: int
) -> tuple[int, list[str]]:
    """Return how many exits came late and were told of, and those that were neither done
    in time nor told. `now_ms` is the market's time at the end.
    """
    rows = list(trades)
    late = [
        *_levels(facts),
        *(found for row in rows for found in _overdue(facts, row, now_ms)),
    ]
    problems = [
        text
        for symbol, first, last, text in late
        if not facts.run.of(TELLING, symbol, first, last)
        and not facts.run.stuck(first, last, facts.away)
    ]
    told = len(late) - len(problems)
    return told, [*problems, *_never_ended(facts, rows)]


def _levels(facts: Facts) -> Iterator[tuple[str, int, int, str]]:
    for p in facts.unended:
        text = f"the {p.kind} of {p.symbol} was passed at candle {p.candle}, untold"
        yield p.symbol, p.candle, p.last, text


def _overdue(
    facts: Facts, row: Mapping[str, Any], now_ms: int
) -> Iterator[tuple[str, int, int, str]]:
    """Yield a trade that lived longer than its time limit and the ticks to end it."""
    opened = facts.end - (now_ms - row["opened_ms"]) // CANDLE_MS
    due = opened + HOLD
    ended = facts.end
    if row["closed_ms"] is not None:
        ended -= (now_ms - row["closed_ms"]) // CANDLE_MS
    acted = [candle for candle in range(due, ended) if candle not in facts.away]
    if len(acted) > MENDED_AFTER:
        text = f"{row['trade_id']} was overdue from candle {due} to {ended}, untold"
        yield row["symbol"], due, acted[MENDED_AFTER], text


def _never_ended(facts: Facts, trades: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield trades whose exit failed before the quiet candles, and that live on.

    One that was to end for want of a stop need not, once a new process has taken it up:
    that places the stop itself, and a bare position is told of as such.
    """
    failed = set()
    for event in facts.run.events:
        trade_id = event.detail.get("trade_id")
        if event.kind == "exit failed" and event.candle <= facts.end - QUIET:
            failed.add((trade_id, event.detail.get("reason")))
        if event.kind == "adopted":
            failed.discard((trade_id, "unprotected"))
    for row in trades:
        if row["closed_ms"] is None and row["trade_id"] in {name for name, _ in failed}:
            yield f"that of {row['trade_id']} failed, and was never done"
