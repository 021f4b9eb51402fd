"""What is held by whoever tells most: the exchange, our fills, a trade, or what a start lacked.

Fills may be shown late and positions read late. For stops, risk and entries what anybody
tells of is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.trading.trader.books import Books
from core.trading.trader.trades import OpenTrade


def standing(books: Books, trades: Mapping[str, OpenTrade]) -> dict[str, Any]:
    """Return the positions that anybody tells of: the exchange, else our fills, else a
    trade. One that is read late is there all the same, and all of it.
    """
    of_trades = {symbol: _standing(books, trade) for symbol, trade in trades.items()}
    late = {symbol: late.position for symbol, late in books.unread.held.items()}
    return {**late, **books.positions, **books.held, **of_trades}


def _standing(books: Books, trade: OpenTrade) -> Any:
    symbol = trade.symbol
    told = held, booked = books.held.get(symbol), books.positions.get(symbol)
    if held and booked and held.size == booked.size and not trade.answered:
        return held  # all agree, as nearly always
    # One that was turned may be read as it was before, as long as fills know better.
    first = next((p for p in told if trade.is_of(p)), held or booked)
    if first is None:
        first, size = books.flat(symbol), trade.size
        first = replace(first, entry_price=trade.entry_price)
    elif trade.only_grew and trade.is_of(first):
        size = trade.shown(*told)
    else:
        return first
    return replace(first, size=size if trade.side == "long" else -size)


def entered(books: Books, trade: OpenTrade) -> Decimal:
    """Return the coins that a trade's entry has filled, as far as anybody knows."""
    symbol = trade.symbol
    return trade.entered(books.positions.get(symbol), books.held.get(symbol))
