"""Limits hold against every order, and closing is always possible."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from adapter_cases import kraken_rest, limit_order
from canned_exchange import (
    DISARMED,
    GOOD,
    OPEN_ORDER,
    CannedExchange,
    execution,
    sent,
)
from running_gateway import plain_request

from core.environment import Environment
from core.errors import ConfigError, DuplicateOrder, GatewayRefused, OrderRejected
from core.trading.gateway import limits as gateway_limits
from core.trading.gateway.exposure import Exposure
from core.trading.gateway.guard import Guard
from core.trading.gateway.heartbeat import Heartbeat
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.limits import Limits
from core.trading.gateway.order import checked
from core.trading.gateway.service import Service
from core.trading.gateway.tripwires import Tripwires

LIMITS = Limits(
    symbols=("PF_XBTUSD",),
    max_order_usd=Decimal(1000),
    max_order_size={"PF_XBTUSD": Decimal("0.015")},
    max_open_usd=Decimal(2500),
    max_open_risk_usd=Decimal(10_000),
    max_open_risk_frac=Decimal(10),
    max_orders_per_minute=3,
)
NONE_OPEN = {**GOOD["/openorders"], "openOrders": []}
FLAT = {**GOOD["/openpositions"], "openPositions": []}


@pytest.fixture
def exchange() -> Iterator[CannedExchange]:
    answers = copy.deepcopy(GOOD) | {"/openorders": NONE_OPEN, "/openpositions": FLAT}
    server = CannedExchange(answers)
    yield server
    server.close()


@pytest.fixture
def halt(tmp_path: Path) -> KillSwitch:
    return KillSwitch(tmp_path / "halt")


@pytest.fixture
def service(exchange: CannedExchange, halt: KillSwitch, tmp_path: Path) -> Service:
    return made(LIMITS, exchange, halt, tmp_path)


def made(
    limits: Limits, exchange: CannedExchange, halt: KillSwitch, folder: Path
) -> Service:
    """Return a gateway's service within limits, as a new process would make it."""
    adapter = kraken_rest(exchange.url)
    tripwires = Tripwires(limits, adapter, halt, folder / "day.json")
    # Canned answers change within a moment, so each look is a new one.
    guard = Guard(limits, adapter, halt, Exposure(adapter, max_age_ms=-1, lag_ms=-1))
    return Service(adapter, guard, Heartbeat(adapter), tripwires)


def place(service: Service, **changes: Any) -> Any:
    return service.methods()["place"](order=plain_request(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": ""}, "client_id is empty"),
        ({"client_id": "x" * 101}, "has 101 characters, at most 100"),
        ({"client_id": "a\nb"}, "is not printable ASCII"),
        ({"client_id": None}, "client_id is empty"),
        ({"symbol": "PF_DOGEUSD"}, "'PF_DOGEUSD' is not of PF_XBTUSD"),
        ({"side": "hold"}, "side is 'hold'"),
        ({"kind": "IOC"}, "kind is 'IOC'"),
        ({"size": "0"}, "size is 0"),
        ({"size": "-1"}, "size is -1"),
        ({"size": "NaN"}, "size is NaN"),
        ({"size": "Infinity"}, "size is Infinity"),
        # Written out they would have millions of digits.
        ({"size": "1e5000000", "reduce_only": True}, "out of range"),
        ({"limit_price": "1e-5000000", "reduce_only": True}, "out of range"),
        ({"size": "much"}, "cannot be read"),
        ({"size": None}, "cannot be read"),
        ({"limit_price": None}, "needs limit_price"),
        ({"limit_price": "0"}, "limit_price is 0"),
        ({"kind": "stop", "limit_price": None}, "needs stop_price"),
        ({"kind": "market"}, "takes no limit_price"),
        (
            {"kind": "stop", "stop_price": "49000", "reduce_only": True},
            "a reduce-only stop takes no limit_price",
        ),
        (
            {"kind": "take_profit", "stop_price": "51000", "reduce_only": True},
            "a reduce-only take_profit takes no limit_price",
        ),
        ({"stop_price": "1"}, "takes no stop_price"),
        ({"reduce_only": "no"}, "reduce_only is 'no'"),
        ({"size": "0.016"}, "max_order_size of PF_XBTUSD is 0.015"),
        (
            {"size": "0.015", "limit_price": "90000"},
            "max_order_usd is 1000, the order is 1350.00",
        ),
        # A cheap limit on the selling side fills at the mark: that is what counts.
        (
            {"size": "0.015", "limit_price": "1", "side": "sell", "kind": "ioc"},
            None,
        ),
    ],
)
def test_an_order_past_a_limit_is_refused_and_never_sent(
    service: Service, exchange: CannedExchange, changes: dict[str, Any], said: str
) -> None:
    if said is None:
        exchange.answers["/sendorder"] = sent("placed", execution(1, 0.015, 50000))
        assert place(service, **changes)["filled"] == Decimal("0.015")
        return
    with pytest.raises(GatewayRefused, match=said.replace("(", "\\(")):
        place(service, **changes)
    assert not exchange.seen("/sendorder")


