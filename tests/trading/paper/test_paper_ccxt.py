"""The unmodified ccxt client against the server, over real HTTP, call by call."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ccxt  # type: ignore[import-untyped]
import pytest
from paper_market import SOL, XBT, ccxt_client

from core.trading.paper import PaperConfig, PaperExchange, PaperServer, serve
from core.trading.synthetic import synthetic_candles

BTC = "BTC/USD:USD"
Traded = tuple[PaperServer, Any]


@pytest.fixture
def traded() -> Iterator[Traded]:
    """A server over 600 synthetic candles, 300 of them closed, and a client."""
    with serve(PaperExchange(synthetic_candles(3, 600), PaperConfig())) as server:
        client = ccxt_client(server)
        yield server, client
        client.close()


def control(server: PaperServer, method: str, path: str, body: Any = None) -> Any:
    """Make a control call."""
    request = urllib.request.Request(
        server.url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"X-Paper-Token": server.keys.control_token},
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def test_markets_have_their_ticks_steps_and_leverage_tiers(traded: Traded) -> None:
    _, client = traded
    markets = client.load_markets()
    assert list(markets) == [BTC, "ETH/USD:USD", "SOL/USD:USD"]
    assert markets[BTC]["precision"] == {"amount": 0.0001, "price": 1.0}
    assert markets[BTC]["contractSize"] == 1
    assert markets[BTC]["swap"]
    assert client.fetch_leverage_tiers()[BTC][0]["maxLeverage"] == 50


def test_market_data_agree_with_each_other(traded: Traded) -> None:
    server, client = traded
    ticker = client.fetch_ticker(BTC)
    candles = client.fetch_ohlcv(BTC, "5m", since=server.exchange.market.start_ms)
    book = client.fetch_order_book(BTC)
    assert len(candles) == 300
    assert candles[-1][4] == ticker["last"]
    assert candles[-1][0] + 300_000 == server.exchange.now_ms
    assert book["bids"][0][0] == ticker["bid"] < ticker["ask"] == book["asks"][0][0]
    assert client.fetch_tickers()[BTC]["last"] == ticker["last"]
    assert sum(row[5] for row in candles[-288:]) == pytest.approx(ticker["baseVolume"])
    assert client.fetch_trades(BTC)[-1]["price"] == ticker["last"]


def test_candles_without_a_start_are_the_newest_and_longer_ones_are_merged(
    traded: Traded,
) -> None:
    server, client = traded
    newest = client.fetch_ohlcv(BTC, "5m", limit=12)
    hour = client.fetch_ohlcv(BTC, "1h", since=server.exchange.market.start_ms)[-1]
    assert [row[0] for row in newest][-1] == server.exchange.now_ms - 300_000
    assert hour[1:5] == [
        newest[0][1],
        max(row[2] for row in newest),
        min(row[3] for row in newest),
        newest[-1][4],
    ]


def test_funding_rates_are_relative_and_agree_with_their_history(
    traded: Traded,
) -> None:
    server, client = traded
    rate = client.fetch_funding_rates([BTC])[BTC]["fundingRate"]
    past = client.fetch_funding_rate_history(BTC)
    assert past[-1]["timestamp"] == server.exchange.now_ms // 3_600_000 * 3_600_000
    assert rate == pytest.approx(past[-1]["fundingRate"], rel=0.01)


def test_a_market_order_shows_in_every_answer(traded: Traded) -> None:
    _, client = traded
    order = client.create_order(BTC, "market", "buy", 0.01, params={"cliOrdId": "m1"})
    assert (order["status"], order["filled"]) == ("closed", 0.01)
    position = client.fetch_positions()[0]
    assert (position["side"], position["contracts"]) == ("long", 0.01)
    assert position["entryPrice"] == order["average"]
    trade = client.fetch_my_trades()[0]
    assert (trade["order"], trade["price"]) == (order["id"], order["average"])
    assert trade["info"]["cliOrdId"] == "m1"
    entry = client.fetch_ledger()[0]
    assert entry["fee"]["cost"] == pytest.approx(0.01 * order["average"] * 0.0005)
    flex = client.fetch_balance()["info"]["accounts"]["flex"]
    assert flex["balanceValue"] == entry["after"]
    assert flex["portfolioValue"] == pytest.approx(flex["balanceValue"] + flex["pnl"])
    assert client.fetch_closed_orders()[0]["id"] == order["id"]
    assert client.fetch_order(order["id"])["status"] == "closed"


def test_resting_orders_are_listed_found_changed_and_cancelled(traded: Traded) -> None:
    _, client = traded
    limit = client.fetch_ticker(BTC)["last"] - 500
    order = client.create_order(BTC, "limit", "buy", 0.01, limit, {"cliOrdId": "l1"})
    assert (order["status"], order["remaining"]) == ("open", 0.01)
    listed = client.fetch_open_orders()[0]
    assert (listed["id"], listed["clientOrderId"]) == (order["id"], "l1")
    assert listed["info"]["limitPrice"] == limit
    assert client.fetch_order(order["id"])["status"] == "open"
    by_client_id = client.fetch_orders(params={"cliOrdIds": "l1"})
    assert [found["id"] for found in by_client_id] == [order["id"]]
    edited = client.edit_order(order["id"], BTC, "limit", "buy", 0.02, limit - 1)
    assert edited["amount"] == 0.02
    assert client.cancel_order(order["id"])["status"] == "canceled"
    assert client.fetch_open_orders() == []
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(order["id"])


def test_an_order_is_cancelled_by_its_client_id(traded: Traded) -> None:
    _, client = traded
    client.create_order(BTC, "limit", "buy", 0.01, 80_000, {"cliOrdId": "c1"})
    client.load_markets()
    answer = client.private_post_cancelorder({"cliOrdId": "c1"})
    assert answer["cancelStatus"]["status"] == "cancelled"


def test_trigger_orders_are_placed_and_show_their_trigger(traded: Traded) -> None:
    _, client = traded
    last = client.fetch_ticker(BTC)["last"]
    client.create_order(BTC, "market", "buy", 0.01)
    stop = {"stopLossPrice": last - 5000, "triggerSignal": "mark"}
    profit = {"takeProfitPrice": last + 5000, "triggerSignal": "mark"}
    placed = [
        client.create_order(BTC, "market", "sell", 0.01, params=params)
        for params in (stop, profit)
    ]
    assert [order["triggerPrice"] for order in placed] == [last - 5000, last + 5000]
    kinds = [order["info"]["orderType"] for order in client.fetch_open_orders()]
    assert kinds == ["stp", "take_profit"]


def test_batches_and_cancelling_all(traded: Traded) -> None:
    _, client = traded
    last = client.fetch_ticker(BTC)["last"]
    row = {"symbol": BTC, "type": "limit", "side": "buy", "amount": 0.001}
    prices = [last - 100, last - 200, last * 2]
    orders = client.create_orders([{**row, "price": price} for price in prices])
    assert [order["status"] for order in orders] == ["open", "open", "rejected"]
    cancelled = client.cancel_orders([orders[0]["id"]])
    assert cancelled[0]["status"] == "canceled"
    assert len(client.cancel_all_orders(BTC)) == 1
    assert client.fetch_open_orders() == []


def test_the_dead_mans_switch_tells_when_it_triggers(traded: Traded) -> None:
    _, client = traded
    status = client.cancel_all_orders_after(60_000)["status"]
    times = client.parse8601(status["triggerTime"]), client.parse8601(
        status["currentTime"]
    )
    assert times[0] - times[1] == 60_000
    assert client.cancel_all_orders_after(0)["status"]["triggerTime"] == "0"


def test_leverage_preferences_are_kept_and_taken_away(traded: Traded) -> None:
    _, client = traded
    client.set_leverage(5, BTC)
    assert client.fetch_leverage(BTC)["longLeverage"] == 5
    assert client.fetch_leverages()[BTC]["longLeverage"] == 5
    client.private_put_leveragepreferences({"symbol": XBT})
    assert client.fetch_leverages() == {}


def test_histories_follow_a_trade_to_its_end(traded: Traded) -> None:
    server, client = traded
    client.create_order(BTC, "market", "buy", 0.01)
    control(server, "POST", "/paper/step", {"candles": 13})
    client.create_order(BTC, "market", "sell", 0.01)
    closed = client.fetch_positions_history([BTC])
    assert [row["contracts"] for row in closed] == [0.01]
    funding = client.fetch_funding_history(BTC)
    assert len(funding) == 1
    logs = client.fetch_ledger(since=server.exchange.market.start_ms)
    kinds = [row["info"]["info"] for row in logs]
    assert kinds == ["futures trade", "funding rate change", "futures trade"]
    changes = sum(r["after"] - r["before"] for r in logs)
    assert changes == pytest.approx(logs[-1]["after"] - 10_000)
    assert client.fetch_trading_fees()[BTC]["taker"] == 0.0005


@pytest.mark.parametrize(
    ("kind", "amount", "price", "params", "error"),
    [
        ("market", 100, None, {}, ccxt.InsufficientFunds),
        ("limit", 0.01, 1_000_000, {}, ccxt.InvalidOrder),
        ("limit", 0.01, 99_000, {"postOnly": True}, ccxt.OrderImmediatelyFillable),
        ("limit", 0.01, 90_000, {"timeInForce": "ioc"}, ccxt.OrderNotFillable),
        ("market", 0.01, None, {"reduceOnly": True}, ccxt.ExchangeError),
        ("market", 0.01, None, {"triggerSignal": "x"}, ccxt.BadRequest),
    ],
)
def test_refusals_arrive_as_the_clients_own_errors(
    traded: Traded,
    kind: str,
    amount: float,
    price: float | None,
    params: Any,
    error: Any,
) -> None:
    _, client = traded
    with pytest.raises(error):
        client.create_order(BTC, kind, "buy", amount, price, params)
    assert client.fetch_positions() == []


def test_a_client_id_sent_twice_is_a_duplicate(traded: Traded) -> None:
    _, client = traded
    client.create_order(BTC, "market", "buy", 0.01, params={"cliOrdId": "once"})
    with pytest.raises(ccxt.DuplicateOrderId):
        client.create_order(BTC, "market", "buy", 0.01, params={"cliOrdId": "once"})
    assert client.fetch_positions()[0]["contracts"] == 0.01


def test_fills_come_in_pages_of_the_newest_hundred(traded: Traded) -> None:
    server, client = traded
    server.api.exchange.venue.config = PaperConfig(rate_limited=False)
    for _ in range(4):
        for _ in range(30):
            _fill_once(server)
        server.exchange.step()
    client.load_markets()
    newest = client.private_get_fills()["fills"]
    assert len(newest) == 100
    assert newest[0]["fillTime"] > newest[-1]["fillTime"]
    older = client.private_get_fills({"lastFillTime": newest[-1]["fillTime"]})["fills"]
    assert all(fill["fillTime"] < newest[-1]["fillTime"] for fill in older)


def _fill_once(server: PaperServer) -> None:
    from paper_market import order

    side = "sell" if server.exchange.books.holdings[SOL].size > 0 else "buy"
    server.exchange.send(order(side, "0.1", symbol=SOL))


def test_the_control_calls_step_time_and_tell_the_truth(traded: Traded) -> None:
    server, client = traded
    client.create_order(BTC, "market", "buy", 0.01)
    answer = control(server, "POST", "/paper/step", {"candles": 10_000})
    assert (answer["stepped"], answer["has_next"]) == (300, False)
    state = control(server, "GET", "/paper/state")
    money = {k: Decimal(v) for k, v in state.items() if k.endswith("_usd")}
    assert money["balance_usd"] == (
        money["start_balance_usd"]
        + money["realised_usd"]
        + money["funding_usd"]
        - money["fees_usd"]
    )
    assert money["equity_usd"] == (
        money["balance_usd"] + money["floating_usd"] + money["unrealised_funding_usd"]
    )
    assert len(state["fills"]) == state["fill_count"] == 1
    assert state["positions"][0]["size"] == "0.01"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/paper/step", {"candles": 0}),
        ("/paper/step", {"candles": "many"}),
        ("/paper/fault", {"match": "*"}),
        ("/paper/fault", {"name": "no_such_fault"}),
        ("/paper/fault", {"name": "slow", "times": "often"}),
    ],
)
def test_a_control_call_that_cannot_be_meant_is_refused(
    traded: Traded, path: str, body: Any
) -> None:
    server, _ = traded
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(server, "POST", path, body)
    assert refused.value.code == 400
    assert json.load(refused.value)["error"]
    refused.value.close()


def test_the_control_calls_want_their_own_token(traded: Traded) -> None:
    server, _ = traded
    request = urllib.request.Request(server.url + "/paper/state")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 401
    refused.value.close()
