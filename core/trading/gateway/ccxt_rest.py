"""Kraken Futures through ccxt's REST client: the adapter until 1 March 2027.

It composes calls (`ccxt_calls`) and readings (`kraken_rows`, `kraken_orders`) into the
Adapter's methods. An answer that lacks a listed symbol we trade is malformed, as one that
lacks a list is. Margin stays pooled: the leverage preference is sent with the symbol alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from core.errors import (
    ConfigError,
    ExchangeError,
    GatewayRefused,
    MalformedAnswer,
    OutcomeUnknown,
)
from core.trading.gateway import kraken_orders, kraken_requests, kraken_rows
from core.trading.gateway.adapter import INTERVALS_MS, Candle, Row
from core.trading.gateway.answers import Node
from core.trading.gateway.ccxt_calls import BATCH_COST, Calls
from core.trading.gateway.kraken_candles import closed_candles
from core.trading.gateway.kraken_fills import fill_rows
from core.trading.gateway.kraken_lookup import OrderLookup
from core.trading.gateway.order import Order
from core.trading.gateway.order_words import refusal


class CcxtRest:
    """One Kraken Futures account; `symbols` are those it must always answer for."""

    def __init__(
        self, calls: Calls, symbols: tuple[str, ...], *, interval: str = "5m"
    ) -> None:
        if interval not in INTERVALS_MS:
            raise ConfigError(f"interval {interval!r} is not of {sorted(INTERVALS_MS)}")
        self._calls, self._symbols, self._interval = calls, symbols, interval
        self._lookup = OrderLookup(calls)
        self._others: tuple[str, ...] = ()

    def before_entries(self, check: Callable[[], object]) -> None:
        """Call `check` before each request that opens, once its tokens are there."""
        self._calls.check_entry = check

    def now_ms(self) -> int:
        """Return the exchange's time as last known."""
        return self._calls.clock.now_ms()

    def instruments(self) -> list[Row]:
        """Return the configured perpetuals that are tradeable now."""
        answer = self._calls.read("publicGetInstruments")
        rows = self._configured(answer, "instruments", self._quoted)
        return [kraken_rows.instrument(row) for row in rows if row.flag("tradeable")]

    def tickers(self) -> list[Row]:
        """Return a ticker for each configured perpetual, as of the answer's time; none for
        one that is suspended and has no prices, or is not listed any more.
        """
        answer = self._calls.read("publicGetTickers")
        at = answer.time_ms("serverTime")
        rows = self._configured(answer, "tickers", self._listed)
        return [
            kraken_rows.ticker(row, at) for row in rows if kraken_rows.is_priced(row)
        ]

    def _listed(self) -> set[str]:
        answer = self._calls.read("publicGetInstruments")
        return {kraken_rows.symbol(row) for row in answer.rows("instruments")}

    def _quoted(self) -> set[str]:
        answer = self._calls.read("publicGetTickers")
        return {kraken_rows.symbol(row) for row in answer.rows("tickers")}

    def _configured(
        self, answer: Node, key: str, others: Callable[[], set[str]]
    ) -> list[Node]:
        """Return our rows. One that is missing is an error, unless the other endpoint does
        not know it either: then it is not listed any more, and stops nothing else.
        """
        by_symbol = {kraken_rows.symbol(row): row for row in answer.rows(key)}
        missing = [symbol for symbol in self._symbols if symbol not in by_symbol]
        if missing and len(missing) < len(self._symbols):
            known = others()
            missing = [symbol for symbol in missing if symbol in known]
        if missing:
            raise answer.refuse(f"tells nothing of {', '.join(missing)}")
        return [by_symbol[symbol] for symbol in self._symbols if symbol in by_symbol]

    def candles(self, symbol: str, since_ms: int, limit: int) -> list[Candle]:
        """Return the closed candles of the `limit` intervals from since_ms on."""
        return closed_candles(self._calls, symbol, self._interval, since_ms, limit)

    def place(self, order: Order) -> Row:
        """Send one order; see the port for its errors."""
        request = kraken_requests.send(order)
        opens = not order.reduce_only
        with self._calls.write("privatePostSendorder", request, opens=opens) as answer:
            return _placed(answer.node("sendStatus"), order)

    def place_all(self, orders: Sequence[Order]) -> list[Row | ExchangeError]:
        """Send orders in one request, carried out in their order; each has its answer."""
        request = kraken_requests.batch(orders)
        cost = BATCH_COST + len(orders)
        opens = not all(order.reduce_only for order in orders)
        with self._calls.write(
            "privatePostBatchorder", request, cost, opens=opens
        ) as answer:
            told = {row.text("order_tag"): row for row in answer.rows("batchStatus")}
            if set(told) != {str(number) for number in range(len(orders))}:
                raise answer.refuse(f"tells of {sorted(told)}, not of every order once")
            return [_answered(told[str(n)], order) for n, order in enumerate(orders)]

    def order(self, client_id: str) -> Row | None:
        """Return what any source knows of the order; None only if all were readable."""
        return self._lookup.find(client_id)

    def edit(
        self,
        client_id: str,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> Row | None:
        """Change a resting order; None if no such order rests."""
        request = kraken_requests.edit(client_id, size, limit_price, stop_price)
        with self._calls.write("privatePostEditorder", request) as answer:
            edit = answer.node("editStatus")
            status = edit.text("status")
            if status == "orderForEditNotFound":
                return None
            refused = refusal(status)
            if refused is not None:
                raise refused
            if status != "edited":
                raise edit.refuse(f"status {status!r:.80} is unknown")
            return kraken_orders.edited(edit)

    def cancel(self, client_id: str) -> Row | None:
        """Cancel by client id; None if no such order rests."""
        return self._cancel({"cliOrdId": client_id})

    def cancel_order(self, order_id: str) -> Row | None:
        """Cancel by the exchange's id; None if no such order rests."""
        return self._cancel({"order_id": order_id})

    def _cancel(self, request: dict[str, str]) -> Row | None:
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
        flex = answer.node("accounts").node("flex")
        row, self._others = kraken_rows.account(flex), kraken_rows.other_currencies(
            flex
        )
        return row

    def account_uid(self) -> str:
        """Return the uid that the account log begins with, also an empty one."""
        answer = self._calls.history("historyGetAccountLog", {"count": 1})
        return answer.text("accountUid")

    def other_collateral(self) -> tuple[str, ...]:
        """Return what beside USD the wallet held when last read."""
        return self._others

    def fills(self, since_ms: int) -> list[Row]:
        """Return fills at or after since_ms, oldest first."""
        return fill_rows(self._calls, since_ms)

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Row]:
        """Return the cash rows of the wallet's account log with a higher id, at or after
        since_ms, oldest first.
        """
        found: list[Row] = []
        count, cost, last = 25, 1, since_id
        while True:
            request = {"from": last + 1, "sort": "asc", "count": count}
            if since_ms:
                request["since"] = since_ms
            answer = self._calls.history("historyGetAccountLog", request, cost)
            logs = answer.rows("logs")
            new = [row for row in logs if row.integer("id", least=0) > last]
            found += [kraken_rows.ledger_entry(row) for row in new if _is_cash(row)]
            if len(logs) < count:
                return sorted(found, key=lambda row: int(row["entry_id"]))
            if not new:
                raise answer.refuse(f"pages on end at id {last}")
            last = max(row.integer("id") for row in new)
            count, cost = 1000, 3

    def order_events(self, since_ms: int) -> list[Row]:
        """Return OrderEvent rows at or after since_ms, oldest first."""
        return self._lookup.events(since_ms)

    def arm_switch(self, timeout_s: int) -> int:
        """Arm the dead man's switch; returns the exchange's trigger time in ms."""
        # Zero would disarm it, and a fraction below one would be cut to zero.
        if timeout_s < 1:
            raise GatewayRefused(f"a switch of {timeout_s} s would be disarmed")
        status, trigger = self._switched(timeout_s)
        if not trigger:
            raise OutcomeUnknown(f"{status.path}: the switch is not armed")
        return trigger

    def disarm_switch(self) -> None:
        """Disarm the dead man's switch."""
        status, trigger = self._switched(0)
        if trigger:
            raise OutcomeUnknown(f"{status.path}: the switch is still armed")

    def _switched(self, timeout_s: int) -> tuple[Node, int]:
        request = {"timeout": timeout_s}
        with self._calls.write("privatePostCancelallordersafter", request) as answer:
            status = answer.node("status")
            return status, status.time_ms("triggerTime")

    def pool_margin(self, symbol: str) -> None:
        """Send the symbol alone where a leverage preference isolates its margin."""
        answer = self._calls.read("privateGetLeveragepreferences", {"symbol": symbol})
        rows = answer.rows("leveragePreferences")
        if symbol in [kraken_rows.isolated(row) for row in rows]:
            request = {"symbol": symbol}
            method = "privatePutLeveragepreferences"
            with self._calls.write(method, request, opens=True):
                pass


def _is_cash(row: Node) -> bool:
    # The log is of all wallets, and the balance that of the multi-collateral one alone.
    if row.has("margin_account") and row.text("margin_account").lower() != "flex":
        return False
    # A trade has a second row, whose asset is the contract and whose balance is a size.
    return row.text("asset").lower() == "usd"


def _placed(send: Node, order: Order) -> Row:
    refused = refusal(send.text("status"))
    if refused is not None:
        raise refused
    return kraken_orders.placed(send, order)


def _answered(send: Node, order: Order) -> Row | ExchangeError:
    """Return one order's answer; of these, one that cannot be read has an unknown outcome."""
    try:
        return _placed(send, order)
    except MalformedAnswer as error:
        return OutcomeUnknown(f"sent, but {error}")
    except ExchangeError as error:
        return error
