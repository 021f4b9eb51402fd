"""Liquidation: where on a leg of the path the margin gives out, and what is done then.

All orders are cancelled and all positions are closed at once, as a taker, at the price
of the crossing: what lies beyond it is not reached any more. A gap has no price on the
way, so there it is the price behind it. Kraken's closing in steps is not modelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.trading.paper.margin import spare_usd
from core.trading.paper.orders import ZERO, Order
from core.trading.paper.venue import Venue

Leg = Mapping[str, tuple[Decimal, Decimal]]


def margin_end(venue: Venue, leg: Leg, *, gap: bool) -> dict[str, Decimal] | None:
    """Return the prices at which the equity falls below the maintenance margin.

    None where what is held has enough of it at the leg's end.
    """
    if not any(holding.size for holding in venue.books.holdings.values()):
        return None
    ends = {symbol: leg[symbol][1] for symbol in leg}
    short = -spare_usd(venue.books, ends)
    if short <= 0:
        return None
    if gap:
        return ends
    starts = {symbol: leg[symbol][0] for symbol in leg}
    spare = max(ZERO, spare_usd(venue.books, starts))
    # Both are linear in the prices, so the crossing is where this share of the leg is.
    part = spare / (spare + short)
    contracts = venue.market.contracts
    return {
        symbol: contracts[symbol].price_down(start + (end - start) * part)
        for symbol, (start, end) in leg.items()
    }


def liquidate(venue: Venue) -> None:
    """Cancel all orders and close all positions, at the prices as they are."""
    venue.cancel_live("liquidation")
    venue.liquidations += 1
    for symbol, holding in venue.books.holdings.items():
        if not holding.size:
            continue
        bid, ask = venue.market.bid_ask(symbol, venue.market.price[symbol])
        side, price = ("sell", bid) if holding.size > 0 else ("buy", ask)
        order = _closing_order(venue, symbol, side, abs(holding.size))
        venue.execute(order, order.size, price, "liquidation")


def _closing_order(venue: Venue, symbol: str, side: str, size: Decimal) -> Order:
    now_ms = venue.market.now_ms
    order = Order(
        order_id=venue.new_id("liquidation"),
        client_id=None,
        symbol=symbol,
        side=side,
        kind="mkt",
        size=size,
        limit_price=None,
        stop_price=None,
        trigger_signal="",
        reduce_only=True,
        time_ms=now_ms,
        updated_ms=now_ms,
    )
    venue.orders[order.order_id] = order
    return order
