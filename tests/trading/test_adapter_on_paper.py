"""What every adapter must do against the paper exchange: tell exactly what its books hold.

Each call of the port is made through each adapter and held to the exchange's own books,
read in this process. Figures are compared as doubles: a JSON number holds no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from inspect import getmembers, isfunction
from typing import Any

import paper_books as books
import pytest
from adapter_cases import CASES, AdapterCase, limit_order
from paper_books import ETH, SOL, XBT, as_sent, near

from core import errors
from core.trading.candles import Candles
from core.trading.gateway.adapter import Adapter
from core.trading.paper import (
    NewOrder,
    PaperConfig,
    PaperExchange,
    history_answers,
    serve,
)
from core.trading.record_fields import FIELDS
from core.trading.synthetic import synthetic_candles

WARMUP, STEP_MS = 320, 300_000
CALLS = {
    name for name, _ in getmembers(Adapter, isfunction) if not name.startswith("_")
}
Checks = dict[str, list[Callable[..., None]]]
READINGS: Checks = {}
COMMANDS: Checks = {}


def of(
    table: Checks, *names: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Note a check of calls of the port."""

    def noted(check: Callable[..., None]) -> Callable[..., None]:
        for name in names:
            table.setdefault(name, []).append(check)
        return check

    return noted


def each(table: Checks) -> list[Any]:
    """Return every case with every check of a table, each once."""
    checks = {check.__name__: check for found in table.values() for check in found}
    return [
        pytest.param(case, check, id=f"{case.name}-{name}")
        for case in CASES
        for name, check in checks.items()
    ]


@cache
def candles() -> dict[str, Candles]:
    return synthetic_candles(7, 400)


def new_exchange() -> PaperExchange:
    # The suite asks much faster than an exchange would allow.
    config = PaperConfig(warmup=WARMUP, rate_limited=False, seed=3)
    return PaperExchange(candles(), config)


class Side:
    """An adapter and the exchange that it speaks to."""

    def __init__(self, case: AdapterCase, exchange: PaperExchange) -> None:
        self.exchange = exchange
        self._server = serve(exchange)
        self.adapter = case.on_paper(self._server)

    def close(self) -> None:
        self._server.close()


@pytest.fixture(scope="module")
def lived() -> Iterator[Callable[[AdapterCase], Side]]:
    """Sides whose account has had a life; they are only read."""
    found: dict[str, Side] = {}

    def of_case(case: AdapterCase) -> Side:
        if case.name not in found:
            exchange = new_exchange()
            books.lead_a_life(exchange)
            found[case.name] = Side(case, exchange)
        return found[case.name]

    yield of_case
    for side in found.values():
        side.close()


@pytest.fixture
def fresh(case: AdapterCase) -> Iterator[Side]:
    side = Side(case, new_exchange())
    yield side
    side.close()


def same(got: Any, held: Any, record: str) -> None:
    """Compare rows, of which there must be some, field by field, types included."""
    rows, theirs = [x if isinstance(x, list) else [x] for x in (got, held)]
    assert rows
    for row, true in zip(rows, theirs, strict=True):
        assert set(row) == set(FIELDS[record])
        # A figure that is no Decimal would pass as equal.
        assert {k: type(v) for k, v in row.items()} == {k: type(true[k]) for k in row}
        assert as_sent(row) == as_sent(true)


@of(READINGS, "now_ms")
def the_time_is_the_exchanges(adapter: Adapter, exchange: PaperExchange) -> None:
    adapter.account()
    assert 0 <= adapter.now_ms() - exchange.now_ms < 60_000


@of(READINGS, "other_collateral")
def nothing_is_held_beside_usd(adapter: Adapter, exchange: PaperExchange) -> None:
    adapter.account()
    assert adapter.other_collateral() == ()


@of(READINGS, "account_uid")
def the_account_is_that_of_the_orders(
    adapter: Adapter, exchange: PaperExchange
) -> None:
    assert adapter.account_uid() == history_answers.ACCOUNT


@of(READINGS, "instruments")
def instruments(adapter: Adapter, exchange: PaperExchange) -> None:
    same(adapter.instruments(), books.instruments(), "Instrument")


@of(READINGS, "tickers")
def tickers(adapter: Adapter, exchange: PaperExchange) -> None:
    same(adapter.tickers(), books.tickers(exchange), "Ticker")


@of(READINGS, "candles")
def candles_are_those_that_have_closed(
    adapter: Adapter, exchange: PaperExchange
) -> None:
    start, closed = exchange.market.start_ms, exchange.market.count
    for first, limit in ((0, 5), (closed - 3, 10), (closed - 1, 1), (0, closed + 9)):
        got = adapter.candles(ETH, start + first * STEP_MS, limit)
        part = slice(first, min(first + limit, closed))
        assert got == books.candles(exchange, ETH, part)
    # Those that open at or after a time, of so many intervals.
    got = adapter.candles(XBT, start + 10 * STEP_MS + 1, 4)
    assert got[0] == books.candles(exchange, XBT, slice(11, 12))[0]
    assert adapter.candles(XBT, start + closed * STEP_MS, 5) == []


