"""What a paper exchange's own books hold, as the records of the port; and a life to read.

It is written from the books alone, so that an adapter is held to them and not to another
adapter.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from core.trading.contracts import CONTRACTS
from core.trading.paper import NewOrder, PaperExchange
from core.trading.paper.orders import Event, Fill, Order, OrderState

XBT, ETH, SOL = "PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"
Row = dict[str, Any]
_ENDED = {
    OrderState.FILLED: "filled",
    OrderState.CANCELLED: "cancelled",
    OrderState.REJECTED: "rejected",
}
_KINDS = {"lmt": "limit", "post": "post", "stp": "stop"}
_CHANGES = {
    "PLACE": "placed",
    "EDIT": "changed",
    "EXECUTION": "changed",
    "CANCEL": "cancelled",
    "REJECT": "rejected",
}


def as_sent(value: Any) -> Any:
    """Return a row or rows with each figure cut to a double, as a JSON number cuts it."""
    if isinstance(value, dict):
        return {key: as_sent(below) for key, below in value.items()}
    if isinstance(value, list):
        return [as_sent(below) for below in value]
    return float(value) if isinstance(value, Decimal) else value


def status(exchange: PaperExchange, order: Order, **told: Any) -> Row:
    """Return OrderStatus fields of an order; `told` are those that a call tells otherwise."""
    fills = [f for f in exchange.books.fills if f.order.order_id == order.order_id]
    cost = sum(fill.size * fill.price for fill in fills)
    resting = "partial" if order.filled else "open"
    row = {
        **_named(order),
        "status": _ENDED.get(order.state, resting),
        "size": order.size,
        "filled": order.filled,
        "average_price": cost / order.filled if order.filled else None,
        "reason": order.reason,
    }
    return {**row, **told}


def open_orders(exchange: PaperExchange) -> list[Row]:
    """Return OpenOrder fields of what is live."""
    return [
        _open_order(order) for order in exchange.venue.orders.values() if order.is_live
    ]


def _open_order(order: Order) -> Row:
    return {
        **_named(order),
        "kind": _KINDS.get(order.kind, order.kind),
        "size": order.size,
        "filled": order.filled,
        "limit_price": order.limit_price,
        "stop_price": order.stop_price if order.state is OrderState.WAITING else None,
        "reduce_only": order.reduce_only,
        "created_ms": order.time_ms,
    }


def fills(exchange: PaperExchange) -> list[Row]:
    """Return Fill fields of all fills, as they happened."""
    return [_fill(fill) for fill in exchange.books.fills]


def _fill(fill: Fill) -> Row:
    return {
        **_named(fill.order),
        "fill_id": fill.fill_id,
        "size": fill.size,
        "price": fill.price,
        "time_ms": fill.time_ms,
    }


def ledger(exchange: PaperExchange) -> list[Row]:
    """Return LedgerEntry fields of the account log's cash entries."""
    names = ("time_ms", "kind", "symbol", "fee_usd", "realised_usd", "funding_usd")
    return [
        {
            **{name: getattr(row, name) for name in names},
            # Each row has two ids: its cash's and its position's.
            "entry_id": 2 * row.row_id - 1,
            "transfer_usd": row.balance_usd - row.old_balance_usd
            - row.realised_usd - row.funding_usd + row.fee_usd,
            "balance_usd": row.balance_usd,
        }
        for row in exchange.books.ledger
    ]  # fmt: skip


def positions(exchange: PaperExchange) -> list[Row]:
    """Return Position fields of what is held."""
    return [
        {
            "symbol": holding.symbol,
            "size": holding.size,
            "entry_price": holding.entry_price,
            "funding_usd": holding.funding_usd,
        }
        for holding in exchange.books.holdings.values()
        if holding.size
    ]


def account(exchange: PaperExchange) -> Row:
    """Return Account fields."""
    margin = exchange.margin()
    names = ("balance", "equity", "available", "initial", "maintenance", "floating")
    row = {f"{name}_usd": getattr(margin, name) for name in (*names, "funding")}
    for name in ("initial", "maintenance"):
        row[f"{name}_margin_usd"] = row.pop(f"{name}_usd")
    return row


def order_events(exchange: PaperExchange) -> list[Row]:
    """Return OrderEvent fields of all that happened to orders."""
    rows = [row for event in exchange.venue.events for row in _event_rows(event)]
    return sorted(rows, key=event_key)


def event_key(row: Row) -> tuple[Any, ...]:
    """Return what puts events in an order that two sources share."""
    return (row["time_ms"], row["order_id"], row["kind"], row["filled"], row["reason"])


def _event_rows(event: Event) -> Iterator[Row]:
    order = event.order
    row = {**_named(order), "time_ms": event.time_ms, "filled": order.filled}
    if event.kind == "TRIGGER":
        yield {**row, "kind": "triggered", "reason": ""}
        yield {**row, "kind": "placed", "reason": "new_user_order"}
        return
    reasons = {"PLACE": "new_user_order", "EDIT": "edited_by_user"}
    if order.kind in ("stp", "take_profit", "trailing_stop"):
        # An edited trigger has no reason in the history of triggers.
        del reasons["EDIT"]
    full = "partial_fill" if order.remaining else "full_fill"
    reason = (
        full if event.kind == "EXECUTION" else reasons.get(event.kind, event.reason)
    )
    yield {**row, "kind": _CHANGES[event.kind], "reason": reason}


