"""Turns Kraken's market and account rows into record fields. Pure: no calls.

Orders have their own module, `kraken_orders`.
"""

from __future__ import annotations

from decimal import Decimal

from core.trading.gateway.adapter import Candle, Row
from core.trading.gateway.answers import Node

PERPETUAL = "flexible_futures"
_MOST_PLACES = 20
_PRICES = ("markPrice", "bid", "ask", "last", "open24h")
# Kinds of the account log whose amounts say all.
_TRADED = ("futures ", "funding rate change")
# Words of the kinds by which its owner's money comes or goes.
_MOVED = ("transfer", "deposit", "withdrawal", "conversion")


def instrument(row: Node) -> Row:
    """Return Instrument fields; margins are those of the lowest tier."""
    levels = row.rows("marginLevels")
    if not levels:
        raise row.refuse("'marginLevels' is empty")
    lowest = min(levels, key=lambda level: level.number("numNonContractUnits"))
    places = row.integer("contractValueTradePrecision")
    # Below zero the step is tens of contracts; that of no contract has more digits.
    if abs(places) > _MOST_PLACES:
        raise row.refuse(f"'contractValueTradePrecision' is {places}")
    return {
        "symbol": symbol(row),
        "tick_size": row.positive("tickSize"),
        "size_step": Decimal(1).scaleb(-places),
        "contract_size": row.positive("contractSize"),
        "initial_margin_frac": lowest.positive("initialMargin"),
        "maintenance_margin_frac": lowest.positive("maintenanceMargin"),
        "margin_levels": [
            {
                "from_usd": level.number("numNonContractUnits", least=0),
                "initial_frac": level.positive("initialMargin"),
                "maintenance_frac": level.positive("maintenanceMargin"),
            }
            for level in levels
        ],
    }


def is_priced(row: Node) -> bool:
    """Tell whether a ticker has its figures; only that of a suspended market may lack them."""
    if not row.flag("suspended"):
        return True
    return all(row.has(key) for key in (*_PRICES, "vol24h", "fundingRate")) and all(
        row.number(key) for key in _PRICES
    )


def ticker(row: Node, time_ms: int) -> Row:
    """Return Ticker fields. Kraken's fundingRate is absolute, ours is a fraction."""
    mark = row.positive("markPrice")
    return {
        "symbol": symbol(row),
        "mark_price": mark,
        "bid": row.positive("bid"),
        "ask": row.positive("ask"),
        "last": row.positive("last"),
        "volume_24h": row.number("vol24h", least=0),
        "open_24h": row.positive("open24h"),
        "funding_frac": row.number("fundingRate") / mark,
        "time_ms": time_ms,
        "suspended": row.flag("suspended"),
    }


def candle(row: Node) -> Candle:
    """Return one candle; MalformedAnswer if its prices contradict each other."""
    prices = [row.positive(key) for key in ("open", "high", "low", "close")]
    if max(prices) != prices[1] or min(prices) != prices[2]:
        raise row.refuse(f"high {prices[1]} or low {prices[2]} is not the extreme")
    volume = row.number("volume", least=0)
    texts = [str(number) for number in (*prices, volume)]
    return (row.time_ms("time"), texts[0], texts[1], texts[2], texts[3], texts[4])


def position(row: Node) -> Row:
    """Return Position fields; short sizes are negative."""
    sign = {"long": 1, "short": -1}[row.choice("side", "long", "short")]
    return {
        "symbol": symbol(row),
        "size": row.number("size", least=0) * sign,
        "entry_price": row.positive("price"),
        "funding_usd": row.number_or_zero("unrealizedFunding"),
    }


def account(flex: Node) -> Row:
    """Return Account fields from the multi-collateral wallet."""
    return {
        "balance_usd": flex.number("balanceValue"),
        "equity_usd": flex.number("portfolioValue"),
        "available_usd": flex.number("availableMargin"),
        "initial_margin_usd": flex.number("initialMargin", least=0),
        "maintenance_margin_usd": flex.number("maintenanceMargin", least=0),
        "floating_usd": flex.number("pnl"),
        "funding_usd": flex.number("unrealizedFunding"),
    }


def other_currencies(flex: Node) -> tuple[str, ...]:
    """Return the currencies beside USD of which the wallet holds any."""
    held = flex.node("currencies")
    return tuple(
        name.upper()
        for name in held.data
        if name.upper() != "USD" and held.node(name).number("quantity")
    )


def fill(row: Node) -> Row:
    """Return Fill fields."""
    return {
        "fill_id": row.text("fill_id"),
        "order_id": row.text("order_id"),
        "client_id": row.text("cliOrdId") if row.has("cliOrdId") else "",
        "symbol": symbol(row),
        "side": row.choice("side", "buy", "sell"),
        "size": row.positive("size"),
        "price": row.positive("price"),
        "time_ms": row.time_ms("fillTime"),
    }


def ledger_entry(row: Node) -> Row:
    """Return LedgerEntry fields; Kraken writes null where nothing was charged."""
    kind = row.text("info")
    realised = row.number_or_zero("realized_pnl")
    funding = row.number_or_zero("realized_funding")
    fee, unexplained = _charged(row, realised + funding)
    transfer = Decimal(0)
    if any(word in kind.lower() for word in _MOVED):
        transfer = unexplained
    elif not kind.startswith(_TRADED):
        # Interest, taxes and the like cost, and what they bring is a negative cost.
        fee -= unexplained
    return {
        "entry_id": row.integer("id", least=0),
        "time_ms": row.time_ms("date"),
        "kind": kind,
        "symbol": row.text("contract").upper() if row.has("contract") else "",
        "fee_usd": fee,
        "realised_usd": realised,
        "funding_usd": funding,
        "transfer_usd": transfer,
        "balance_usd": row.number("new_balance"),
    }


def _charged(row: Node, earned: Decimal) -> tuple[Decimal, Decimal]:
    """Return an entry's fees, and by how much its balance moved beyond them and what was
    earned: 0 where the balance before is not told.
    """
    fee = row.number_or_zero("fee")
    liquidation = Decimal(0)
    if row.has("liquidation_fee"):
        liquidation = row.number("liquidation_fee")
    if not row.has("old_balance"):
        return fee + liquidation, Decimal(0)
    moved = row.number("new_balance") - row.number("old_balance")
    unexplained = moved - (earned - fee)
    # Should the fee hold that of the liquidation already, the balances tell.
    if abs(unexplained) < abs(unexplained + liquidation):
        liquidation = Decimal(0)
    return fee + liquidation, unexplained + liquidation


def isolated(row: Node) -> str:
    """Return the symbol whose margin a leverage preference isolates."""
    row.positive("maxLeverage")
    return symbol(row)


def symbol(row: Node) -> str:
    """Return the symbol in upper case: some endpoints give it in lower case."""
    return row.text("symbol").upper()