@of(READINGS, "open_orders")
def open_orders(adapter: Adapter, exchange: PaperExchange) -> None:
    held = books.open_orders(exchange)
    assert {row["kind"] for row in held} == {
        *("limit", "post", "stop", "take_profit", "trailing_stop")
    }
    same(adapter.open_orders(), held, "OpenOrder")


@of(READINGS, "positions")
def positions(adapter: Adapter, exchange: PaperExchange) -> None:
    held = books.positions(exchange)
    assert {row["size"] > 0 for row in held} == {True, False}
    assert any(row["funding_usd"] for row in held)
    same(adapter.positions(), held, "Position")


@of(READINGS, "account")
def account(adapter: Adapter, exchange: PaperExchange) -> None:
    same(adapter.account(), books.account(exchange), "Account")


@of(READINGS, "fills")
def fills(adapter: Adapter, exchange: PaperExchange) -> None:
    held = books.fills(exchange)
    assert len(held) > 120, "more than a page"
    assert "" in {row["client_id"] for row in held}
    same(adapter.fills(0), held, "Fill")
    since_ms = held[-30]["time_ms"]
    same(adapter.fills(since_ms), [x for x in held if x["time_ms"] >= since_ms], "Fill")
    assert adapter.fills(exchange.now_ms + 1) == []


@of(READINGS, "ledger")
def ledger(adapter: Adapter, exchange: PaperExchange) -> None:
    held = books.ledger(exchange)
    assert {row["kind"] for row in held} == {
        *("futures trade", "funding rate change", "cross-exchange transfer")
    }
    same(adapter.ledger(0), held, "LedgerEntry")
    last = held[-1]["entry_id"]
    for since_id in (held[40]["entry_id"], held[40]["entry_id"] + 1):
        same(adapter.ledger(since_id), held[41:], "LedgerEntry")
    assert adapter.ledger(last + 1) == []
    since_ms = held[-30]["time_ms"]
    rows = [row for row in held[3:] if row["time_ms"] >= since_ms]
    same(adapter.ledger(held[2]["entry_id"], since_ms), rows, "LedgerEntry")


@of(READINGS, "order_events")
def order_events(adapter: Adapter, exchange: PaperExchange) -> None:
    held = books.order_events(exchange)
    assert {row["kind"] for row in held} == {
        *("placed", "changed", "triggered", "cancelled", "rejected")
    }
    for since_ms in (0, held[-20]["time_ms"]):
        got = adapter.order_events(since_ms)
        assert [row["time_ms"] for row in got] == sorted(row["time_ms"] for row in got)
        rows = [row for row in held if row["time_ms"] >= since_ms]
        same(sorted(got, key=books.event_key), rows, "OrderEvent")


@of(READINGS, "order")
def an_order_wherever_it_stands(adapter: Adapter, exchange: PaperExchange) -> None:
    names = ("long", "woken", "ended", "less", "cut", "part", "rest", "moved")
    names += ("stop", "take", "trail", "gone", "many-3")
    assert {exchange.venue.by_client[name].state for name in names} == {
        *("open", "waiting", "filled", "cancelled")
    }
    for name in names:
        order = exchange.venue.by_client[name]
        same(adapter.order(name), books.status(exchange, order), "OrderStatus")
    assert adapter.order("nobody") is None
    refused = adapter.order("not-there")
    assert refused is not None
    assert (refused["status"], refused["reason"]) == (
        *("rejected", "wouldNotReducePosition"),
    )


def just_told(exchange: PaperExchange, client_id: str, **told: Any) -> Any:
    """Return what the answer to a command tells of an order: all but a reason."""
    order = exchange.venue.by_client[client_id]
    return books.status(exchange, order, **{"reason": "", **told})