@pytest.mark.parametrize(
    ("side", "trigger", "protect", "allowed"),
    [
        ("buy", "55000", "54000", False),
        ("buy", "55000", "50000", False),
        ("buy", "55000", "49999", True),
        ("sell", "45000", "46000", False),
        ("sell", "45000", "50000", False),
        ("sell", "45000", "50001", True),
    ],
)
def test_a_stop_that_would_fire_at_once_protects_no_entry(
    service: Service,
    exchange: CannedExchange,
    side: str,
    trigger: str,
    protect: str,
    allowed: bool,
) -> None:
    """The mark is 50,000: beyond it the stop is gone before its entry is filled."""
    exchange.answers["/cancelallordersafter"] = DISARMED
    order = {"side": side, "kind": "stop", "limit_price": None, "stop_price": trigger}
    if allowed:
        place(service, **order, protect_price=protect)
    else:
        said = f"protect_price {protect} of a {side} lies beyond the mark of 50000"
        with pytest.raises(GatewayRefused, match=said):
            place(service, **order, protect_price=protect)
    assert len(exchange.seen("/batchorder")) == allowed


def test_open_notional_counts_positions_and_resting_orders(
    service: Service, exchange: CannedExchange
) -> None:
    exchange.answers["/openpositions"] = GOOD["/openpositions"]
    rest = {**OPEN_ORDER, "unfilledSize": 0.0198, "limitPrice": 51000}
    exchange.answers["/openorders"] = {**GOOD["/openorders"], "openOrders": [rest]}
    with pytest.raises(GatewayRefused, match=r"max_open_usd is 2500, .* 2509\.80"):
        place(service)
    rest["reduceOnly"] = True
    assert place(service)["status"] == "open"


def test_an_unreadable_position_stops_the_order_not_the_check(
    service: Service, exchange: CannedExchange
) -> None:
    exchange.answers["/openpositions"] = "<html>maintenance</html>"
    with pytest.raises(Exception, match="Openpositions"):
        place(service)
    assert not exchange.seen("/sendorder")


def test_order_rate_is_counted_by_the_minute(service: Service) -> None:
    for number in range(3):
        place(service, client_id=f"c-{number}")
    with pytest.raises(GatewayRefused, match="max_orders_per_minute is 3"):
        place(service, client_id="c-4")


