"""Each order type against hand-written candles: when it fills, at what, and when not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from paper_market import FREE, XBT, exchange, flat, order

from core.trading.paper.history_answers import trigger_events
from core.trading.paper.orders import OrderState

UP = (100_000.0, 101_000.0, 99_900.0, 100_800.0)
DOWN = (100_000.0, 100_100.0, 99_000.0, 99_200.0)


def test_a_market_order_pays_half_the_spread_and_the_taker_fee() -> None:
    paper = exchange(flat(100_000, 3))
    sent = paper.send(order("buy", "0.5"))
    assert sent.order is not None
    assert sent.order.state is OrderState.FILLED
    assert paper.books.fills[0].price == 100_005
    assert paper.books.balance_usd == Decimal(10_000) - Decimal("25.00125")


def test_slippage_grows_with_the_share_of_the_depth() -> None:
    paper = exchange(
        flat(100_000, 3),
        volume=100.0,
        balance_usd=Decimal(10**7),
        slippage_frac=Decimal("0.01"),
    )
    paper.send(order("buy", "1"))  # a tenth of the depth of 10: at the touch
    assert paper.books.fills[-1].price == 100_005
    paper.send(order("buy", "4"))  # half of the depth is gone: 0.4 x 1% beyond it
    assert paper.books.fills[-1].price == 100_406  # 100005 x 1.004 = 100405.02, up


def test_what_is_beyond_the_depth_is_cancelled() -> None:
    paper = exchange(flat(100_000, 3), volume=10.0, balance_usd=Decimal(10**6), **FREE)
    sent = paper.send(order("buy", "1.5"))
    assert sent.order is not None
    assert sent.order.filled == 1
    assert sent.order.state is OrderState.CANCELLED
    assert [event.kind for event in sent.events] == ["EXECUTION", "CANCEL"]


def test_a_market_order_stops_at_its_protection_price() -> None:
    paper = exchange(
        flat(100_000, 3),
        volume=100.0,
        balance_usd=Decimal(10**7),
        slippage_frac=Decimal("0.1"),
    )
    paper.send(order("buy", "10"))
    assert paper.books.fills[0].price <= 101_000
    assert paper.books.fills[0].size < 3


def test_a_limit_fills_only_when_the_price_goes_through_it() -> None:
    paper = exchange([*flat(100_000, 1), DOWN, DOWN], **FREE)
    touched = paper.send(order("buy", "0.1", "lmt", limit_price="99000")).order
    passed = paper.send(order("buy", "0.1", "lmt", limit_price="99001")).order
    paper.step()
    assert touched is not None
    assert touched.state is OrderState.OPEN
    assert passed is not None
    assert passed.state is OrderState.FILLED
    fill = paper.books.fills[0]
    assert (fill.price, fill.role) == (99_001, "maker")
    assert paper.books.ledger[0].fee_usd == Decimal("99001") * Decimal("0.00002")


def test_a_limit_fills_in_parts_when_it_exceeds_the_candles_depth() -> None:
    paper = exchange([*flat(100_000, 1), DOWN, DOWN], volume=10.0, **FREE)
    resting = paper.send(order("buy", "1.6", "lmt", limit_price="99500")).order
    assert resting is not None
    paper.step()
    assert (resting.filled, resting.state) == (1, OrderState.OPEN)
    paper.step()
    assert resting.state is OrderState.FILLED


def test_a_crossing_limit_takes_what_is_there_and_rests() -> None:
    paper = exchange(flat(100_000, 2), volume=10.0, balance_usd=Decimal(10**6))
    sent = paper.send(order("buy", "1.6", "lmt", limit_price="100200")).order
    assert sent is not None
    assert sent.filled == 1
    assert sent.state is OrderState.OPEN
    assert paper.books.fills[0].role == "taker"


@pytest.mark.parametrize(
    ("kind", "limit", "status"),
    [
        ("post", "100010", "postWouldExecute"),
        ("post", "99990", "placed"),
        ("ioc", "99990", "iocWouldNotExecute"),
        ("ioc", "100010", "placed"),
        ("fok", "100010", "iocWouldNotExecute"),
        ("lmt", "120000", "outsidePriceCollar"),
        ("lmt", "100000.5", "invalidPrice"),
        ("wrong", "100000", "invalidOrderType"),
    ],
)
def test_an_order_is_taken_or_refused_by_its_price(
    kind: str, limit: str, status: str
) -> None:
    paper = exchange(flat(100_000, 2), volume=10.0, balance_usd=Decimal(10**6))
    assert paper.send(order("buy", "2", kind, limit_price=limit)).status == status


@pytest.mark.parametrize("size", ["0", "-1", "0.00005", "NaN"])
def test_a_size_off_the_step_is_refused(size: str) -> None:
    assert exchange(flat(100, 2)).send(order("buy", size)).status == "invalidSize"


def test_a_stop_fills_at_its_price_and_behind_it_after_a_gap() -> None:
    gap = (97_000.0, 97_100.0, 96_900.0, 97_000.0)
    paper = exchange([*flat(100_000, 1), DOWN, gap, gap], **FREE)
    paper.send(order("buy", "0.02"))
    paper.send(order("sell", "0.01", "stp", stop_price="99500", reduce_only=True))
    paper.send(order("sell", "0.01", "stp", stop_price="98000", reduce_only=True))
    paper.step(2)
    prices = [fill.price for fill in paper.books.fills[1:]]
    assert prices == [99_500, 97_000]


def test_a_take_profit_triggers_on_the_other_side() -> None:
    paper = exchange([*flat(100_000, 1), UP, UP], **FREE)
    paper.send(order("buy", "0.01"))
    paper.send(order("sell", "0.01", "take_profit", stop_price="100500"))
    paper.step()
    assert paper.books.fills[-1].price == 100_500
    assert not paper.books.holdings[XBT].size


def test_a_triggered_stop_with_a_limit_rests_at_its_limit() -> None:
    paper = exchange([*flat(100_000, 1), DOWN, DOWN], **FREE)
    stop = order("sell", "0.01", "stp", stop_price="99500", limit_price="99900")
    sent = paper.send(stop).order
    assert sent is not None
    paper.step()
    assert (sent.kind, sent.state) == ("lmt", OrderState.OPEN)
    paper.step()
    assert paper.books.fills[-1].price == 99_900


def test_a_stop_beyond_the_price_triggers_at_once() -> None:
    paper = exchange(flat(100_000, 2), **FREE)
    paper.send(order("sell", "0.01", "stp", stop_price="100500"))
    assert len(paper.books.fills) == 1


def test_an_edited_trigger_is_told_under_the_names_of_the_trigger_history() -> None:
    paper = exchange(flat(100_000, 2), **FREE)
    stop = paper.send(order("sell", "0.01", "stp", stop_price="99500")).order
    paper.edit(stop, Decimal("0.02"), None, None)
    told = trigger_events(paper.venue.events, {"sort": "asc"})[-1]["event"]
    edit = told["OrderTriggerUpdated"]
    sizes = {name: state["quantity"] for name, state in edit.items()}
    assert sizes == {"oldOrderTrigger": "0.01", "newOrderTrigger": "0.02"}


def test_a_trailing_stop_follows_the_price_up_and_not_down() -> None:
    rise = (100_000.0, 102_000.0, 100_000.0, 102_000.0)
    fall = (102_000.0, 102_000.0, 100_500.0, 100_600.0)
    paper = exchange([*flat(100_000, 1), rise, fall], **FREE)
    paper.send(order("buy", "0.01"))
    paper.send(order("sell", "0.01", "trailing_stop", trail="1000"))
    paper.step(2)
    assert paper.books.fills[-1].price == 101_000


def test_the_path_visits_the_nearer_extreme_first() -> None:
    """Of a stop below and a profit above, the nearer extreme's one is reached first."""
    paper = exchange([*flat(100_000, 1), (100_000, 101_000, 99_800, 100_000)], **FREE)
    paper.send(order("buy", "0.01"))
    stop = order("sell", "0.01", "stp", stop_price="99850", reduce_only=True)
    profit = order("sell", "0.01", "lmt", limit_price="100900", reduce_only=True)
    paper.send(stop)
    resting = paper.send(profit).order
    paper.step()
    assert paper.books.fills[-1].price == 99_850
    assert resting is not None
    assert resting.state is OrderState.CANCELLED


