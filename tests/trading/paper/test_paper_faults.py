"""Every fault as the unmodified client meets it, and what is true at the exchange."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError

import ccxt  # type: ignore[import-untyped]
import pytest
from paper_market import XBT, ccxt_client, exchange, flat
from test_paper_ccxt import BTC, control

from core.trading.paper import PaperServer, serve
from core.trading.paper.faults import Fault, Faults

Faulty = tuple[PaperServer, Any]


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with serve(exchange(flat(100_000, 10))) as server:
        client = ccxt_client(server, timeout=400)
        client.load_markets()
        yield server, client
        client.close()


def _queue(server: PaperServer, **fault: Any) -> None:
    control(server, "POST", "/paper/fault", fault)


def _buy(client: Any, client_id: str = "a") -> Any:
    params = {"cliOrdId": client_id}
    return client.create_order(BTC, "market", "buy", 0.01, params=params)


def test_a_lost_reply_leaves_the_order_carried_out(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="reply_lost_after_accept", match="sendorder")
    with pytest.raises(ccxt.NetworkError):
        _buy(client)
    assert client.fetch_positions()[0]["contracts"] == 0.01
    with pytest.raises(ccxt.DuplicateOrderId):
        _buy(client)


def test_a_lost_connection_leaves_nothing_carried_out(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="connection_lost", match="sendorder")
    with pytest.raises(ccxt.NetworkError):
        _buy(client)
    assert client.fetch_positions() == []


@pytest.mark.parametrize("name", ["http_500", "http_502", "http_503"])
@pytest.mark.parametrize("after", [False, True])
def test_an_error_page_may_come_before_or_after_acceptance(
    faulty: Faulty, name: str, after: bool
) -> None:
    server, client = faulty
    _queue(server, name=name, match="sendorder", after=after)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        _buy(client)
    assert len(client.fetch_positions()) == int(after)


def test_a_maintenance_page_with_status_200(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="html_200", match="openorders")
    assert client.fetch_open_orders() == []  # the client's trap, not the server's
    _queue(server, name="html_200", match="openpositions")
    with pytest.raises(ccxt.ExchangeNotAvailable):
        client.fetch_positions()


def test_a_slow_reply_times_out_though_the_order_is_carried_out(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="slow", match="sendorder", delay_s=0.6)
    with pytest.raises(ccxt.RequestTimeout):
        _buy(client)
    assert client.fetch_positions()[0]["contracts"] == 0.01


@pytest.mark.parametrize("status", [200, 429])
def test_the_rate_limit_on_request(faulty: Faulty, status: int) -> None:
    server, client = faulty
    _queue(server, name="rate_limit", match="accounts", status=status)
    with pytest.raises(ccxt.RateLimitExceeded):
        client.fetch_balance()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("insufficientAvailableFunds", ccxt.InsufficientFunds),
        ("marketSuspended", ccxt.ExchangeNotAvailable),
        ("clientOrderIdAlreadyExist", ccxt.DuplicateOrderId),
    ],
)
def test_a_rejection_of_a_kind(faulty: Faulty, status: str, error: Any) -> None:
    server, client = faulty
    _queue(server, name="reject", match="sendorder", status=status)
    with pytest.raises(error):
        _buy(client)
    assert server.exchange.books.fills == []


def test_a_partial_fill_reads_open_in_the_client(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="partial_fill", match="sendorder", share=0.3)
    order = _buy(client)
    assert (order["status"], order["filled"]) == ("open", 0.003)
    assert client.fetch_open_orders() == []


def test_fills_can_be_doubled_and_late(faulty: Faulty) -> None:
    server, client = faulty
    _buy(client)
    _queue(server, name="late_fills", match="fills")
    assert client.fetch_my_trades() == []
    _queue(server, name="duplicated_fills", match="fills")
    assert len(client.fetch_my_trades()) == 2
    assert len(client.fetch_my_trades()) == 1


def test_a_position_of_this_moment_can_be_read_late(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="late_positions", match="openpositions")
    assert client.fetch_positions() == []  # there was none: it waits
    _buy(client)
    assert client.fetch_positions() == []
    assert len(client.fetch_positions()) == 1
    _queue(server, name="late_positions", match="openpositions")
    server.exchange.step()
    assert len(client.fetch_positions()) == 1
    with pytest.raises(HTTPError, match="Bad Request"):
        _queue(server, name="late_positions", match="sendorder")


def test_so_can_one_that_grew_with_the_size_that_it_had(faulty: Faulty) -> None:
    server, client = faulty
    _buy(client)
    (first,) = client.fetch_positions()
    _buy(client, "b")
    _queue(server, name="late_positions", match="openpositions", older=True)
    (late,) = client.fetch_positions()
    assert late["contracts"] == first["contracts"]
    assert late["entryPrice"] == first["entryPrice"]
    (now,) = client.fetch_positions()
    assert now["contracts"] == 2 * first["contracts"]


def test_the_account_log_can_be_a_moment_late(faulty: Faulty) -> None:
    server, client = faulty

    def fees() -> int:
        logs = client.history_get_account_log({"count": 100})["logs"]
        return sum(row["fee"] is not None and float(row["fee"]) > 0 for row in logs)

    _queue(server, name="late_log", match="account-log")
    assert fees() == 0  # there was nothing to tell: it waits
    _buy(client)
    assert fees() == 0
    assert fees() == 1
    _queue(server, name="late_log", match="account-log")
    server.exchange.step()
    assert fees() == 1
    with pytest.raises(HTTPError, match="Bad Request"):
        _queue(server, name="late_log", match="openpositions")


def test_a_restart_loses_the_open_orders(faulty: Faulty) -> None:
    server, client = faulty
    client.create_order(BTC, "limit", "buy", 0.01, 90_000)
    _queue(server, name="restart_lost_orders", match="openorders")
    with pytest.raises(ccxt.ExchangeNotAvailable):
        client.fetch_open_orders()
    assert client.fetch_open_orders() == []


def test_the_clock_can_be_wrong(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="clock_skew", match="openpositions", skew_ms=5_000)
    shown = client.private_get_openpositions()["serverTime"]
    assert client.parse8601(shown) == server.exchange.now_ms + 5_000


def test_a_fault_waits_for_its_calls_and_can_be_taken_back(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="http_503", match="accounts", skip=1, times=2)
    client.fetch_balance()
    for _ in range(2):
        with pytest.raises(ccxt.ExchangeNotAvailable):
            client.fetch_balance()
    client.fetch_balance()
    _queue(server, name="http_503", times=None)
    control(server, "DELETE", "/paper/fault")
    client.fetch_balance()
    assert control(server, "GET", "/paper/state")["faults"] == {"http_503": 2}
    assert server.exchange.books.holdings[XBT].size == 0


def test_chance_is_seeded() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add(Fault("http_503", times=None, probability=0.3))
        return [faults.strike("accounts") is not None for _ in range(200)]

    assert struck(1) == struck(1) != struck(2)
    assert 30 < sum(struck(1)) < 90


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="reply_lost_after_accept"):
        Faults(0).add(Fault("no_such_fault"))


@pytest.mark.parametrize(
    "status", ["selfFill", "outsidePriceCollar", "tooManySmallOrders"]
)
def test_an_edit_can_be_refused(faulty: Faulty, status: str) -> None:
    server, client = faulty
    order = client.create_order(BTC, "limit", "buy", 0.01, 90_000)
    _queue(server, name="reject", match="editorder", status=status)
    edit = {"orderId": order["id"], "limitPrice": 91_000}
    refused = client.private_post_editorder(edit)["editStatus"]
    assert (refused["status"], refused["orderEvents"]) == (status, [])
    assert [o.limit_price for o in server.exchange.venue.live.values()] == [90_000]
    assert client.private_post_editorder(edit)["editStatus"]["status"] == "edited"
    assert [o.limit_price for o in server.exchange.venue.live.values()] == [91_000]


@pytest.mark.parametrize("status", ["notFound", "filled"])
def test_a_cancel_can_be_refused(faulty: Faulty, status: str) -> None:
    server, client = faulty
    order = client.create_order(BTC, "limit", "buy", 0.01, 90_000)
    _queue(server, name="reject", match="cancelorder", status=status)
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(order["id"])
    assert len(client.fetch_open_orders()) == 1
    client.cancel_order(order["id"])
    assert client.fetch_open_orders() == []


def _pair() -> dict[str, Any]:
    """A buy with its stop in one request."""
    common = {"order": "send", "symbol": XBT, "size": 0.01}
    rows: list[dict[str, Any]] = [
        {**common, "order_tag": "0", "orderType": "mkt", "side": "buy"},
        {**common, "order_tag": "1", "orderType": "stp", "side": "sell"},
    ]
    rows[1] |= {"stopPrice": 90_000, "reduceOnly": True}
    return {"batchOrder": rows}


@pytest.mark.parametrize(
    ("only", "seen"),
    [
        ("stop", ["placed", "tooManyOrders"]),
        ("entry", ["tooManyOrders", "placed"]),
        ("", ["tooManyOrders", "tooManyOrders"]),
    ],
)
def test_a_batch_may_have_only_a_part_refused(
    faulty: Faulty, only: str, seen: list[str]
) -> None:
    server, client = faulty
    more = {"only": only} if only else {}
    fault = {"match": "batchorder", "status": "tooManyOrders", **more}
    _queue(server, name="reject", **fault)
    rows = client.private_post_batchorder(_pair())["batchStatus"]
    assert [row["status"] for row in rows] == seen
    assert server.exchange.books.holdings[XBT].size == (only == "stop") * Decimal(
        "0.01"
    )
    assert len(server.exchange.venue.live) == (only == "entry")


def test_a_fault_waits_for_a_call_that_it_does_something_to(faulty: Faulty) -> None:
    """What is counted has happened: neither a stop nor a read can be filled in part."""
    server, client = faulty
    stop = {"symbol": XBT, "side": "sell", "size": 0.01, "orderType": "stp"}
    stop |= {"stopPrice": 90_000, "reduceOnly": True}
    _queue(server, name="partial_fill", share=0.3)
    client.fetch_balance()
    client.private_post_sendorder(stop)
    assert server.api.faults.counts == {}
    assert _buy(client)["filled"] == 0.003
    _queue(
        server, name="reject", status="tooManyOrders", match="batchorder", only="stop"
    )
    client.private_post_batchorder({"batchOrder": _pair()["batchOrder"][:1]})
    assert server.api.faults.counts == {"partial_fill": 1}


def test_a_fault_that_could_never_do_anything_is_refused() -> None:
    faults = Faults(0)
    for name in ("reject", "partial_fill"):
        with pytest.raises(ValueError, match="does nothing to fills"):
            faults.add(Fault(name, "fills"))
    with pytest.raises(ValueError, match="does nothing to cancelorder"):
        faults.add(Fault("partial_fill", "cancelorder"))
    for match, status in (("cancelorder", "tooManyOrders"), ("editorder", "notFound")):
        with pytest.raises(ValueError, match=f"{match} is never refused with {status}"):
            faults.add(Fault("reject", match, params={"status": status}))


def test_a_liquidation_on_request_stands_in_the_account_log(faulty: Faulty) -> None:
    server, client = faulty
    _queue(server, name="liquidation")
    client.fetch_balance()
    assert server.api.faults.counts == {}, "there is nothing to liquidate yet"
    client.create_order(BTC, "limit", "buy", 0.01, 90_000)
    _buy(client)
    assert client.fetch_positions() == []
    assert client.fetch_open_orders() == []
    assert server.api.faults.counts == {"liquidation": 1}
    cash, position = client.historyGetAccountLog({"count": 2})["logs"]
    if cash["asset"] != "usd":
        cash, position = position, cash
    assert {row["info"] for row in (cash, position)} == {"futures liquidation"}
    assert (position["old_balance"], position["new_balance"]) == (0.01, 0)
    fill = server.exchange.books.fills[-1]
    assert (cash["execution"], fill.role) == (fill.fill_id, "liquidation")
    assert float(cash["fee"]) > 0
    assert server.exchange.venue.liquidations == 1
