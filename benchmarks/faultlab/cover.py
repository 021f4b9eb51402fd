"""What rests at the exchange for a position: how much of it ends where, and how much nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.trading.paper.exchange import PaperExchange
from core.trading.paper.orders import ZERO, Order

STOP, TAKE = "stop", "take"
KIND_OF = {"stp": STOP, "trailing_stop": STOP, "take_profit": TAKE}


def held(exchange: PaperExchange) -> list[str]:
    """Return the symbols with a position."""
    return [s for s, holding in exchange.books.holdings.items() if holding.size]


def worst_loss(exchange: PaperExchange, symbol: str) -> Decimal:
    """Return what a position loses from its mark to its stops, all of it without any."""
    mark = exchange.market.price[symbol]
    return uncovered(exchange, symbol) * mark + covered_loss(exchange, symbol)


def covered_loss(exchange: PaperExchange, symbol: str) -> Decimal:
    """Return what the part of a position that has stops loses from its mark to them."""
    holding, mark = exchange.books.holdings[symbol], exchange.market.price[symbol]
    sign = 1 if holding.size > 0 else -1
    losses = (
        size * max(ZERO, (mark - price) * sign)
        for price, size in _covers(exchange, symbol)
    )
    return sum(losses, ZERO)


def uncovered(exchange: PaperExchange, symbol: str) -> Decimal:
    """Return the coins of a position that no stop at the exchange would close."""
    covered = sum((size for _, size in _covers(exchange, symbol)), ZERO)
    return abs(exchange.books.holdings[symbol].size) - covered


def triggers(exchange: PaperExchange, symbol: str, kind: str) -> list[Order]:
    """Return the triggers of a kind that rest to reduce the symbol's position; of a flat
    symbol, all.
    """
    size = exchange.books.holdings[symbol].size
    return [
        order
        for order in exchange.venue.live.values()
        if order.symbol == symbol
        and order.reduce_only
        and KIND_OF.get(order.kind) == kind
        and order.stop_price is not None
        and (not size or order.is_buy != (size > 0))
    ]


def doubled(exchange: PaperExchange, symbol: str, kind: str) -> Decimal:
    """Return by how many coins the triggers of a kind are more than the position."""
    resting = (order.remaining for order in triggers(exchange, symbol, kind))
    return sum(resting, ZERO) - abs(exchange.books.holdings[symbol].size)


def _covers(exchange: PaperExchange, symbol: str) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield price and size of the stops as they would close a position, nearest first."""
    size = exchange.books.holdings[symbol].size
    found = [
        (order.stop_price or ZERO, order.remaining)
        for order in triggers(exchange, symbol, STOP)
    ]
    left = abs(size)
    for price, most in sorted(found, reverse=size > 0):
        yield price, min(left, most)
        left -= min(left, most)
