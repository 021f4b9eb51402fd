"""The traps of Kraken Futures through ccxt that were seen, each with its right answer."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from adapter_cases import kraken_rest, limit_order
from canned_exchange import (
    FLEX,
    GOOD,
    NOW_MS,
    OPEN_ORDER,
    Canned,
    CannedExchange,
    Request,
    execution,
    fill,
    history_event,
    order_event,
    sent,
)

from core import errors
from core.trading.gateway.ccxt_rest import CcxtRest

NONE_OPEN = {**GOOD["/openorders"], "openOrders": []}


def market_order(**changes: Any) -> Any:
    return limit_order(kind="market", limit_price=None, **changes)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("clientOrderIdAlreadyExist", errors.DuplicateOrder),
        ("insufficientAvailableFunds", errors.OrderRejected),
        ("wouldCauseLiquidation", errors.OrderRejected),
        ("postWouldExecute", errors.OrderRejected),
        ("iocWouldNotExecute", errors.OrderRejected),
        ("wouldNotReducePosition", errors.OrderRejected),
        ("marketSuspended", errors.OrderRejected),
        ("tooManyRequests", errors.RateLimited),
        ("somethingNew", errors.OutcomeUnknown),
        ("edited", errors.OutcomeUnknown),
    ],
)
def test_every_send_status_has_one_meaning(
    adapter: CcxtRest, exchange: CannedExchange, status: str, kind: type
) -> None:
    exchange.answers["/sendorder"] = sent(status)
    with pytest.raises(kind) as caught:
        adapter.place(limit_order())
    assert type(caught.value) is kind
    assert status in str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("insufficientFunds", errors.OrderRejected),
        ("invalidArgument: size", errors.OrderRejected),
        ("marketUnavailable", errors.OrderRejected),
        ("contractNotFound", errors.OrderRejected),
        ("accountInactive", errors.OrderRejected),
        ("wouldNotReducePosition", errors.OrderRejected),
        ("authenticationError", errors.ExchangeUnavailable),
        ("nonceBelowThreshold", errors.ExchangeUnavailable),
        ("nonceDuplicate", errors.ExchangeUnavailable),
        ("apiLimitExceeded", errors.RateLimited),
        ("Unavailable", errors.OutcomeUnknown),
        ("Server Error", errors.OutcomeUnknown),
        ("unknownError", errors.OutcomeUnknown),
        ("neverSeenBefore", errors.OutcomeUnknown),
    ],
)
def test_every_error_of_a_send_has_one_meaning(
    adapter: CcxtRest, exchange: CannedExchange, name: str, kind: type
) -> None:
    exchange.answers["/sendorder"] = {"result": "error", "error": name}
    with pytest.raises(kind) as caught:
        adapter.place(limit_order())
    assert type(caught.value) is kind
    assert name in str(caught.value)
    assert len(exchange.seen("/sendorder")) == 1, "a send is never repeated"


def test_margin_error_in_its_other_form_is_a_rejection(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    body = {"errors": [{"code": 92, "message": "INSUFFICIENT_MARGIN"}]}
    exchange.answers["/sendorder"] = Canned(body, 500)
    with pytest.raises(errors.OrderRejected, match="INSUFFICIENT_MARGIN"):
        adapter.place(limit_order())


def test_a_partly_filled_market_order_has_ended(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    exchange.answers["/sendorder"] = sent("placed", execution(1, 0.004, 50000))
    got = adapter.place(market_order())
    assert (got["status"], got["filled"]) == ("cancelled", Decimal("0.004"))


def test_executions_in_any_order_or_twice_are_summed_once(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    late = execution(2, 0.006, 50010)
    late["orderPriorExecution"]["filled"] = 0.004
    early = execution(1, 0.004, 50000)
    exchange.answers["/sendorder"] = sent("placed", late, early, early)
    got = adapter.place(market_order())
    assert (got["status"], got["filled"]) == ("filled", Decimal("0.01"))
    assert got["average_price"] == Decimal(50006)


def test_more_executed_than_asked_is_not_believed(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    exchange.answers["/sendorder"] = sent("placed", execution(1, 0.02, 50000))
    with pytest.raises(errors.OutcomeUnknown):
        adapter.place(market_order())


def test_a_market_order_without_a_fill_is_asked_after(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    exchange.answers["/sendorder"] = sent("placed", order_event(type="ioc"))
    with pytest.raises(errors.OutcomeUnknown):
        adapter.place(market_order())


def test_an_immediate_order_that_was_cancelled_whole_is_told_so(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    exchange.answers["/sendorder"] = sent("placed", order_event("CANCEL"))
    assert adapter.place(market_order())["status"] == "cancelled"


@pytest.mark.parametrize(
    ("kind", "prices", "expected"),
    [
        ("market", {}, {"orderType": "mkt"}),
        ("limit", {"limit_price": "50000"}, {"orderType": "lmt"}),
        ("post", {"limit_price": "50000"}, {"orderType": "post"}),
        ("ioc", {"limit_price": "50000"}, {"orderType": "ioc"}),
        ("stop", {"stop_price": "49000"}, {"orderType": "stp"}),
        ("take_profit", {"stop_price": "52000"}, {"orderType": "take_profit"}),
    ],
)
def test_each_kind_is_sent_as_its_order_type_and_never_as_time_in_force(
    adapter: CcxtRest,
    exchange: CannedExchange,
    kind: str,
    prices: dict[str, str],
    expected: dict[str, str],
) -> None:
    exchange.answers["/sendorder"] = sent("placed", execution(1, 0.01, 50000))
    numbers = {"limit_price": None, "stop_price": None}
    numbers |= {name: Decimal(text) for name, text in prices.items()}
    adapter.place(limit_order(kind=kind, size=Decimal("1E-2"), **numbers))
    (request,) = exchange.seen("/sendorder")
    names = {"limit_price": "limitPrice", "stop_price": "stopPrice"}
    wanted = {names[name]: text for name, text in prices.items()}
    trigger = {"triggerSignal": "mark"} if "stopPrice" in wanted else {}
    assert request.params == {
        "symbol": "PF_XBTUSD",
        "side": "buy",
        "size": "0.01",
        "cliOrdId": "c-1",
        **expected,
        **wanted,
        **trigger,
    }


def test_a_wallet_without_flex_part_is_an_error(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    exchange.answers["/accounts"] = {**GOOD["/accounts"], "accounts": {"cash": {}}}
    with pytest.raises(errors.MalformedAnswer, match="has no 'flex'"):
        adapter.account()


def test_equity_is_the_portfolio_value(adapter: CcxtRest) -> None:
    assert adapter.account()["equity_usd"] == Decimal(str(FLEX["portfolioValue"]))


def test_a_symbol_of_ours_that_is_missing_is_an_error(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    exchange.answers["/tickers"] = {**GOOD["/tickers"], "tickers": []}
    with pytest.raises(errors.MalformedAnswer, match="tells nothing of PF_XBTUSD"):
        adapter.tickers()


def two_symbols(exchange: CannedExchange, **eth: Any) -> CcxtRest:
    """Return an adapter for XBT and ETH; `eth` changes the ticker of ETH."""
    found = kraken_rest(exchange.url)
    found._symbols = ("PF_XBTUSD", "PF_ETHUSD")
    row = {**GOOD["/tickers"]["tickers"][0], "symbol": "PF_ETHUSD", **eth}
    row = {key: value for key, value in row.items() if value is not None}
    for name, key, more in (
        ("/tickers", "tickers", row),
        ("/instruments", "instruments", {"symbol": "PF_ETHUSD"}),
    ):
        listed = copy.deepcopy(GOOD[name])
        listed[key].append({**listed[key][0], **more})
        exchange.answers[name] = listed
    exchange.answers["/tickers"]["tickers"][1] = row
    return found


def symbols(rows: list[Any]) -> list[str]:
    return [row["symbol"] for row in rows]


@pytest.mark.parametrize(
    "lacks", [{"bid": None}, {"markPrice": 0}, {"last": None}, {"fundingRate": None}]
)
def test_a_suspended_market_without_prices_hides_no_other(
    exchange: CannedExchange, lacks: dict[str, Any]
) -> None:
    adapter = two_symbols(exchange, suspended=True, **lacks)
    assert symbols(adapter.tickers()) == ["PF_XBTUSD"]
    adapter = two_symbols(exchange, **lacks)
    with pytest.raises(errors.MalformedAnswer):
        adapter.tickers()


def test_one_with_prices_is_told_as_suspended(exchange: CannedExchange) -> None:
    rows = two_symbols(exchange, suspended=True).tickers()
    assert [row["suspended"] for row in rows] == [False, True]
    with pytest.raises(errors.MalformedAnswer):
        two_symbols(exchange, suspended=True, bid="words").tickers()


def test_a_market_that_is_not_listed_any_more_hides_no_other(
    exchange: CannedExchange,
) -> None:
    """Where only one of two answers tells nothing of it, that one is malformed."""
    adapter = two_symbols(exchange)
    exchange.answers["/tickers"] = GOOD["/tickers"]
    with pytest.raises(errors.MalformedAnswer, match="tells nothing of PF_ETHUSD"):
        adapter.tickers()
    exchange.answers["/instruments"] = GOOD["/instruments"]
    assert symbols(adapter.tickers()) == ["PF_XBTUSD"]
    assert symbols(adapter.instruments()) == ["PF_XBTUSD"]
    two_symbols(exchange)
    exchange.answers["/instruments"] = GOOD["/instruments"]
    with pytest.raises(errors.MalformedAnswer, match="tells nothing of PF_ETHUSD"):
        adapter.instruments()


@pytest.mark.parametrize("status", ["notFound", "filled"])
def test_nothing_to_cancel_is_none(
    adapter: CcxtRest, exchange: CannedExchange, status: str
) -> None:
    answer = GOOD["/cancelorder"]
    told = {"status": status, "orderEvents": []}
    exchange.answers["/cancelorder"] = {**answer, "cancelStatus": told}
    assert adapter.cancel("c-1") is None


def test_fills_are_paged_beyond_the_newest_hundred(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    def at(number: int) -> str:
        return f"2026-01-02T03:{number // 60:02}:{number % 60:02}.000Z"

    rows = [fill(n, fillTime=at(n)) for n in range(250, 0, -1)]

    def page(request: Request) -> dict[str, Any]:
        before = request.params.get("lastFillTime", "9")
        older = [row for row in rows if row["fillTime"] < before]
        return {**GOOD["/fills"], "fills": older[:100]}

    exchange.answers["/fills"] = page
    got = adapter.fills(0)
    assert [row["fill_id"] for row in got] == [f"f-{n:04}" for n in range(1, 251)]
    assert len(adapter.fills(got[-1]["time_ms"])) == 1


def test_ledger_pages_and_leaves_out_position_rows(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    logs = [
        {
            "id": number,
            "asset": "usd" if number % 2 else "pf_xbtusd",
            "contract": "pf_xbtusd",
            "date": "2026-01-02T03:04:05.000Z",
            "info": "futures trade",
            "fee": None,
            "realized_pnl": None,
            "realized_funding": None,
            "new_balance": number,
        }
        for number in range(1, 61)
    ]

    def page(request: Request) -> dict[str, Any]:
        assert request.params["sort"] == "asc"
        first, count = int(request.params["from"]), int(request.params["count"])
        return {"logs": [row for row in logs if row["id"] >= first][:count]}

    exchange.answers["/account-log"] = page
    assert [row["entry_id"] for row in adapter.ledger(0)] == list(range(1, 61, 2))
    assert [row["entry_id"] for row in adapter.ledger(58)] == [59]
    assert not any("since" in request.params for request in exchange.requests)
    adapter.ledger(58, 1_700_000_000_000)
    assert exchange.requests[-1].params["since"] == "1700000000000"


def test_an_order_at_rest_tells_its_limit_to_the_guard(adapter: CcxtRest) -> None:
    (row,) = adapter.open_orders()
    assert row["limit_price"] == Decimal(OPEN_ORDER["limitPrice"])


@pytest.mark.parametrize(
    ("events", "fills", "status", "filled"),
    [
        (
            [("OrderPlaced", {"quantity": "0", "filled": "0.01"})],
            [0.01],
            "filled",
            "0.01",
        ),
        (
            [
                ("OrderPlaced", {"quantity": "0.01", "filled": "0"}),
                ("OrderCancelled", {"quantity": "0.01", "filled": "0"}),
            ],
            [],
            "cancelled",
            "0",
        ),
        (
            [
                ("OrderPlaced", {"quantity": "0.01", "filled": "0"}),
                ("OrderCancelled", {"quantity": "0.006", "filled": "0.004"}),
            ],
            [0.004],
            "cancelled",
            "0.004",
        ),
        # The same life, told with quantities that count the filled part.
        (
            [
                ("OrderPlaced", {"quantity": "0.01", "filled": "0"}),
                ("OrderUpdated", {"quantity": "0.01", "filled": "0.01"}),
            ],
            [0.01],
            "filled",
            "0.01",
        ),
        ([("OrderTriggerCancelled", {"quantity": "0.01"})], [], "cancelled", "0"),
        ([("OrderRejected", {"quantity": "0.01", "filled": "0"})], [], "rejected", "0"),
        ([], [0.01], "filled", "0.01"),
    ],
)
def test_an_order_of_the_past_is_told_from_fills_and_history(
    adapter: CcxtRest,
    exchange: CannedExchange,
    events: list[Any],
    fills: list[float],
    status: str,
    filled: str,
) -> None:
    kinds: dict[str, list[Any]] = {"orders": [], "triggers": []}
    for kind, changes in events:
        element = history_event(kind, "why", **changes)
        kinds["triggers" if "Trigger" in kind else "orders"].append(element)
    exchange.answers |= {
        "/openorders": NONE_OPEN,
        "/api/history/v2/orders": {"elements": kinds["orders"]},
        "/api/history/v2/triggers": {"elements": kinds["triggers"]},
        "/fills": {
            **GOOD["/fills"],
            "fills": [fill(n, size=size) for n, size in enumerate(fills)],
        },
    }
    found = adapter.order("c-1")
    assert found is not None
    assert (found["status"], found["filled"]) == (status, Decimal(filled))


def test_the_history_is_paged_to_its_end(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    def element(number: int) -> dict[str, Any]:
        told = history_event("OrderPlaced", "new", clientId=f"c-{number}")
        return {**told, "timestamp": NOW_MS + number}

    def page(request: Request) -> dict[str, Any]:
        first = max(0, int(request.params["since"]) - NOW_MS)
        count = int(request.params["count"])
        return {"elements": [element(n) for n in range(2500)][first:][:count]}

    exchange.answers |= {
        "/openorders": NONE_OPEN,
        "/api/history/v2/orders": page,
        "/fills": {**GOOD["/fills"], "fills": []},
    }
    found = adapter.order("c-2499")
    assert found is not None
    assert found["status"] == "filled"
    assert adapter.order("c-2500") is None


def test_the_lookup_on_a_busy_account_reads_two_hours_of_fills(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    """A page costs 25 tokens: of 48 hours with a fill a minute it would never end."""

    def at(minutes: int) -> str:
        moment = datetime.fromtimestamp(NOW_MS / 1000 - 60 * minutes, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    rows = [fill(n, fillTime=at(n), cliOrdId=f"c-{n}") for n in range(2880)]

    def page(request: Request) -> dict[str, Any]:
        before = request.params.get("lastFillTime", "9")
        older = [row for row in rows if row["fillTime"] < before]
        return {**GOOD["/fills"], "fills": older[:100]}

    told = history_event("OrderPlaced", "new", clientId="c-300")
    exchange.answers |= {
        "/openorders": NONE_OPEN,
        "/api/history/v2/orders": {"elements": [told]},
        "/fills": page,
    }
    assert adapter.order("nobody") is None
    assert len(exchange.seen("/fills")) == 2
    found = adapter.order("c-300")
    assert found is not None
    assert (found["status"], found["filled"]) == ("filled", Decimal("0.01"))


def test_what_another_wrote_and_cannot_be_read_keeps_no_order_from_being_found(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    """Kraken tells the direction `unknown` of what it could not decode itself."""
    unknown = {"clientId": "of-a-person", "direction": "unknown"}
    told = [
        history_event("OrderPlaced", "new_user_order", **unknown),
        history_event("OrderPlaced", "new_user_order"),
    ]
    exchange.answers |= {
        "/openorders": NONE_OPEN,
        "/api/history/v2/orders": {"elements": told},
        "/api/history/v2/triggers": {
            "elements": [history_event("OrderTriggerPlaced", "new", **unknown)]
        },
    }
    found = adapter.order("c-1")
    assert found is not None
    assert found["status"] == "filled"
    assert adapter.order("c-9") is None
    with pytest.raises(errors.MalformedAnswer, match="direction"):
        adapter.order("of-a-person")


def test_an_order_between_its_placing_and_its_end_is_not_guessed(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    placed = history_event("OrderPlaced", "new", quantity="0.01", filled="0")
    exchange.answers |= {
        "/openorders": [NONE_OPEN, NONE_OPEN, GOOD["/openorders"]],
        "/api/history/v2/orders": {"elements": [placed]},
        "/fills": {**GOOD["/fills"], "fills": []},
    }
    with pytest.raises(errors.ExchangeUnavailable, match="its end is not told yet"):
        adapter.order("c-1")
    found = adapter.order("c-1")
    assert found is not None
    assert found["status"] == "partial"


def test_candles_that_are_not_closed_are_left_out(adapter: CcxtRest) -> None:
    step = 300_000
    times = [row[0] for row in adapter.candles("PF_XBTUSD", NOW_MS - 3 * step, 99)]
    assert max(times) + step <= NOW_MS < max(times) + 2 * step


def test_a_redirect_never_carries_the_key_to_another_host(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    other = CannedExchange({"/": GOOD["/accounts"]})
    exchange.answers["/accounts"] = Canned(
        "<html>", 302, {"Location": f"{other.url}/derivatives/api/v3/accounts"}
    )
    with pytest.raises(errors.ExchangeUnavailable):
        adapter.account()
    assert other.requests == []
    other.close()
