"""The private endpoints that read the account, and its leverage preferences."""

from __future__ import annotations

from collections.abc import Callable

from core.trading.paper import account_answers, history_answers
from core.trading.paper.call import BadArgument, Call, decimal_of
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.market_answers import FEE_SCHEDULE
from core.trading.paper.order_answers import fill_row, open_order, order_status
from core.trading.paper.wire import Plain, read_time_ms, success

Handler = Callable[[PaperExchange, Call], Plain]
NEWEST_FILLS = 100


def _accounts(exchange: PaperExchange, _call: Call) -> Plain:
    return success(exchange.now_ms, accounts=account_answers.accounts(exchange))


def _positions(exchange: PaperExchange, _call: Call) -> Plain:
    return success(exchange.now_ms, openPositions=account_answers.positions(exchange))


def _open_orders(exchange: PaperExchange, _call: Call) -> Plain:
    rows = [open_order(order) for order in exchange.venue.live.values()]
    return success(exchange.now_ms, openOrders=rows)


def _order_statuses(exchange: PaperExchange, call: Call) -> Plain:
    order_ids, client_ids = call.many("orderIds"), call.many("cliOrdIds")
    orders = exchange.visible_orders()
    if order_ids or client_ids:
        orders = [
            order
            for order in orders
            if order.order_id in order_ids or order.client_id in client_ids
        ]
    return success(exchange.now_ms, orders=[order_status(order) for order in orders])


def _fills(exchange: PaperExchange, call: Call) -> Plain:
    """Return the newest 100 fills, or the newest 100 before lastFillTime."""
    fills = exchange.books.fills
    if "lastFillTime" in call.args:
        before_ms = read_time_ms(call.args["lastFillTime"])
        fills = [fill for fill in fills if fill.time_ms < before_ms]
    rows = [fill_row(fill) for fill in fills[: -NEWEST_FILLS - 1 : -1]]
    return success(exchange.now_ms, fills=rows)


def _leverages(exchange: PaperExchange, call: Call) -> Plain:
    symbol = call.args.get("symbol")
    rows = account_answers.leverage_rows(exchange.venue.leverages, symbol)
    return success(exchange.now_ms, leveragePreferences=rows)


def _set_leverage(exchange: PaperExchange, call: Call) -> Plain:
    """Set a contract's most leverage; the symbol alone takes the preference away."""
    symbol = call.required("symbol").upper()
    if symbol not in exchange.market.contracts:
        raise BadArgument("contractNotFound")
    leverage = decimal_of("maxLeverage", call.args.get("maxLeverage"))
    if leverage is not None and not 1 <= leverage <= 50:
        raise BadArgument("invalidArgument: maxLeverage")
    exchange.set_leverage(symbol, leverage)
    return success(exchange.now_ms)


def _volumes(exchange: PaperExchange, _call: Call) -> Plain:
    traded = sum(fill.size * fill.price for fill in exchange.books.fills)
    return success(exchange.now_ms, volumesByFeeSchedule={FEE_SCHEDULE: traded})


def _order_history(exchange: PaperExchange, call: Call) -> Plain:
    return _elements(
        exchange, history_answers.order_events(exchange.venue.events, call.args)
    )


def _trigger_history(exchange: PaperExchange, call: Call) -> Plain:
    return _elements(
        exchange, history_answers.trigger_events(exchange.venue.events, call.args)
    )


def _execution_history(exchange: PaperExchange, call: Call) -> Plain:
    return _elements(
        exchange, history_answers.executions(exchange.books.ledger, call.args)
    )


def _position_history(exchange: PaperExchange, call: Call) -> Plain:
    return _elements(
        exchange, history_answers.position_updates(exchange.books.ledger, call.args)
    )


def _elements(exchange: PaperExchange, rows: list[Plain]) -> Plain:
    answer = success(exchange.now_ms, elements=rows, len=len(rows))
    return {"accountUid": history_answers.ACCOUNT, **answer}


ACCOUNT: dict[tuple[str, str], Handler] = {
    ("GET", "accounts"): _accounts,
    ("GET", "openpositions"): _positions,
    ("GET", "openorders"): _open_orders,
    ("GET", "orders/status"): _order_statuses,
    ("POST", "orders/status"): _order_statuses,
    ("GET", "fills"): _fills,
    ("GET", "leveragepreferences"): _leverages,
    ("PUT", "leveragepreferences"): _set_leverage,
    ("GET", "feeschedules/volumes"): _volumes,
}
HISTORY: dict[tuple[str, str], Handler] = {
    ("GET", "orders"): _order_history,
    ("GET", "triggers"): _trigger_history,
    ("GET", "executions"): _execution_history,
    ("GET", "positions"): _position_history,
}
