"""Accounts, positions and leverage in Kraken's words."""

from __future__ import annotations

from decimal import Decimal

from core.trading.paper.exchange import PaperExchange
from core.trading.paper.margin import MarginState
from core.trading.paper.wire import Plain, iso


def accounts(exchange: PaperExchange) -> Plain:
    """Return `accounts`: the multi-collateral wallet, all of it in USD, and no cash."""
    margin = exchange.margin()
    return {
        "cash": {"type": "cashAccount", "balances": {"usd": "0.0"}},
        "flex": _flex(margin),
    }


def positions(exchange: PaperExchange) -> list[Plain]:
    """Return `openPositions`; flat symbols are left out."""
    rows: list[Plain] = []
    for symbol, holding in exchange.books.holdings.items():
        if not holding.size:
            continue
        row: Plain = {
            "side": "long" if holding.size > 0 else "short",
            "symbol": symbol,
            "price": holding.entry_price,
            "fillTime": iso(holding.changed_ms),
            "size": abs(holding.size),
            "unrealizedFunding": holding.funding_usd,
        }
        leverage = exchange.venue.leverages.get(symbol)
        if leverage is not None:
            row["maxFixedLeverage"] = leverage
        rows.append(row)
    return rows


def leverage_rows(leverages: dict[str, Decimal], symbol: str | None) -> list[Plain]:
    """Return `leveragePreferences` of one symbol or of all that have one."""
    return [
        {"symbol": name, "maxLeverage": leverage}
        for name, leverage in leverages.items()
        if symbol in (None, name)
    ]


def _flex(margin: MarginState) -> Plain:
    dollars = {
        "quantity": margin.balance,
        "value": margin.balance,
        "collateral": margin.balance,
        "available": max(Decimal(0), min(margin.balance, margin.available)),
    }
    return {
        "type": "multiCollateralMarginAccount",
        "currencies": {"USD": dollars},
        "initialMargin": margin.initial,
        "initialMarginWithOrders": margin.initial_with_orders,
        "maintenanceMargin": margin.maintenance,
        "balanceValue": margin.balance,
        "portfolioValue": margin.equity,
        "collateralValue": margin.balance,
        "pnl": margin.floating,
        "unrealizedFunding": margin.funding,
        "totalUnrealized": margin.floating + margin.funding,
        "totalUnrealizedAsMargin": margin.floating + margin.funding,
        "availableMargin": margin.available,
        "marginEquity": margin.equity,
    }