def test_a_clock_that_steps_back_lets_no_more_orders_pass(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        place(service, client_id=f"c-{number}")
    earlier = service._adapter.now_ms() - 20
    monkeypatch.setattr(service._adapter, "now_ms", lambda: earlier)
    with pytest.raises(GatewayRefused, match="max_orders_per_minute is 3"):
        place(service, client_id="c-4")


def test_halted_lets_only_closing_and_cancels_pass(
    service: Service, exchange: CannedExchange
) -> None:
    runtime, admin = service.methods(), service.admin_methods()
    runtime["halt"](reason="drift of 12 USD")
    runtime["halt"](reason="another")
    with pytest.raises(GatewayRefused, match=r"halted .drift of 12 USD"):
        place(service)
    assert place(service, reduce_only=True, client_id="close")["status"] == "open"
    assert runtime["cancel"](client_id="c-1")["status"] == "cancelled"
    assert "resume" not in runtime
    admin["resume"]()
    assert admin["status"]()["halted"] is None
    assert place(service)["status"] == "open"


def test_a_touched_file_halts_and_a_restart_stays_halted(
    exchange: CannedExchange, tmp_path: Path
) -> None:
    (tmp_path / "halt").touch()
    service = made(LIMITS, exchange, KillSwitch(tmp_path / "halt"), tmp_path)
    with pytest.raises(GatewayRefused, match=r"halted .no reason given"):
        place(service)


def test_reduce_only_passes_every_limit(
    service: Service, exchange: CannedExchange
) -> None:
    big = {"size": "5", "limit_price": "90000", "reduce_only": True}
    for number in range(5):
        place(service, client_id=f"c-{number}", symbol="PF_DOGEUSD", **big)
    assert exchange.seen("/sendorder")[0].params["reduceOnly"] == "true"


def test_a_rejected_id_is_free_and_an_accepted_one_is_not(
    service: Service, exchange: CannedExchange
) -> None:
    exchange.answers["/sendorder"] = [sent("invalidPrice"), GOOD["/sendorder"]]
    with pytest.raises(OrderRejected, match="invalidPrice"):
        place(service)
    assert place(service)["status"] == "open"
    with pytest.raises(DuplicateOrder):
        place(service)
    assert len(exchange.seen("/sendorder")) == 2


def test_margin_is_pooled_once_before_the_first_order(
    service: Service, exchange: CannedExchange
) -> None:
    exchange.answers["/leveragepreferences"] = {
        **GOOD["/leveragepreferences"],
        "leveragePreferences": [{"symbol": "PF_XBTUSD", "maxLeverage": 5}],
    }
    place(service)
    place(service, client_id="c-2")
    asked = exchange.seen("/leveragepreferences")
    assert [request.method for request in asked] == ["GET", "PUT"]
    assert asked[1].params == {"symbol": "PF_XBTUSD"}


@pytest.mark.parametrize("timeout_s", [0, -1, 0.5, True, "60", None])
def test_a_sign_of_life_lasts_whole_seconds(
    service: Service, exchange: CannedExchange, timeout_s: Any
) -> None:
    with pytest.raises(GatewayRefused):
        service.methods()["keep_alive"](timeout_s=timeout_s)
    assert not exchange.requests


def test_limits_come_from_file_then_environment(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("max_order_usd: 500\nmax_order_size: {PF_XBTUSD: 0.1}\n")
    environ = {"GATEWAY_SYMBOLS": "PF_XBTUSD, PF_ETHUSD", "GATEWAY_MAX_OPEN_USD": "900"}
    limits = gateway_limits.load(file, Environment(environ))
    assert limits.symbols == ("PF_XBTUSD", "PF_ETHUSD")
    assert (limits.max_order_usd, limits.max_open_usd) == (Decimal(500), Decimal(900))
    assert limits.max_order_size == {"PF_XBTUSD": Decimal("0.1")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_order: 5", "max_order: is no known key"),
        ("max_order_usd: -5", "max_order_usd"),
        ("symbols: []", "symbols"),
        (
            "max_order_size: {PF_XBTUDS: 1}",
            "limits.yaml: max_order_size: PF_XBTUDS is none of the symbols PF_XBTUSD, PF_ETH",
        ),
        ("- 5", "not a mapping"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_wrong_limit_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "limits.yaml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        gateway_limits.load(tmp_path / "limits.yaml", Environment({}))


def test_a_wrong_limit_of_the_environment_is_named_as_it_is_set_there() -> None:
    environment = Environment({"GATEWAY_MAX_ORDER_USD": "abc"})
    said = "GATEWAY_MAX_ORDER_USD in the environment: must be a number"
    with pytest.raises(ConfigError, match=said):
        gateway_limits.load(None, environment)


def test_a_misspelt_limit_is_never_a_default_in_silence() -> None:
    environment = Environment({"GATEWAY_MAX_ORDER_USDT": "5"})
    with pytest.raises(ConfigError, match="nearest known one is GATEWAY_MAX_ORDER_USD"):
        gateway_limits.load(None, environment)


def test_a_checked_order_keeps_its_exact_numbers() -> None:
    assert checked(plain_request()) == limit_order()
