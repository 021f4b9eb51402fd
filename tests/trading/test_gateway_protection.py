"""No death leaves a naked position: entries with their stops, and the switch's rule."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from adapter_cases import kraken_rest, limit_order
from canned_exchange import (
    GOOD,
    Canned,
    CannedExchange,
    Request,
    execution,
    fill,
    order_event,
    sent,
)
from paper_process import Paper
from running_gateway import Gateway, order_request

from core.errors import (
    DuplicateOrder,
    ExchangeError,
    ExchangeUnavailable,
    GatewayRefused,
    OrderRejected,
    OutcomeUnknown,
)
from core.trading.gateway import protection
from core.trading.gateway_client import GatewayExchange

XBT = "PF_XBTUSD"
NONE_FILLED = {**GOOD["/fills"], "fills": []}


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Paper]:
    with Paper(tmp_path / "keys.json", "--no-rate-limit") as found:
        yield found


def gateway_of(paper: Paper, folder: Path, *words: str) -> Gateway:
    """Return a gateway of the paper exchange, with its state in a folder."""
    return Gateway(folder, paper.url, "--keys-file", str(paper.keys_file), *words)


@pytest.fixture
def gateway(paper: Paper, tmp_path: Path) -> Iterator[Gateway]:
    with gateway_of(paper, tmp_path / "s", "--timeout-s", "2") as found:
        yield found


@pytest.fixture
def port(gateway: Gateway) -> Iterator[GatewayExchange]:
    found = gateway.exchange()
    yield found
    found.close()


def mark(port: GatewayExchange) -> Decimal:
    (ticker,) = [t for t in port.tickers() if t.symbol == XBT]
    return Decimal(ticker.mark_price)


def below(port: GatewayExchange, frac: str) -> Decimal:
    return (mark(port) * (1 - Decimal(frac))).quantize(Decimal(1))


def market(client_id: str, **changes: Any) -> Any:
    return order_request(client_id, kind="market", limit_price=None, **changes)


def protected(port: GatewayExchange, client_id: str = "in-1", **changes: Any) -> Any:
    stop = below(port, "0.05")
    return port.place(market(client_id, protect_price=stop, **changes))


def stops(port: GatewayExchange) -> list[Any]:
    return [o for o in port.open_orders() if o.reduce_only and o.kind == "stop"]


def test_an_entry_and_its_stop_go_in_one_request(
    port: GatewayExchange, paper: Paper
) -> None:
    status = protected(port)
    assert (status.status, status.filled) == ("filled", Decimal("0.01"))
    (stop,) = stops(port)
    assert (stop.client_id, stop.side, stop.size) == ("in-1-stop", "sell", status.size)
    assert stop.stop_price == below(port, "0.05")
    calls = paper.state()["calls"]
    assert (calls["batchorder"], calls.get("sendorder", 0)) == (1, 0)


def test_a_lost_reply_leaves_one_entry_and_one_stop(
    port: GatewayExchange, paper: Paper
) -> None:
    paper.fault("reply_lost_after_accept", "batchorder")
    with pytest.raises(OutcomeUnknown):
        protected(port)
    with pytest.raises(DuplicateOrder):
        protected(port)
    assert port.order("in-1").filled == Decimal("0.01")
    assert len(stops(port)) == 1


def test_an_entry_that_is_refused_takes_its_stop_back(port: GatewayExchange) -> None:
    far = below(port, "0.2")
    with pytest.raises(OrderRejected, match="iocWouldNotExecute"):
        port.place(
            order_request("in-1", kind="ioc", limit_price=far, protect_price=far - 1000)
        )
    assert port.open_orders() == []


def test_a_stop_that_is_refused_takes_its_entry_back(
    port: GatewayExchange, paper: Paper
) -> None:
    """The stop's price is off the tick, which only the exchange knows to refuse."""
    with pytest.raises(OrderRejected, match=r"invalidPrice.*taken back"):
        port.place(market("in-1", protect_price=below(port, "0.05") + Decimal("0.5")))
    assert port.positions() == []
    assert port.open_orders() == []
    assert len(port.fills(0)) == 2


def test_sigkill_of_everything_leaves_the_stop_at_the_exchange(
    port: GatewayExchange, gateway: Gateway, paper: Paper
) -> None:
    port.keep_alive(600)
    protected(port)
    gateway.kill()
    paper.step(3)
    (order,) = paper.state()["open_orders"]
    assert order["cliOrdId"] == "in-1-stop"


