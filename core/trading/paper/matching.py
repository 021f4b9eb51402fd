"""What an order gets from the market: prices, depth, and where on a path it is reached.

Nothing here changes anything; `venue` books what these functions find.
"""

from __future__ import annotations

from decimal import Decimal

from core.trading.paper.market import Market
from core.trading.paper.orders import ZERO, Order, OrderState

_ONE = Decimal(1)
TOUCH_SHARE = Decimal("0.1")


def protection_price(market: Market, order: Order, price: Decimal) -> Decimal:
    """Return the limit of a market order: 1% (by default) beyond a price."""
    contract = market.contracts[order.symbol]
    away = price * market.config.protection_frac
    if order.is_buy:
        return contract.price_down(price + away)
    return contract.price_up(price - away)


def would_cross(market: Market, order: Order, price: Decimal) -> bool:
    """Tell whether an order's limit meets the other side of the book at a price."""
    bid, ask = market.bid_ask(order.symbol, price)
    if order.limit_price is None:
        return True
    return order.limit_price >= ask if order.is_buy else order.limit_price <= bid


def taker_quote(
    market: Market, order: Order, size: Decimal, price: Decimal
) -> tuple[Decimal, Decimal]:
    """Return the size and average price that an order gets at once around a price.

    The touch holds a tenth of the candle's depth. Beyond it the average price moves away
    with the share of the depth that is used up, at a rate of `slippage_frac` for all of it.
    """
    contract, slippage = market.contracts[order.symbol], market.config.slippage_frac
    limit = order.limit_price or protection_price(market, order, price)
    bid, ask = market.bid_ask(order.symbol, price)
    depth, used = market.depth[order.symbol], market.depth_used[order.symbol]
    touch, sign = (ask, _ONE) if order.is_buy else (bid, -_ONE)
    room = sign * (limit / touch - _ONE)
    if room < 0 or depth == 0:
        return ZERO, touch
    size = min(size, depth - used)
    if slippage:
        size = min(size, depth * (TOUCH_SHARE + room / slippage) - used)
    size = contract.size_down(max(size, ZERO))
    beyond = max(ZERO, (used + size) / depth - TOUCH_SHARE)
    moved = touch * (_ONE + sign * slippage * beyond)
    if order.is_buy:
        return size, min(contract.price_up(moved), limit)
    return size, max(contract.price_down(moved), limit)


def reached_at(order: Order, leg: tuple[Decimal, Decimal], gap: bool) -> Decimal | None:
    """Return the price at which a leg of the path reaches an order, None if it does not.

    A resting limit needs a price beyond it, for there is a queue before it; it then
    trades at its limit. A trigger needs a touch, and in a gap it wakes behind it.
    """
    start, end = leg
    if order.state is OrderState.OPEN:
        limit = order.limit_price
        if limit is None:
            return None
        passed = min(leg) < limit if order.is_buy else max(leg) > limit
        return limit if passed else None
    stop = order.stop_price
    if stop is None:
        return None
    if order.triggers_above:
        if max(leg) < stop:
            return None
        return max(stop, end if gap else start)
    if min(leg) > stop:
        return None
    return min(stop, end if gap else start)


def trail_after(order: Order, price: Decimal) -> None:
    """Move a trailing stop after a price; it never moves back."""
    if order.trail is None or order.stop_price is None:
        return
    if order.triggers_above:
        order.stop_price = min(order.stop_price, price + order.trail)
    else:
        order.stop_price = max(order.stop_price, price - order.trail)