@of(COMMANDS, "place")
def orders_of_each_kind(adapter: Adapter, exchange: PaperExchange) -> None:
    exchange.step()
    low, high = near(exchange, XBT, "-0.02"), near(exchange, XBT, "0.02")
    orders = (
        limit_order("market", kind="market", limit_price=None),
        limit_order("crosses", limit_price=high, size=Decimal("0.02")),
        limit_order("rests", limit_price=low),
        limit_order("post", kind="post", limit_price=low),
        limit_order("ioc", kind="ioc", side="sell", limit_price=low),
        limit_order("stop", kind="stop", side="sell", limit_price=None,
                    stop_price=low, reduce_only=True),
        limit_order("take", kind="take_profit", side="sell", limit_price=high,
                    stop_price=high, reduce_only=True),
        limit_order("trail", kind="trailing_stop", side="sell", limit_price=None,
                    trail_usd=Decimal(700)),
        limit_order("less", kind="market", side="sell", limit_price=None,
                    reduce_only=True),
    )  # fmt: skip
    for order in orders:
        same(adapter.place(order), just_told(exchange, order.client_id), "OrderStatus")
        held = exchange.venue.by_client[order.client_id]
        assert (held.symbol, held.side, held.size) == (
            order.symbol,
            order.side,
            order.size,
        )
        assert (held.limit_price, held.reduce_only) == (
            order.limit_price,
            order.reduce_only,
        )
        assert (held.trail, held.trigger_signal) == (order.trail_usd, "mark")
    assert exchange.venue.by_client["stop"].stop_price == low
    assert {row["status"] for row in map(adapter.order, ("market", "rests"))} == {
        *("filled", "open")
    }


@of(COMMANDS, "place")
def refusals_are_told_by_their_word(adapter: Adapter, exchange: PaperExchange) -> None:
    adapter.place(limit_order("known", limit_price=near(exchange, XBT, "-0.02")))
    far = near(exchange, XBT, "0.2")
    for order, kind, word in (
        (limit_order("known"), errors.DuplicateOrder, "clientOrderIdAlreadyExist"),
        (limit_order("a", reduce_only=True), errors.OrderRejected, "wouldNotReduce"),
        (limit_order("b", size=Decimal("0.00001")), errors.OrderRejected, "invalidSize"),
        (limit_order("c", limit_price=Decimal("1.5")), errors.OrderRejected, "invalidPrice"),
        (limit_order("d", size=Decimal(90)), errors.OrderRejected, "insufficient"),
        (limit_order("e", kind="post", limit_price=far), errors.OrderRejected, "postWould"),
        (limit_order("f", limit_price=far), errors.OrderRejected, "outsidePriceCollar"),
        (limit_order("g", kind="ioc"), errors.OrderRejected, "iocWouldNotExecute"),
        (limit_order("h", symbol="PF_NONE"), errors.OrderRejected, "marketInactive"),
    ):  # fmt: skip
        with pytest.raises(kind, match=word):
            adapter.place(order)
    assert set(exchange.venue.by_client) == {"known"}


@of(COMMANDS, "place_all")
def several_orders_each_with_its_answer(
    adapter: Adapter, exchange: PaperExchange
) -> None:
    low = near(exchange, XBT, "-0.02")
    stop = {"kind": "stop", "side": "sell", "limit_price": None, "stop_price": low}
    answers = adapter.place_all(
        [
            limit_order("entry", kind="market", limit_price=None),
            limit_order("bad", limit_price=Decimal("1.5")),
            limit_order("entry-stop", reduce_only=True, **stop),
        ]
    )
    assert isinstance(answers[1], errors.OrderRejected)
    for answer, name in ((answers[0], "entry"), (answers[2], "entry-stop")):
        same(answer, just_told(exchange, name), "OrderStatus")
    assert set(exchange.venue.by_client) == {"entry", "entry-stop"}


@of(COMMANDS, "edit")
def what_is_edited(adapter: Adapter, exchange: PaperExchange) -> None:
    low, high = near(exchange, XBT, "-0.02"), near(exchange, XBT, "0.02")
    for name, share in (("rest", "0.001"), ("part", "0.5")):
        request = NewOrder(XBT, "buy", "lmt", Decimal("0.02"), name, high)
        if name == "rest":
            request = NewOrder(XBT, "buy", "lmt", Decimal("0.02"), name, low)
        exchange.send(request, share=Decimal(share))
    exchange.send(NewOrder(XBT, "sell", "stp", Decimal("0.01"), "stop", None, low))
    held = exchange.venue.by_client
    same(adapter.edit("rest", Decimal("0.03"), None, None), just_told(exchange, "rest"),
         "OrderStatus")  # fmt: skip
    same(adapter.edit("stop", None, None, low - 7), just_told(exchange, "stop"),
         "OrderStatus")  # fmt: skip
    assert (held["rest"].size, held["stop"].stop_price) == (Decimal("0.03"), low - 7)
    same(
        adapter.edit("rest", None, high, None),
        just_told(exchange, "rest"),
        "OrderStatus",
    )
    assert held["rest"].state == "filled"
    # Of what was filled before, the answer to an edit does not tell the price.
    got = adapter.edit("part", Decimal("0.03"), None, None)
    same(got, just_told(exchange, "part", average_price=None), "OrderStatus")
    assert held["part"].filled
    for name in ("rest", "nobody"):
        assert adapter.edit(name, Decimal("0.04"), None, None) is None
    with pytest.raises(errors.OrderRejected, match="invalidPrice"):
        adapter.edit("stop", None, None, Decimal("1.5"))
    with pytest.raises(errors.OrderRejected, match="invalidSize"):
        adapter.edit("stop", Decimal("0.00001"), None, None)