def test_the_switch_is_disarmed_before_anything_protective_rests(
    port: GatewayExchange, paper: Paper
) -> None:
    port.place(order_request("rest-1", limit_price=below(port, "0.08")))
    port.keep_alive(600)
    assert paper.state()["dead_man_ms"] is not None
    protected(port)
    assert paper.state()["dead_man_ms"] is None
    port.keep_alive(600)
    assert paper.state()["dead_man_ms"] is None


def test_a_switch_that_an_earlier_gateway_armed_is_disarmed(
    paper: Paper, tmp_path: Path
) -> None:
    with gateway_of(paper, tmp_path / "a") as first:
        client = first.exchange()
        client.place(order_request("rest-1", limit_price=below(client, "0.08")))
        client.keep_alive(600)
        first.kill()
    with gateway_of(paper, tmp_path / "b") as second:
        protected(second.exchange())
        assert paper.state()["dead_man_ms"] is None


def test_when_the_loop_falls_silent_entries_go_and_stops_stay(
    port: GatewayExchange, paper: Paper
) -> None:
    protected(port)
    port.place(order_request("rest-1", limit_price=below(port, "0.08")))
    port.keep_alive(1)
    gone = paper.wait_for(lambda s: "rest-1" not in str(s["open_orders"]))
    assert [o["cliOrdId"] for o in gone["open_orders"]] == ["in-1-stop"]


@pytest.mark.parametrize("kind", ["stop", "take_profit", "trailing_stop"])
def test_protective_orders_of_every_kind_rest_and_close(
    port: GatewayExchange, paper: Paper, kind: str
) -> None:
    port.place(market("in-1"))
    price = {"stop": below(port, "0.01"), "take_profit": below(port, "-0.01")}.get(kind)
    trail = Decimal(500) if kind == "trailing_stop" else None
    exits = {"stop_price": price, "trail_usd": trail, "reduce_only": True}
    port.place(
        order_request("out-1", kind=kind, side="sell", limit_price=None, **exits)
    )
    (order,) = port.open_orders()
    assert (order.kind, order.reduce_only) == (kind, True)
    assert order.stop_price == (price or mark(port) - 500)
    for _ in range(500):
        if not paper.state()["positions"]:
            break
        paper.step()
    told = [e for e in port.order_events(0) if e.client_id == "out-1"]
    assert [e.kind for e in told][:2] == ["placed", "triggered"]
    assert port.order("out-1").status == "filled"


def test_a_stop_is_edited_in_place_and_an_entry_is_not(port: GatewayExchange) -> None:
    protected(port)
    nearer = below(port, "0.03")
    status = port.edit("in-1-stop", None, None, nearer)
    assert (status.status, stops(port)[0].stop_price) == ("open", nearer)
    assert port.edit("nobody", None, None, nearer) is None
    port.place(order_request("rest-1", limit_price=below(port, "0.08")))
    with pytest.raises(ExchangeError, match="an entry is not changed"):
        port.edit("rest-1", Decimal("0.05"), None, None)


def test_a_stop_gets_no_price_at_which_it_finds_nobody(port: GatewayExchange) -> None:
    protected(port)
    with pytest.raises(GatewayRefused, match="a stop takes no limit_price"):
        port.edit("in-1-stop", None, 2 * mark(port), None)
    assert stops(port)[0].limit_price is None


def test_an_order_without_a_client_id_is_cancelled_by_its_own(
    port: GatewayExchange,
) -> None:
    port.place(order_request("rest-1", limit_price=below(port, "0.08")))
    (order,) = port.open_orders()
    assert port.cancel_order(order.order_id).status == "cancelled"
    assert port.cancel_order(order.order_id) is None


def test_what_could_not_be_taken_back_is_not_called_taken_back(
    port: GatewayExchange, paper: Paper
) -> None:
    paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    paper.fault("partial_fill", "sendorder", times=4, share="0.5")
    with pytest.raises(OutcomeUnknown, match="could not be taken back"):
        protected(port)
    (position,) = port.positions()
    # Whoever asks is told what is left of it, not what it filled at first.
    status = port.order("in-1")
    assert (status.status, status.filled) == ("cancelled", position.size)
    assert "taken back" in status.reason


