"""What must hold once recovery has had its quiet candles: the exchange against the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from core.trading.paper.exchange import PaperExchange
from core.trading.trader.config import CANDLE_MS, TraderConfig

CENT = Decimal("0.01")
# What every problem begins with: its kind.
ORPHAN, EXIT, BOOKS = "orphan", "missed exit", "books differ"


@dataclass
class Verdict:
    """What was found; `problems` is empty when all holds."""

    trades: int = 0
    drift_usd: Decimal = Decimal(0)
    problems: list[str] = field(default_factory=list)


def judge(exchange: PaperExchange, database_url: str) -> Verdict:
    """Compare what the exchange holds with what the stores say."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        trades = connection.execute("select * from trading_data.trades").fetchall()
        last = connection.execute(
            "select * from trading_data.equity order by time_ms desc limit 1"
        ).fetchone()
    found = Verdict(trades=len(trades))
    _orphans(found, exchange, trades)
    _overdue(found, exchange, trades)
    _equity(found, exchange, last)
    return found


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


def _overdue(
    found: Verdict, exchange: PaperExchange, trades: list[dict[str, Any]]
) -> None:
    """Note trades that live past their time limit, although the last candles were quiet."""
    latest_ms = exchange.now_ms - TraderConfig().max_hold_ms - 2 * CANDLE_MS
    for row in trades:
        if row["closed_ms"] is None and row["opened_ms"] < latest_ms:
            found.problems.append(f"{EXIT}: that of {row['trade_id']} is overdue")


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