@of(COMMANDS, "cancel", "cancel_order")
def what_is_cancelled(adapter: Adapter, exchange: PaperExchange) -> None:
    low, high = near(exchange, XBT, "-0.02"), near(exchange, XBT, "0.02")
    for name in ("a", "b"):
        for kind, limit, stop in (("lmt", low, None), ("stp", None, low)):
            side = "buy" if kind == "lmt" else "sell"
            exchange.send(NewOrder(XBT, side, kind, Decimal("0.02"), f"{name}-{kind}",
                                   limit, stop))  # fmt: skip
        exchange.send(NewOrder(XBT, "buy", "lmt", Decimal("0.02"), f"{name}-part", high),
                      share=Decimal("0.5"))  # fmt: skip
    exchange.send(NewOrder(XBT, "buy", "mkt", Decimal("0.01"), "filled"))
    for what in ("lmt", "stp", "part"):
        by_id = exchange.venue.by_client[f"b-{what}"].order_id
        for name, got in (
            (f"a-{what}", adapter.cancel(f"a-{what}")),
            (f"b-{what}", adapter.cancel_order(by_id)),
        ):
            # The answer to a cancellation tells no price of what was filled before.
            same(got, just_told(exchange, name, average_price=None), "OrderStatus")
            assert got is not None
            assert got["status"] == "cancelled"
    for name in ("a-lmt", "filled", "nobody"):
        assert adapter.cancel(name) is None
    assert adapter.cancel_order(exchange.venue.by_client["filled"].order_id) is None
    assert adapter.cancel_order("nobody") is None
    assert exchange.venue.live == {}


@of(COMMANDS, "arm_switch", "disarm_switch")
def the_dead_mans_switch(adapter: Adapter, exchange: PaperExchange) -> None:
    due_ms = adapter.arm_switch(60)
    assert due_ms == exchange.venue.dead_man_ms == exchange.now_ms + 60_000
    adapter.disarm_switch()
    assert exchange.venue.dead_man_ms is None
    with pytest.raises(errors.GatewayRefused):
        adapter.arm_switch(0)


@of(COMMANDS, "before_entries")
def what_opens_is_sent_only_if_a_check_lets_it(
    adapter: Adapter, exchange: PaperExchange
) -> None:
    def halted() -> None:
        raise errors.GatewayRefused("halted")

    low = near(exchange, XBT, "-0.02")
    stop = {"kind": "stop", "side": "sell", "limit_price": None, "stop_price": low}
    adapter.place(limit_order("long", kind="market", limit_price=None))
    adapter.before_entries(halted)
    with pytest.raises(errors.GatewayRefused, match="halted"):
        adapter.place(limit_order("entry", limit_price=low))
    with pytest.raises(errors.GatewayRefused, match="halted"):
        adapter.place_all(
            [
                limit_order("entry", limit_price=low),
                limit_order("entry-stop", reduce_only=True, **stop),
            ]
        )
    adapter.place(limit_order("stop", reduce_only=True, **stop))
    adapter.place_all([limit_order("another", reduce_only=True, **stop)])
    assert set(exchange.venue.by_client) == {"long", "stop", "another"}
    adapter.before_entries(lambda: None)
    adapter.place(limit_order("entry", limit_price=low))


@of(COMMANDS, "pool_margin")
def margin_is_pooled_for_the_one_symbol(
    adapter: Adapter, exchange: PaperExchange
) -> None:
    for symbol in (XBT, SOL):
        exchange.set_leverage(symbol, Decimal(5))
    adapter.pool_margin(XBT)
    adapter.pool_margin(ETH)
    assert exchange.venue.leverages == {SOL: Decimal(5)}


def test_every_call_of_the_port_is_held_to_the_books() -> None:
    assert set(READINGS) | set(COMMANDS) == CALLS


@pytest.mark.parametrize(("case", "check"), each(READINGS))
def test_what_is_read_is_what_the_books_hold(
    case: AdapterCase,
    check: Callable[..., None],
    lived: Callable[[AdapterCase], Side],
) -> None:
    side = lived(case)
    check(side.adapter, side.exchange)


@pytest.mark.parametrize(("case", "check"), each(COMMANDS))
def test_what_is_told_of_a_command_is_what_the_books_then_hold(
    case: AdapterCase, check: Callable[..., None], fresh: Side
) -> None:
    check(fresh.adapter, fresh.exchange)