def test_reduce_only_never_turns_a_position() -> None:
    paper = exchange(flat(100_000, 2), **FREE)
    assert paper.send(order("sell", "1", reduce_only=True)).status == (
        "wouldNotReducePosition"
    )
    paper.send(order("buy", "0.01"))
    paper.send(order("sell", "1", reduce_only=True))
    assert paper.books.holdings[XBT].size == 0


def test_a_client_id_is_good_for_one_order_for_ever() -> None:
    paper = exchange(flat(100_000, 2))
    first = paper.send(order("buy", "0.01", client_id="one"))
    again = paper.send(order("buy", "0.01", client_id="one"))
    assert (first.status, again.status) == ("placed", "clientOrderIdAlreadyExist")
    assert paper.find(None, "one") is first.order
    long = paper.send(order("buy", "0.01", client_id="x" * 101))
    assert long.status == "clientOrderIdTooLong"


def test_the_dead_mans_switch_cancels_when_it_is_not_renewed() -> None:
    paper = exchange(flat(100_000, 4))
    paper.send(order("buy", "0.01", "lmt", limit_price="90000"))
    paper.cancel_all_after(600)
    paper.step()
    assert len(paper.venue.live) == 1
    paper.step()
    assert not paper.venue.live


def test_an_order_can_be_edited_while_it_is_open() -> None:
    paper = exchange([*flat(100_000, 1), DOWN], **FREE)
    sent = paper.send(order("buy", "0.01", "lmt", limit_price="90000")).order
    edited = paper.edit(sent, None, Decimal("99500"), None)
    assert edited.status == "edited"
    paper.step()
    assert paper.books.fills[0].price == 99_500
    assert paper.edit(sent, None, Decimal(1), None).status == "orderForEditNotFound"


def test_finished_orders_are_shown_for_five_seconds_of_simulated_time() -> None:
    paper = exchange(flat(100_000, 3))
    paper.send(order("buy", "0.01"))
    assert len(paper.visible_orders()) == 1
    paper.step()
    assert not paper.visible_orders()


def test_with_next_open_an_order_meets_the_candle_that_follows_and_its_depth() -> None:
    gap = (100_500.0, 100_600.0, 100_400.0, 100_450.0)
    paper = exchange(
        [*flat(100_000, 2), gap],
        volume=10.0,
        next_open=True,
        balance_usd=Decimal(10**7),
    )
    assert paper.market.price[XBT] == 100_000  # the mark is the close still
    paper.send(order("buy", "0.05"))
    paper.step()
    paper.send(order("buy", "0.06"))
    flat_fill, gap_fill = paper.books.fills
    assert (flat_fill.price, gap_fill.price) == (100_005, 100_506)
    assert paper.market.depth_used[XBT] == Decimal("0.06")
    paper.step()
    paper.send(order("sell", "0.11"))  # no candle follows: the last close it is
    assert paper.books.fills[-1].price <= 100_450