def _named(order: Order) -> Row:
    return {
        "client_id": order.client_id or "",
        "order_id": order.order_id,
        "symbol": order.symbol,
        "side": order.side,
    }


def tickers(exchange: PaperExchange) -> list[Row]:
    """Return Ticker fields of each symbol."""
    market = exchange.market
    rows = []
    for symbol, price in market.price.items():
        bid, ask = market.bid_ask(symbol, price)
        opened, _, _, volume = market.day(symbol)
        rate = market.funding_rate(symbol, market.now_ms)
        row = {"symbol": symbol, "mark_price": price, "bid": bid, "ask": ask}
        row |= {"last": price, "volume_24h": volume, "open_24h": opened}
        rows.append(row | {"funding_frac": rate / price, "time_ms": market.now_ms,
                           "suspended": False})  # fmt: skip
    return rows


def instruments() -> list[Row]:
    """Return Instrument fields of each contract."""
    rows = []
    for contract in CONTRACTS.values():
        names = ("from_usd", "initial_frac", "maintenance_frac")
        levels = [{n: getattr(x, n) for n in names} for x in contract.margin_levels]
        row = {n: getattr(contract, n) for n in ("symbol", "tick_size", "size_step")}
        lowest = {
            f"{w}_margin_frac": levels[0][f"{w}_frac"]
            for w in ("initial", "maintenance")
        }
        rows.append(
            {**row, **lowest, "contract_size": Decimal(1), "margin_levels": levels}
        )
    return rows


def candles(exchange: PaperExchange, symbol: str, part: slice) -> list[tuple[Any, ...]]:
    """Return candles, their figures as text."""
    c = exchange.market.candles[symbol]
    columns = (c.open, c.high, c.low, c.close, c.volume)
    texts = [[str(float(x)) for x in column[part]] for column in columns]
    return list(zip(c.time_ms[part].tolist(), *texts, strict=True))


def near(exchange: PaperExchange, symbol: str, frac: str) -> Decimal:
    """Return a price on the tick, a fraction away from the market's."""
    price = exchange.market.price[symbol] * (1 + Decimal(frac))
    return CONTRACTS[symbol].price_down(price)


def lead_a_life(exchange: PaperExchange) -> None:
    """Let an account have all that can be read: fills of all symbols, pages of them, funding,
    money in and out, orders of each kind at each point of their life.
    """
    def send(name: str | None, symbol: str, side: str, size: str, kind: str = "mkt",
             share: str | None = None, **more: Any) -> Order | None:  # fmt: skip
        request = NewOrder(symbol, side, kind, Decimal(size), name, **more)
        return exchange.send(request, share=Decimal(share) if share else None).order

    # What is refused leaves its client id free.
    send("long", XBT, "sell", "0.05", reduce_only=True)
    send("long", XBT, "buy", "0.05")
    send("short", ETH, "sell", "0.9")
    send("not-there", SOL, "sell", "1", reduce_only=True)
    for _ in range(3):
        for number in range(20):
            side = "sell" if number % 2 else "buy"
            send(f"many-{len(exchange.books.fills)}", SOL, side, "0.03")
        exchange.step()
    send("woken", ETH, "buy", "0.1", "take_profit", reduce_only=True,
         stop_price=near(exchange, ETH, "-0.0005"))  # fmt: skip
    ended = send(
        "ended", XBT, "buy", "0.01", "lmt", limit_price=near(exchange, XBT, "-0.03")
    )
    exchange.cancel(ended)
    exchange.transfer(Decimal("250.5"))
    exchange.step(14)
    exchange.transfer(Decimal("-100.25"))
    for _ in range(3):
        for number in range(20):
            send(None, SOL, "buy" if number % 2 else "sell", "0.02")
        exchange.step()
    send("less", XBT, "sell", "0.02", reduce_only=True)
    limit = near(exchange, XBT, "0.002")
    send("cut", XBT, "buy", "0.01", "ioc", "0.5", limit_price=limit)
    send("part", XBT, "buy", "0.01", "lmt", "0.3", limit_price=limit)
    send("rest", ETH, "sell", "0.2", "post", limit_price=near(exchange, ETH, "0.02"))
    moved = send(
        "moved", ETH, "buy", "0.2", "lmt", limit_price=near(exchange, ETH, "-0.02")
    )
    exchange.edit(moved, Decimal("0.3"), None, None)
    low, high = near(exchange, XBT, "-0.03"), near(exchange, XBT, "0.03")
    send("stop", XBT, "sell", "0.03", "stp", stop_price=low, reduce_only=True)
    send("take", XBT, "sell", "0.03", "take_profit", stop_price=high, limit_price=high)
    trailing = send("trail", XBT, "sell", "0.01", "trailing_stop", trail=Decimal(900))
    assert trailing is not None
    stopped = send("gone", XBT, "sell", "0.01", "stp", stop_price=low)
    exchange.edit(stopped, None, None, low - 10)
    exchange.cancel(stopped)
