"""What one candle does as it passes: the clock, the orders it reaches, the margin."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.trading.paper.liquidation import Leg, liquidate, margin_end
from core.trading.paper.matching import reached_at, trail_after
from core.trading.paper.orders import Order, OrderState
from core.trading.paper.venue import Venue


def pass_candle(venue: Venue) -> None:
    """Walk the next candle, leg by leg, all symbols together."""
    for number, leg in enumerate(venue.market.walk()):
        now_ms = venue.market.now_ms
        venue.advance_clock(now_ms)
        if venue.dead_man_ms is not None and now_ms >= venue.dead_man_ms:
            venue.dead_man_ms = None
            venue.cancel_live("cancel_all_after")
        _pass_leg(venue, leg, gap=number == 0)
        venue.market.price = {symbol: leg[symbol][1] for symbol in leg}


def _pass_leg(venue: Venue, leg: Leg, *, gap: bool) -> None:
    """Pass a leg up to where its margin gives out, and on where an order averts that.

    So what lies beyond a liquidation is never reached.
    """
    short = margin_end(venue, leg, gap=gap)
    before = leg if short is None else _up_to(leg, short)
    fills = len(venue.books.fills)
    for symbol in before:
        _pass_orders(venue, symbol, before[symbol], gap=gap)
    ends = short
    if len(venue.books.fills) != fills:
        # What was filled on the way may have saved the margin, or strained it.
        ends = margin_end(venue, before, gap=gap)
    if ends is not None:
        venue.market.price = ends
        liquidate(venue)
    elif short is not None:
        venue.market.price = short
        rest = {symbol: (short[symbol], leg[symbol][1]) for symbol in leg}
        _pass_leg(venue, rest, gap=gap)


def _up_to(leg: Leg, prices: Mapping[str, Decimal]) -> Leg:
    return {symbol: (leg[symbol][0], prices[symbol]) for symbol in leg}


def _pass_orders(
    venue: Venue, symbol: str, leg: tuple[Decimal, Decimal], *, gap: bool
) -> None:
    mine = [order for order in venue.live.values() if order.symbol == symbol]
    reached = [(reached_at(order, leg, gap), order) for order in mine]
    hits = [(price, order) for price, order in reached if price is not None]
    hits.sort(key=lambda hit: abs(hit[0] - leg[0]))
    for price, order in hits:
        if order.state is OrderState.WAITING:
            venue.trigger(order, price)
        elif order.is_live:
            _fill_resting(venue, order, price)
    for order in mine:
        if order.is_live:
            trail_after(order, leg[1])


def _fill_resting(venue: Venue, order: Order, price: Decimal) -> None:
    room = venue.reducible(order) if order.reduce_only else order.remaining
    size = min(room, venue.market.depth_left(order.symbol))
    if size > 0:
        venue.execute(order, size, price, "maker")