def test_what_a_first_try_does_not_take_back_the_next_does(
    port: GatewayExchange, paper: Paper
) -> None:
    paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    paper.fault("partial_fill", "sendorder", share="0.5")
    with pytest.raises(OrderRejected, match="taken back"):
        protected(port)
    assert port.positions() == []
    status = port.order("in-1")
    assert (status.status, status.filled) == ("rejected", 0)
    assert "taken back" in status.reason


@pytest.mark.parametrize("fault", ["rate_limit", "http_503", "reject"])
def test_what_the_exchange_is_too_busy_to_take_back_it_takes_back_later(
    port: GatewayExchange, paper: Paper, fault: str
) -> None:
    paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    paper.fault(fault, "sendorder", times=2)
    with pytest.raises(OrderRejected, match="taken back"):
        protected(port)
    assert port.positions() == []


def test_a_lost_reply_leaves_nothing_that_was_to_be_taken_back(
    port: GatewayExchange, paper: Paper
) -> None:
    paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    paper.fault("reply_lost_after_accept", "sendorder")
    with pytest.raises(OrderRejected, match="taken back"):
        protected(port)
    assert port.positions() == []
    assert port.order("in-1").filled == 0


def lose_what_is_taken_back(paper: Paper, times: int | None) -> None:
    """Lose the reply to it, and so often what became of it."""
    paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    paper.fault("reply_lost_after_accept", "sendorder")
    # The first one asks whether the id of the entry's stop is used up.
    paper.fault("http_503", "orders/status", skip=1, times=times)


def test_a_lost_reply_and_no_word_of_it_at_first_leave_nothing_either(
    port: GatewayExchange, paper: Paper
) -> None:
    lose_what_is_taken_back(paper, times=1)
    with pytest.raises(OrderRejected, match="taken back"):
        protected(port)
    assert port.positions() == []
    assert port.order("in-1").filled == 0


def test_what_was_taken_back_without_a_word_of_it_is_told_as_soon_as_fills_do(
    port: GatewayExchange, paper: Paper
) -> None:
    lose_what_is_taken_back(paper, times=None)
    with pytest.raises(OutcomeUnknown, match="could not be taken back"):
        protected(port)
    assert port.positions() == []
    paper.ask("DELETE", "fault")
    status = port.order("in-1")
    assert (status.status, status.filled) == ("rejected", 0)
    assert "taken back" in status.reason


@pytest.fixture
def canned() -> Iterator[CannedExchange]:
    """An exchange without an order at rest."""
    none = {"/openorders": {**GOOD["/openorders"], "openOrders": []}}
    server = CannedExchange({**GOOD, **none, "/fills": NONE_FILLED})
    yield server
    server.close()


def enter_without_a_stop(canned: CannedExchange, *events: Any) -> None:
    """Send a buy of 0.01 to which these events are told, and whose stop is refused."""
    answers = (sent("placed", *events), sent("invalidPrice"))
    told = [
        {"order_tag": str(number), **answer["sendStatus"]}
        for number, answer in enumerate(answers)
    ]
    canned.answers["/batchorder"] = {**GOOD["/batchorder"], "batchStatus": told}
    order = limit_order(protect_price=Decimal(49_000))
    protection.place_protected(kraken_rest(canned.url), order)


