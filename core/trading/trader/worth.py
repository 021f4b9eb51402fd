"""What the books are worth at the prices of now: equity and P&L, computed by modules."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.trading.trader.books import Books

ZERO = Decimal(0)


def equity(books: Books, now_ms: int, marks: Mapping[str, Decimal]) -> Any:
    """Return our Equity record; unrealised funding is the exchange's to tell."""
    return books.modules["equity_monitor"](
        now_ms, books.balance_usd, _valued(books), dict(marks)
    )


def pnl(books: Books, marks: Mapping[str, Decimal]) -> list[Any]:
    """Return the Pnl of every symbol that was ever traded, by symbol."""
    held = {position.symbol: position for position in _valued(books)}
    return [
        books.modules["pnl_engine"](
            held.get(symbol) or books.flat(symbol),
            marks[symbol],
            totals.realised_usd,
            totals.funding_usd,
            totals.fees_usd,
        )
        for symbol, totals in sorted(books.by_symbol.items())
        if symbol in marks
    ]


def _valued(books: Books) -> list[Any]:
    """Return our positions with the exchange's word on funding that accrues."""
    position = books.modules.records["Position"]
    return [
        position(
            symbol=p.symbol,
            size=p.size,
            entry_price=p.entry_price,
            funding_usd=(
                books.held[p.symbol].funding_usd if p.symbol in books.held else ZERO
            ),
        )
        for p in books.positions.values()
    ]
