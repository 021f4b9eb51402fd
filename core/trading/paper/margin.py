"""Cross margin in USD: what the positions and orders hold back, and what is left.

The level of a contract's margin is read from the whole position's notional and applies
to all of it. A leverage preference raises the initial margin of its contract; the pool
of collateral stays one pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.trading.contracts import CONTRACTS
from core.trading.paper.books import Books
from core.trading.paper.orders import ZERO, Order


@dataclass(frozen=True, slots=True)
class MarginState:
    """The account at one moment, all in USD; equity is Kraken's portfolioValue."""

    balance: Decimal
    floating: Decimal
    funding: Decimal
    initial: Decimal
    initial_with_orders: Decimal
    maintenance: Decimal

    @property
    def equity(self) -> Decimal:
        """Return balance plus unrealised P&L plus unrealised funding."""
        return self.balance + self.floating + self.funding

    @property
    def available(self) -> Decimal:
        """Return what new orders may still bind."""
        return self.equity - self.initial_with_orders


def margin_state(
    books: Books,
    prices: Mapping[str, Decimal],
    orders: Iterable[Order],
    leverages: Mapping[str, Decimal],
) -> MarginState:
    """Return the account's margin with these open orders at these mark prices."""
    floating = funding = initial = maintenance = with_orders = ZERO
    sums = _order_sums(orders)
    for symbol, holding in books.holdings.items():
        if not holding.size and symbol not in sums:
            continue
        price = prices[symbol]
        floating += holding.floating_usd(price)
        funding += holding.funding_usd
        least = ZERO
        if symbol in leverages:
            least = 1 / leverages[symbol]
        buys, sells = sums.get(symbol, (ZERO, ZERO))
        worst = max(abs(holding.size + buys), abs(holding.size - sells))
        initial += initial_margin(symbol, abs(holding.size) * price, least)
        with_orders += initial_margin(symbol, worst * price, least)
        maintenance += maintenance_margin(symbol, abs(holding.size) * price)
    return MarginState(
        books.balance_usd, floating, funding, initial, with_orders, maintenance
    )


def initial_margin(symbol: str, notional_usd: Decimal, least_frac: Decimal) -> Decimal:
    """Return the initial margin of a notional, at least `least_frac` of it."""
    level = CONTRACTS[symbol].margin_level(notional_usd)
    return notional_usd * max(level.initial_frac, least_frac)


def maintenance_margin(symbol: str, notional_usd: Decimal) -> Decimal:
    """Return the equity that a notional needs if it is not to be liquidated."""
    level = CONTRACTS[symbol].margin_level(notional_usd)
    return notional_usd * level.maintenance_frac


def spare_usd(books: Books, prices: Mapping[str, Decimal]) -> Decimal:
    """Return the equity less the maintenance margin, at these mark prices.

    It is asked for on each leg of a path, so it leaves out all else that `margin_state` tells.
    """
    spare = books.balance_usd
    for symbol, holding in books.holdings.items():
        if holding.size:
            price = prices[symbol]
            spare += holding.floating_usd(price) + holding.funding_usd
            spare -= maintenance_margin(symbol, abs(holding.size) * price)
    return spare


def _order_sums(orders: Iterable[Order]) -> dict[str, tuple[Decimal, Decimal]]:
    """Return what open orders could buy and sell; reduce-only ones bind nothing."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for order in orders:
        if order.reduce_only:
            continue
        buys, sells = sums.get(order.symbol, (ZERO, ZERO))
        if order.is_buy:
            buys += order.remaining
        else:
            sells += order.remaining
        sums[order.symbol] = (buys, sells)
    return sums