def test_what_takes_an_entry_back_and_comes_late_is_not_sent_by_another_id(
    canned: CannedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them would sell what was held before."""
    monkeypatch.setattr(protection, "_PAUSE_S", 0)

    def undo(_: Request) -> Any:
        if len(canned.seen("/sendorder")) == 1:
            return Canned("", cut=True)
        mine = fill(1, cliOrdId="c-1-undo", side="sell")
        canned.answers["/fills"] = {**GOOD["/fills"], "fills": [mine]}
        return sent("clientOrderIdAlreadyExist")

    canned.answers["/sendorder"] = undo
    with pytest.raises(ExchangeError) as caught:
        enter_without_a_stop(canned, execution(1, 0.01, 50_000))
    names = [request.params["cliOrdId"] for request in canned.seen("/sendorder")]
    assert names == ["c-1-undo", "c-1-undo"]
    assert type(caught.value) is OrderRejected


@pytest.mark.parametrize("part", [0, 0.004])
def test_one_that_rested_and_whose_end_is_not_told_is_not_called_taken_back(
    canned: CannedExchange, part: float
) -> None:
    gone = {"status": "filled", "orderEvents": []}
    canned.answers["/cancelorder"] = {**GOOD["/cancelorder"], "cancelStatus": gone}
    canned.answers["/sendorder"] = sent("placed", execution(1, part, 50_000))
    first = [execution(1, part, 50_000)] if part else []
    with pytest.raises(OutcomeUnknown, match="its end is not told"):
        enter_without_a_stop(canned, order_event(), *first)
    sizes = [request.params["size"] for request in canned.seen("/sendorder")]
    assert sizes == ([str(part)] if part else []), "what is known is taken back"


def test_one_of_which_nothing_could_be_taken_back_is_told_as_that(
    port: GatewayExchange, paper: Paper
) -> None:
    paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    paper.fault("http_503", "sendorder", times=None)
    with pytest.raises(OutcomeUnknown, match="could not be taken back"):
        protected(port)
    status = port.order("in-1")
    assert (status.status, status.filled) == ("filled", port.positions()[0].size)
    assert "0 of it was taken back" in status.reason


def test_the_next_gateway_knows_what_was_taken_back(
    paper: Paper, tmp_path: Path
) -> None:
    paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    with gateway_of(paper, tmp_path / "a") as first:
        client = first.exchange()
        with pytest.raises(OrderRejected, match="taken back"):
            protected(client)
        client.place(market("in-10"))
        first.kill()
    with gateway_of(paper, tmp_path / "b") as second:
        client = second.exchange()
        status = client.order("in-1")
        assert (status.status, status.filled) == ("rejected", 0)
        assert client.order("in-10").status == "filled"


@pytest.mark.parametrize("status", ["tooManyRequests", "tooManyOrders"])
def test_an_entry_sent_again_after_a_refusal_of_its_own_has_its_stop(
    port: GatewayExchange, paper: Paper, status: str
) -> None:
    """Its stop was taken back, and the stop's id is used up."""
    paper.fault("reject", "batchorder", status=status, only="entry")
    with pytest.raises(ExchangeError):
        protected(port)
    assert stops(port) == []
    protected(port)
    assert port.positions()
    assert stops(port)
    # In one request with it: no moment is without it.
    assert "sendorder" not in paper.state()["calls"]


def test_an_entry_sent_again_by_the_next_gateway_has_its_stop_in_one_request(
    paper: Paper, tmp_path: Path
) -> None:
    """The one before took the stop back and died, and the reply of the next is lost."""
    paper.fault("reject", "batchorder", status="tooManyOrders", only="entry")
    with gateway_of(paper, tmp_path / "a") as first:
        with pytest.raises(ExchangeError):
            protected(first.exchange())
        first.kill()
    paper.fault("reply_lost_after_accept", "batchorder")
    with gateway_of(paper, tmp_path / "b") as second:
        client = second.exchange()
        with pytest.raises(OutcomeUnknown):
            protected(client)
        (position,) = client.positions()
        assert [stop.size for stop in stops(client)] == [position.size]
        assert client.order("in-1").filled == position.size
    assert "sendorder" not in paper.state()["calls"]


def test_an_entry_is_not_sent_while_nobody_tells_whether_its_stops_id_is_used_up(
    port: GatewayExchange, paper: Paper
) -> None:
    """The exchange might take it and refuse its stop."""
    paper.fault("http_503", "orders/status", times=None)
    with pytest.raises(ExchangeUnavailable):
        protected(port)
    assert "batchorder" not in paper.state()["calls"]
    paper.ask("DELETE", "fault")
    assert protected(port).status == "filled"
    assert stops(port)


def test_a_gateway_that_runs_for_long_knows_all_ids_of_stops_by_itself(
    canned: CannedExchange,
) -> None:
    order = limit_order(protect_price=Decimal(49_000))
    adapter = kraken_rest(canned.url)
    protection.Apart().ask(adapter, order)
    asked = len(canned.seen("/orders/status"))
    assert asked
    long_ago_s = time.monotonic() - 3600
    protection.Apart(born_s=long_ago_s).ask(adapter, order)
    assert len(canned.seen("/orders/status")) == asked


def test_fills_of_one_moment_come_as_they_happened(port: GatewayExchange) -> None:
    """Their ids are random. In another order they make another realised P&L."""
    names = [f"m-{number}" for number in range(8)]
    for number, name in enumerate(names):
        port.place(market(name, side=("buy", "sell")[number % 2]))
    assert [fill.client_id for fill in port.fills(0)] == names
