"""Kraken Futures through ccxt's REST client: the adapter until 1 March 2027.

It composes calls (`ccxt_calls`) and readings (`kraken_rows`, `kraken_orders`) into the
Adapter's methods. An answer that lacks a symbol we trade is malformed, as one that lacks
a list is. Margin stays pooled: the leverage preference is sent with the symbol alone.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from core.errors import ConfigError, GatewayRefused
from core.trading.gateway import kraken_orders, kraken_rows
from core.trading.gateway.adapter import Candle, Row
from core.trading.gateway.answers import Node
from core.trading.gateway.ccxt_calls import Calls
from core.trading.gateway.fill_pages import fill_rows
from core.trading.gateway.order import Order
from core.trading.gateway.order_lookup import OrderLookup

INTERVALS_MS = {
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
    "1w": 604_800_000,
}
_CANDLES_A_CALL = 2000
_ORDER_TYPES = {
    "market": "mkt",
    "limit": "lmt",
    "post": "post",
    "ioc": "ioc",
    "stop": "stp",
    "take_profit": "take_profit",
}


class CcxtRest:
    """One Kraken Futures account; `symbols` are those it must always answer for."""

    def __init__(
        self, calls: Calls, symbols: tuple[str, ...], *, interval: str = "5m"
    ) -> None:
        if interval not in INTERVALS_MS:
            raise ConfigError(f"interval {interval!r} is not of {sorted(INTERVALS_MS)}")
        self._calls, self._symbols, self._interval = calls, symbols, interval
        self._lookup = OrderLookup(calls)

    def now_ms(self) -> int:
        """Return the exchange's time as last known."""
        return self._calls.clock.now_ms()

    def instruments(self) -> list[Row]:
        """Return the configured perpetuals that are tradeable now."""
        answer = self._calls.read("publicGetInstruments")
        rows = self._configured(answer, answer.rows("instruments"))
        return [kraken_rows.instrument(row) for row in rows if row.flag("tradeable")]

    def tickers(self) -> list[Row]:
        """Return a ticker for each configured perpetual, as of the answer's time."""
        answer = self._calls.read("publicGetTickers")
        at = answer.time_ms("serverTime")
        rows = self._configured(answer, answer.rows("tickers"))
        return [kraken_rows.ticker(row, at) for row in rows]

    def _configured(self, answer: Node, rows: list[Node]) -> list[Node]:
        by_symbol = {kraken_rows.symbol(row): row for row in rows}
        missing = [symbol for symbol in self._symbols if symbol not in by_symbol]
        if missing:
            raise answer.refuse(f"tells nothing of {', '.join(missing)}")
        return [by_symbol[symbol] for symbol in self._symbols]

    def candles(self, symbol: str, since_ms: int, limit: int) -> list[Candle]:
        """Return the closed candles of the `limit` intervals from since_ms on."""
        step = INTERVALS_MS[self._interval]
        end = min(since_ms + limit * step, self._server_now_ms(symbol))
        found: list[Candle] = []
        while since_ms + step <= end:
            span = min(_CANDLES_A_CALL * step, end - since_ms)
            page, more = self._candle_page(symbol, since_ms, span)
            found += [c for c in page if c[0] >= since_ms and c[0] + step <= end]
            # The server's page may be shorter than ours; an empty one is a hole.
            since_ms = (
                max(since_ms, page[-1][0]) + step if page and more else since_ms + span
            )
        return found

    def _server_now_ms(self, symbol: str) -> int:
        # Charts tell no time, and whether a candle is closed is a question of the
        # exchange's time. Public calls are free.
        answer = self._calls.read("publicGetTickersSymbol", {"symbol": symbol})
        return answer.time_ms("serverTime")

    def _candle_page(
        self, symbol: str, since_ms: int, span_ms: int
    ) -> tuple[list[Candle], bool]:
        request = {
            "price_type": "trade",
            "symbol": symbol,
            "interval": self._interval,
            "from": since_ms // 1000,
            "to": (since_ms + span_ms) // 1000 - 1,
        }
        answer = self._calls.history("chartsGetPriceTypeSymbolInterval", request, 0)
        page = [kraken_rows.candle(row) for row in answer.rows("candles")]
        times = [candle[0] for candle in page]
        if any(b <= a for a, b in pairwise(times)):
            raise answer.refuse("candles are not in order of time")
        return page, bool(answer.data.get("more_candles"))

    def place(self, order: Order) -> Row:
        """Send one order; see the port for its errors."""
        with self._calls.write("privatePostSendorder", _request(order)) as answer:
            send = answer.node("sendStatus")
            refused = kraken_orders.refusal(send.text("status"))
            if refused is not None:
                raise refused
            return kraken_orders.placed(send, order)

    def order(self, client_id: str) -> Row | None:
        """Return what any source knows of the order; None only if all were readable."""
        return self._lookup.find(client_id)

    def cancel(self, client_id: str) -> Row | None:
        """Cancel by client id; None if no such order rests."""
        request = {"cliOrdId": client_id}
        with self._calls.write("privatePostCancelorder", request) as answer:
            cancel = answer.node("cancelStatus")
            status = cancel.text("status")
            if status in {"notFound", "filled"}:
                return None
            if status != "cancelled":
                raise cancel.refuse(f"status {status!r:.80} is unknown")
            return kraken_orders.cancelled(cancel)

    def open_orders(self) -> list[Row]:
        """Return resting orders, triggers included."""
        return self._lookup.open_orders()

    def positions(self) -> list[Row]:
        """Return open positions; one row a symbol."""
        answer = self._calls.read("privateGetOpenpositions")
        rows = [kraken_rows.position(row) for row in answer.rows("openPositions")]
        if len({row["symbol"] for row in rows}) != len(rows):
            raise answer.refuse("a symbol stands there twice")
        return [row for row in rows if row["size"]]

    def account(self) -> Row:
        """Return the multi-collateral wallet."""
        answer = self._calls.read("privateGetAccounts")
        return kraken_rows.account(answer.node("accounts").node("flex"))

    def fills(self, since_ms: int) -> list[Row]:
        """Return fills at or after since_ms, oldest first."""
        return fill_rows(self._calls, since_ms)

    def ledger(self, since_id: int) -> list[Row]:
        """Return the cash rows of the account log with a higher id, oldest first."""
        found: list[Row] = []
        count, cost, last = 25, 1, since_id
        while True:
            request = {"from": last + 1, "sort": "asc", "count": count}
            answer = self._calls.history("historyGetAccountLog", request, cost)
            logs = answer.rows("logs")
            new = [row for row in logs if row.integer("id") > last]
            found += [kraken_rows.ledger_entry(row) for row in new if _is_cash(row)]
            if len(logs) < count:
                return sorted(found, key=lambda row: int(row["entry_id"]))
            if not new:
                raise answer.refuse(f"pages on end at id {last}")
            last = max(row.integer("id") for row in new)
            count, cost = 1000, 3

    def keep_alive(self, timeout_s: int) -> int:
        """Arm the dead man's switch; returns the exchange's trigger time in ms."""
        # Zero would disarm it, and a fraction below one would be cut to zero.
        if timeout_s < 1:
            raise GatewayRefused(f"keep_alive of {timeout_s} s would disarm the switch")
        request = {"timeout": timeout_s}
        with self._calls.write("privatePostCancelallordersafter", request) as answer:
            status = answer.node("status")
            trigger = status.time_ms("triggerTime")
            if not trigger:
                raise status.refuse("the switch is not armed")
            return trigger

    def pool_margin(self, symbol: str) -> None:
        """Send the symbol alone where a leverage preference isolates its margin."""
        answer = self._calls.read("privateGetLeveragepreferences", {"symbol": symbol})
        rows = answer.rows("leveragePreferences")
        isolated = any(
            kraken_rows.symbol(row) == symbol and row.has("maxLeverage") for row in rows
        )
        if isolated:
            request = {"symbol": symbol}
            with self._calls.write("privatePutLeveragepreferences", request):
                pass


def _is_cash(row: Node) -> bool:
    # A trade has a second row, whose asset is the contract and whose balance is a size.
    return row.text("asset").lower() == "usd"


def _request(order: Order) -> dict[str, str | bool]:
    # Never timeInForce: in upper case it becomes a resting order. The type says it all.
    request: dict[str, str | bool] = {
        "symbol": order.symbol,
        "side": order.side,
        "size": _digits(order.size),
        "orderType": _ORDER_TYPES[order.kind],
        "cliOrdId": order.client_id,
    }
    if order.limit_price is not None:
        request["limitPrice"] = _digits(order.limit_price)
    if order.stop_price is not None:
        request |= {"stopPrice": _digits(order.stop_price), "triggerSignal": "mark"}
    if order.reduce_only:
        request["reduceOnly"] = True
    return request


def _digits(number: Decimal) -> str:
    return f"{number:f}"
