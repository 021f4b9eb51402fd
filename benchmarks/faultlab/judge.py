"""What must hold once recovery has had its quiet candles: the exchange against the books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from core.trading.paper.exchange import PaperExchange
from core.trading.trader.config import CANDLE_MS, TraderConfig
from faultlab.books import CENT, row_problems, trade_problems
from faultlab.exits import Facts, exit_problems
from faultlab.lasting import DUPLICATE
from faultlab.plan import LATEST, QUIET

# Books are opened anew after so many ticks of a drift, and fills are shown so late.
REOPENED_AFTER = TraderConfig().reopen_after + LATEST
# What every problem begins with: its kind.
ORPHAN, EXIT, BOOKS = "orphan", "missed exit", "books differ"


@dataclass
class Verdict:
    """What was found; `problems` is empty when all holds."""

    trades: int = 0
    exits_told: int = 0
    decisions_untold: int = 0
    drifts: int = 0
    books_reopened: int = 0
    drift_usd: Decimal = Decimal(0)
    problems: list[str] = field(default_factory=list)


def judge(exchange: PaperExchange, database_url: str, facts: Facts) -> Verdict:
    """Compare what the exchange holds with what the stores say."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        trades, fills, ledger = (
            connection.execute(
                f"select * from trading_data.{table}".encode()
            ).fetchall()
            for table in ("trades", "fills", "ledger")
        )
        equity = connection.execute(
            "select * from trading_data.equity order by time_ms"
        ).fetchall()
    found = Verdict(trades=len(trades))
    _orphans(found, exchange, trades)
    found.exits_told, late = exit_problems(facts, trades, exchange.now_ms)
    found.problems += [f"{EXIT}: {text}" for text in late]
    found.decisions_untold, doubled = decided_problems(facts, facts.most)
    found.problems += [f"{DUPLICATE}: {text}" for text in doubled]
    _equity(found, exchange, equity[-1] if equity else None)
    rows = equity_problems(equity, facts, exchange.now_ms)
    rows += row_problems(exchange.books, fills, ledger)
    rows += trade_problems(exchange.books, trades)
    rows += reopened_problems(facts)
    found.problems += [f"{BOOKS}: {text}" for text in rows]
    found.drifts = len(facts.run.candles("drift"))
    found.books_reopened = len(facts.run.candles("books reopened"))
    return found


def reopened_problems(facts: Facts) -> list[str]:
    """Return the reopenings of the books that the exchange's late fills do not explain.

    A reopening takes the exchange's word for its own, so it may come only where the
    exchange had withheld fills for as long as the loop waits.
    """
    problems = []
    for candle in facts.run.candles("books reopened"):
        if candle > facts.end - QUIET:
            problems.append(f"reopened in the quiet candles, at candle {candle}")
        elif not any(candle - REOPENED_AFTER <= c <= candle for c in facts.late):
            problems.append(f"reopened at candle {candle}, which no late fills explain")
    return problems


def equity_problems(
    rows: Iterable[Mapping[str, Any]], facts: Facts, now_ms: int
) -> list[str]:
    """Return the candles at which our equity was not the exchange's, to the cent, though it
    had told all of it: what is told late may be missing until it is, and no longer.
    """
    problems = []
    for row in rows:
        candle = facts.end - (now_ms - row["time_ms"]) // CANDLE_MS
        theirs = row["exchange_equity_usd"]
        known = not any(candle - LATEST <= late <= candle for late in facts.untold)
        if theirs is not None and abs(row["equity_usd"] - theirs) >= CENT and known:
            ours = f"{row['equity_usd']:.4f}, the exchange {theirs:.4f}"
            problems.append(f"{ours}, at candle {candle}")
    return problems


def decided_problems(
    facts: Facts, most: Mapping[str, Decimal]
) -> tuple[int, list[str]]:
    """Return of how many decisions nothing was told, and the positions that came to more
    than was decided: a part of them was sent twice.

    `most` is the largest position of each decision, by what its orders' ids begin with. A
    process may be killed between a decision and the telling of it, but no more are untold.
    """
    wanted = {
        f"{event.detail['trade_id']}-entry".lower().replace("_", "-"): event.detail
        for event in facts.run.events
        if event.kind == "entering"
    }
    problems = [
        f"{wanted[name]['trade_id']} came to {size} of {wanted[name]['size']} decided"
        for name, size in most.items()
        if name in wanted and size > Decimal(wanted[name]["size"])
    ]
    untold = len(most.keys() - wanted.keys())
    if untold > facts.killed:
        problems.append(f"of {untold} decisions nothing was told")
    return untold, problems


def _orphans(
    found: Verdict, exchange: PaperExchange, trades: list[dict[str, Any]]
) -> None:
    held = {s for s, holding in exchange.books.holdings.items() if holding.size}
    opened = [row["symbol"] for row in trades if row["closed_ms"] is None]
    for symbol in held - set(opened):
        found.problems.append(f"{ORPHAN}: a position in {symbol} has no open trade")
    for symbol in set(opened) - held:
        found.problems.append(f"{ORPHAN}: a trade in {symbol} has no position")
    if len(set(opened)) != len(opened):
        found.problems.append(
            f"{ORPHAN}: two open trades of one symbol: {sorted(opened)}"
        )
    for order in exchange.venue.live.values():
        against = exchange.books.holdings[order.symbol].size * order.signed(order.size)
        if not order.reduce_only or against >= 0:
            name = order.client_id or order.order_id
            found.problems.append(f"{ORPHAN}: order {name} protects nothing")


def _equity(
    found: Verdict, exchange: PaperExchange, last: dict[str, Any] | None
) -> None:
    truth = exchange.margin().equity
    if last is None or last["time_ms"] != exchange.now_ms:
        found.problems.append(f"{BOOKS}: no equity was booked at the last candle")
        return
    found.drift_usd = last["equity_usd"] - truth
    if abs(found.drift_usd) >= CENT:
        found.problems.append(
            f"{BOOKS}: {last['equity_usd']:.4f}, the exchange {truth:.4f}"
        )
