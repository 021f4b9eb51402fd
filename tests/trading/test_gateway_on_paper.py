"""The whole path on real parts: client, gateway, unmodified ccxt, paper exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from paper_process import Paper
from running_gateway import Gateway, order_request

from core import errors
from core.trading.gateway_client import GatewayExchange

XBT = "PF_XBTUSD"


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    with Paper(tmp_path_factory.mktemp("paper") / "keys.json") as found:
        yield found


@pytest.fixture(scope="module")
def gateway(
    paper: Paper, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    keys = ("--keys-file", paper.ready["keys_file"])
    with Gateway(folder / "s", paper.ready["url"], *keys, "--timeout-s", "2") as found:
        yield found


@pytest.fixture
def port(paper: Paper, gateway: Gateway) -> Iterator[GatewayExchange]:
    paper.ask("DELETE", "fault")
    paper.step()
    exchange = gateway.exchange()
    yield exchange
    paper.ask("DELETE", "fault")
    for number, position in enumerate(exchange.positions()):
        side = "sell" if position.size > 0 else "buy"
        now_ms = paper.state()["time_ms"]
        name = f"flat-{now_ms}-{number}"
        exchange.place(market(name, position.symbol, side, abs(position.size), True))
    for order in exchange.open_orders():
        exchange.cancel(order.client_id)


def market(
    client_id: str,
    symbol: str = XBT,
    side: str = "buy",
    size: Decimal = Decimal("0.01"),
    reduce_only: bool = False,
) -> Any:
    return order_request(
        client_id,
        symbol=symbol,
        side=side,
        size=size,
        kind="market",
        limit_price=None,
        reduce_only=reduce_only,
    )


def test_a_filled_order_shows_alike_everywhere(
    port: GatewayExchange, paper: Paper
) -> None:
    last = max((entry.entry_id for entry in port.ledger(0)), default=0)
    placed = port.place(market("round-1"))
    assert (placed.status, placed.filled) == ("filled", Decimal("0.01"))
    (position,) = port.positions()
    assert (position.symbol, position.size) == (XBT, Decimal("0.01"))
    assert port.order("round-1") == placed
    fills = [fill for fill in port.fills(0) if fill.client_id == "round-1"]
    assert sum(fill.size for fill in fills) == placed.filled
    cost = sum(fill.size * fill.price for fill in fills)
    fee = sum(entry.fee_usd for entry in port.ledger(last))
    assert abs(fee - cost * Decimal("0.0005")) < Decimal("0.0001")
    paper.step(3)
    account, state = port.account(), paper.state()
    for ours, theirs in (
        (account.equity_usd, state["equity_usd"]),
        (account.balance_usd, state["balance_usd"]),
        (account.floating_usd, state["floating_usd"]),
    ):
        assert abs(ours - Decimal(theirs)) < Decimal("1e-8")
    entries = port.ledger(0)
    assert entries[-1].balance_usd == account.balance_usd


def test_an_old_order_is_found_in_fills_and_history(
    port: GatewayExchange, paper: Paper
) -> None:
    placed = port.place(market("old-1"))
    paper.step(12)
    found = port.order("old-1")
    assert found == placed


def test_a_lost_reply_is_looked_up_and_the_position_is_held_once(
    port: GatewayExchange, paper: Paper
) -> None:
    paper.fault("reply_lost_after_accept", "sendorder")
    with pytest.raises(errors.OutcomeUnknown):
        port.place(market("lost-1"))
    found = port.order("lost-1")
    assert found is not None
    assert (found.status, found.filled) == ("filled", Decimal("0.01"))
    with pytest.raises(errors.DuplicateOrder):
        port.place(market("lost-1"))
    assert [position.size for position in port.positions()] == [Decimal("0.01")]


def test_a_restarted_gateway_does_not_send_a_known_order_again(
    port: GatewayExchange, paper: Paper, tmp_path: Path
) -> None:
    paper.fault("reply_lost_after_accept", "sendorder")
    with pytest.raises(errors.OutcomeUnknown):
        port.place(market("restart-1"))
    keys = ("--keys-file", paper.ready["keys_file"])
    with Gateway(tmp_path / "s", paper.ready["url"], *keys) as second:
        with pytest.raises(errors.DuplicateOrder):
            second.exchange().place(market("restart-1"))
        found = second.exchange().order("restart-1")
    assert found is not None
    assert found.status == "filled"
    assert [position.size for position in port.positions()] == [Decimal("0.01")]


def test_an_order_that_never_arrived_is_none_and_is_sent_again(
    port: GatewayExchange, paper: Paper
) -> None:
    paper.fault("connection_lost", "sendorder")
    with pytest.raises(errors.OutcomeUnknown):
        port.place(market("never-1"))
    assert port.order("never-1") is None
    assert port.place(market("never-1")).status == "filled"
    assert [position.size for position in port.positions()] == [Decimal("0.01")]


def test_never_got_it_is_said_only_when_every_source_was_read(
    port: GatewayExchange, paper: Paper
) -> None:
    for endpoint in ("openorders", "orders/status", "fills", "orders", "triggers"):
        paper.fault("html_200", endpoint)
        with pytest.raises(errors.ExchangeError):
            port.order("nobody")
        paper.ask("DELETE", "fault")
    assert port.order("nobody") is None


def test_resting_and_waiting_orders_are_told_until_after_their_end(
    port: GatewayExchange, paper: Paper
) -> None:
    (ticker,) = [t for t in port.tickers() if t.symbol == XBT]
    low = (ticker.mark_price * Decimal("0.92")).quantize(Decimal(1))
    limit = port.place(order_request("rest-1", limit_price=low))
    stop = port.place(
        order_request(
            "stop-1", kind="stop", side="sell", limit_price=None, stop_price=low
        )
    )
    assert (limit.status, stop.status) == ("open", "open")
    assert {order.client_id for order in port.open_orders()} == {"rest-1", "stop-1"}
    for name in ("rest-1", "stop-1"):
        assert port.order(name).status == "open"
        assert port.cancel(name).status == "cancelled"
        assert port.cancel(name) is None
        assert port.order(name).status == "cancelled"
    paper.step(6)
    for name in ("rest-1", "stop-1"):
        assert port.order(name).status == "cancelled"


def test_rejections_are_told_with_their_reason(
    port: GatewayExchange, paper: Paper
) -> None:
    paper.fault("reject", "sendorder", status="wouldCauseLiquidation")
    with pytest.raises(errors.OrderRejected, match="wouldCauseLiquidation"):
        port.place(market("rejected-1"))
    with pytest.raises(errors.OrderRejected, match="wouldNotReducePosition"):
        port.place(market("rejected-2", reduce_only=True))
    with pytest.raises(errors.OrderRejected, match="invalidSize"):
        port.place(market("rejected-3", size=Decimal("0.00001")))


def test_a_partial_fill_is_told_as_it_is(port: GatewayExchange, paper: Paper) -> None:
    paper.fault("partial_fill", "sendorder", share="0.5")
    placed = port.place(market("partial-1"))
    assert (placed.status, placed.filled) == ("cancelled", Decimal("0.005"))
    paper.step(6)
    found = port.order("partial-1")
    assert replace(found, reason="") == placed
    paper.fault("duplicated_fills", "fills")
    assert port.order("partial-1").filled == Decimal("0.005")


def test_the_dead_mans_switch_cancels_what_rests(
    port: GatewayExchange, paper: Paper
) -> None:
    (ticker,) = [t for t in port.tickers() if t.symbol == XBT]
    low = (ticker.mark_price * Decimal("0.92")).quantize(Decimal(1))
    port.place(order_request("switch-1", limit_price=low))
    port.keep_alive(60)
    assert port.status()["switch_armed"]
    paper.step()
    assert port.open_orders() == []
    assert port.order("switch-1").status == "cancelled"


def test_candles_are_those_that_have_closed(
    port: GatewayExchange, paper: Paper
) -> None:
    now_ms = paper.state()["time_ms"]
    frame = port.candles(XBT, now_ms - 100 * 300_000, 200)
    assert len(frame) == 100
    assert frame["time_ms"].iloc[-1] + 300_000 == now_ms
    assert frame["time_ms"].diff().dropna().eq(300_000).all()


FAULTS = (
    "http_500",
    "http_502",
    "http_503",
    "http_504",
    "html_200",
    "rate_limit",
    "connection_lost",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_any_endpoint_reads_as_an_answer(
    port: GatewayExchange, paper: Paper, fault: str
) -> None:
    calls = {
        "instruments": port.instruments,
        "tickers": port.tickers,
        "openorders": port.open_orders,
        "openpositions": port.positions,
        "accounts": port.account,
        "fills": lambda: port.fills(0),
        "account-log": lambda: port.ledger(0),
        "cancelorder": lambda: port.cancel("nobody"),
        "orders": lambda: port.order_events(0),
    }
    for endpoint, call in calls.items():
        paper.fault(fault, endpoint)
        with pytest.raises(errors.ExchangeError):
            call()
        struck = paper.state()["faults"][fault]
        assert struck
        call()


def test_a_slow_exchange_is_a_typed_error(port: GatewayExchange, paper: Paper) -> None:
    paper.fault("slow", "accounts", delay_s=3)
    with pytest.raises(errors.ExchangeUnavailable):
        port.account()
