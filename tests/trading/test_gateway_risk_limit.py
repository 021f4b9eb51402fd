"""Open risk is limited as a part of equity, whatever of it the exchange shows."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from adapter_cases import kraken_rest
from canned_exchange import (
    FLEX,
    GOOD,
    OPEN_ORDER,
    Canned,
    CannedExchange,
    Request,
    execution,
    order_event,
    sent,
)
from running_gateway import plain_request

from core.errors import (
    ExchangeError,
    GatewayRefused,
    OrderRejected,
    OutcomeUnknown,
)
from core.trading.gateway.guard import Guard
from core.trading.gateway.heartbeat import Heartbeat
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.limits import Limits
from core.trading.gateway.service import Service
from core.trading.gateway.tripwires import Tripwires

# Of an equity of 10,000: 300 USD. Only the part of the equity is tight.
LIMITS = Limits(symbols=("PF_XBTUSD",), max_open_risk_usd=Decimal(1_000_000))
RICH = {**FLEX, "portfolioValue": 10_000}
SHORT = GOOD["/openpositions"]["openPositions"][0]
LATER = "2026-01-02T03:04:25.000Z"


class Rig:
    """A gateway's service before a canned exchange where all is flat."""

    def __init__(self, folder: Path) -> None:
        answers = copy.deepcopy(GOOD)
        answers["/accounts"]["accounts"] = {"flex": RICH}
        answers["/cancelallordersafter"]["status"]["triggerTime"] = "0"
        self.exchange = CannedExchange(answers)
        self.answers = self.exchange.answers
        self.rest()
        self.hold()
        self.folder = folder
        self.start()

    def start(self) -> None:
        """Start a gateway: another one, if there was one before."""
        folder = self.folder
        adapter = kraken_rest(self.exchange.url)
        switch = KillSwitch(folder / "halt")
        guard = Guard(LIMITS, adapter, switch, sent_file=folder / "entries.json")
        wires = Tripwires(LIMITS, adapter, switch, folder / "day.json")
        self.service = Service(adapter, guard, Heartbeat(adapter), wires)
        self.calls = self.service.methods()

    def hold(self, *rows: dict[str, Any], at: str = "2026-01-02T03:04:05.000Z") -> None:
        answer = {"openPositions": list(rows), "serverTime": at}
        self.answers["/openpositions"] = {**GOOD["/openpositions"], **answer}

    def rest(self, *rows: dict[str, Any]) -> None:
        self.answers["/openorders"] = {**GOOD["/openorders"], "openOrders": list(rows)}

    def answer_entry(self, *events: dict[str, Any]) -> None:
        answer = copy.deepcopy(GOOD["/batchorder"])
        answer["batchStatus"][0]["orderEvents"] = list(events)
        self.answers["/batchorder"] = answer

    def enter(self, name: str, stop: str = "40000", **changes: Any) -> Any:
        """Send a buy of 0.01 at 50,000: with its stop at 40,000 it risks 100 USD."""
        request = plain_request(client_id=name, protect_price=stop, **changes)
        return self.calls["place"](order=request)

    def enter_unheard(self, name: str, stop: str) -> None:
        """Send an entry whose answer is lost."""
        self.answers["/batchorder"] = Canned("", cut=True)
        with pytest.raises(OutcomeUnknown):
            self.enter(name, stop)
        self.answers["/batchorder"] = GOOD["/batchorder"]

    def leave(self, name: str) -> Any:
        """Sell 0.01 at the market."""
        request = {"kind": "market", "limit_price": None, "reduce_only": True}
        return self.calls["place"](
            order=plain_request(client_id=name, side="sell", **request)
        )


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    found = Rig(tmp_path)
    yield found
    found.exchange.close()


def stop_of(size: float, price: float, name: str = "s-1") -> dict[str, Any]:
    """Return a row of openorders: a stop that buys back a short position."""
    row = {**OPEN_ORDER, "orderType": "stop", "side": "buy", "reduceOnly": True}
    row |= {"unfilledSize": size, "filledSize": 0, "stopPrice": price}
    return row | {"limitPrice": None, "order_id": f"o-{name}", "cliOrdId": name}


def filled(amount: float) -> dict[str, Any]:
    return execution(1, amount, 50_000)


# --- the limit -----------------------------------------------------------------------


def test_an_entry_may_risk_only_its_part_of_the_equity(rig: Rig) -> None:
    said = r"max_open_risk_frac is 0\.03, with the order 300\.01 USD of 10000\.00"
    with pytest.raises(GatewayRefused, match=said):
        rig.enter("c-1", stop="19999")
    assert not rig.exchange.seen("/batchorder")
    rig.enter("c-1", stop="20000")


def test_a_position_whose_stop_was_lost_leaves_no_room_for_an_entry(rig: Rig) -> None:
    rig.hold(SHORT)
    rig.rest(stop_of(0.02, 51_000))
    rig.answer_entry(filled(0.01))
    rig.answers["/batchorder"] = Canned("<html>restart</html>", 503)
    with pytest.raises(OutcomeUnknown):
        rig.enter("c-1")
    rig.answers["/batchorder"] = GOOD["/batchorder"]
    rig.rest()
    assert rig.calls["order"](client_id="c-1")["status"] == "filled"
    with pytest.raises(GatewayRefused, match=r"max_open_risk_frac is 0\.03"):
        rig.enter("c-2")


def test_any_failed_call_makes_the_last_reading_old(rig: Rig) -> None:
    rig.hold(SHORT)
    rig.rest(stop_of(0.02, 51_000))
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", side="sell", stop="51000")
    rig.answers["/fills"] = Canned("<html>restart</html>", 503)
    with pytest.raises(ExchangeError):
        rig.calls["fills"](since_ms=0)
    rig.answers["/fills"] = GOOD["/fills"]
    rig.rest()
    with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
        rig.enter("c-2", side="sell", stop="51000")


def test_the_gateways_own_look_that_fails_makes_the_last_reading_old(rig: Rig) -> None:
    rig.hold(SHORT)
    rig.rest(stop_of(0.02, 51_000))
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", side="sell", stop="51000")
    good = rig.answers["/accounts"]
    rig.answers["/accounts"] = Canned("<html>restart</html>", 503)
    with pytest.raises(ExchangeError):
        rig.service.look()
    rig.answers["/accounts"] = good
    rig.rest()
    with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
        rig.enter("c-2", side="sell", stop="51000")


def test_an_unreadable_equity_stops_the_order_not_the_check(rig: Rig) -> None:
    rig.answers["/accounts"] = Canned("<html>maintenance</html>", 200)
    with pytest.raises(ExchangeError, match="Accounts"):
        rig.enter("c-1")
    assert not rig.exchange.seen("/batchorder")


# --- what no reading shows yet ---------------------------------------------------------


def test_an_entry_counts_until_a_reading_shows_its_position(rig: Rig) -> None:
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", stop="35000")
    with pytest.raises(GatewayRefused, match=r"300\.01"):
        rig.enter("c-2", stop="34999")
    rig.rest({**stop_of(0.01, 35_000), "side": "sell"})
    rig.calls["cancel"](client_id="c-9")  # so that the next look is a new reading
    with pytest.raises(GatewayRefused, match=r"300\.01"):
        rig.enter("c-2", stop="34999")
    long = {**SHORT, "side": "long", "size": 0.01}
    rig.hold(long)
    rig.rest({**stop_of(0.01, 35_000), "side": "sell"})
    rig.calls["cancel"](client_id="c-9")
    with pytest.raises(GatewayRefused, match=r"300\.01"):
        rig.enter("c-2", stop="34999")
    rig.enter("c-2", stop="35000")


def test_an_entry_that_is_not_shown_yet_has_the_stops_that_rest_now(rig: Rig) -> None:
    """A restart of the exchange may have lost them since the entry was answered."""
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", stop="45000")
    rig.calls["cancel"](client_id="c-9")
    with pytest.raises(GatewayRefused, match=r"max_open_risk_frac .* 550\.00 USD"):
        rig.enter("c-2", stop="45000")
    rig.rest({**stop_of(0.005, 45_000), "side": "sell"})
    rig.calls["cancel"](client_id="c-9")
    with pytest.raises(GatewayRefused, match=r"max_open_risk_frac .* 325\.00 USD"):
        rig.enter("c-2", stop="45000")
    rig.rest({**stop_of(0.01, 45_000), "side": "sell"})
    rig.calls["cancel"](client_id="c-9")
    rig.enter("c-2", stop="45000")


def test_an_answered_entry_that_no_reading_shows_is_forgotten_in_time(rig: Rig) -> None:
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", stop="20000")
    rig.hold(at=LATER)
    rig.calls["positions"]()
    rig.enter("c-2", stop="20000")


@pytest.mark.parametrize("path", ["/batchorder", "/accounts"])
def test_one_answer_with_a_time_far_ahead_forgets_no_entry(rig: Rig, path: str) -> None:
    """The next one sets the clock right, an hour back."""
    rig.answer_entry(filled(0.01))
    good = rig.answers[path]
    rig.answers[path] = {**good, "serverTime": "2026-01-02T04:04:05.000Z"}
    rig.enter("c-1", stop="20000")
    rig.answers[path] = good
    if path == "/accounts":
        # The last answer before the entry was noted, for the next gateway too.
        rig.start()
    rig.calls["cancel"](client_id="c-9")  # so that the next look is a new reading
    with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
        rig.enter("c-2", stop="20000")
    rig.hold(at=LATER)
    rig.calls["positions"]()
    rig.answers["/tickers"] = {**GOOD["/tickers"], "serverTime": LATER}
    rig.enter("c-2", stop="20000")


def test_a_slow_reading_that_began_soon_after_an_entry_does_not_forget_it(
    rig: Rig,
) -> None:
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", stop="20000")
    rig.calls["cancel"](client_id="c-9")  # so that the next look is a new reading
    rig.answers["/accounts"] = {**rig.answers["/accounts"], "serverTime": LATER}
    with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
        rig.enter("c-2", stop="20000")


@pytest.mark.parametrize(
    ("side", "limit", "stop"), [("buy", "60000", "40000"), ("sell", "40000", "60000")]
)
def test_an_entry_is_at_risk_from_its_limit_and_once_it_is_filled_from_the_mark(
    rig: Rig, side: str, limit: str, stop: str
) -> None:
    """As the loop counts what is held: else the gateway refused what that lets through."""
    rig.answer_entry(filled(0.01))
    worst = {"side": side, "kind": "ioc", "limit_price": limit}
    rig.enter("c-1", stop=stop, **worst)  # 200 USD, and 100 from the mark
    with pytest.raises(GatewayRefused, match=r"with the order 300\.01 USD"):
        rig.enter("c-2", stop=str(int(stop) + (1 if side == "sell" else -1)), **worst)
    rig.enter("c-2", stop=stop, **worst)


def test_an_entry_that_got_nothing_counts_no_more(rig: Rig) -> None:
    rig.answer_entry(order_event("CANCEL"))
    assert rig.enter("c-1", stop="20000", kind="ioc")["status"] == "cancelled"
    rig.enter("c-2", stop="20000")


def test_an_entry_that_is_asked_for_again_goes_on_to_count(rig: Rig) -> None:
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", stop="36000")
    good = rig.answers["/tickers"]

    def between(_: Request) -> Any:
        rig.calls["halt"](reason="news")
        return good

    rig.answers["/tickers"] = between
    with pytest.raises(ExchangeError):
        rig.enter("c-1", stop="36000")
    rig.answers["/tickers"] = good
    rig.service.admin_methods()["resume"]()
    with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
        rig.enter("c-2", stop="33000")


def test_only_an_exit_that_closes_something_uncounts_an_entry(rig: Rig) -> None:
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", stop="25000")
    rig.answers["/sendorder"] = sent("wouldNotReducePosition")
    with pytest.raises(OrderRejected):
        rig.leave("e-1")
    with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
        rig.enter("c-2", stop="25000")
    rig.answers["/sendorder"] = sent("placed", filled(0.01))
    rig.leave("e-2")
    rig.enter("c-2", stop="25000")


def test_an_entry_of_unknown_fate_counts_until_the_exchange_tells_it(rig: Rig) -> None:
    rig.enter_unheard("c-1", stop="20000")
    rig.answers["/fills"] = Canned("<html>maintenance</html>", 200)
    with pytest.raises(ExchangeError, match="Fills"):
        rig.enter("c-2", stop="20000")
    # Now it tells of c-1: filled, and no position shows it.
    rig.answers["/fills"] = GOOD["/fills"]
    with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
        rig.enter("c-2", stop="20000")


def test_an_entry_whose_fate_is_asked_for_long_after_it_is_shown_by_then(
    rig: Rig,
) -> None:
    """Nobody asked meanwhile, and its position has ended: nothing is kept from being changed."""
    rig.enter_unheard("c-1", stop="20000")
    rig.hold()
    for path, answer in rig.answers.items():
        if isinstance(answer, dict) and "serverTime" in answer:
            later = {**answer, "serverTime": "2026-01-02T03:24:05.000Z"}
            rig.answers[path] = later
    rig.enter("c-2", stop="20000")


def test_an_entry_that_never_came_leaves_its_room_to_others(rig: Rig) -> None:
    rig.enter_unheard("c-7", stop="20000")
    rig.enter("c-2", stop="20000")


def test_a_gateway_counts_what_the_one_before_it_sent_and_no_reading_shows(
    rig: Rig,
) -> None:
    """It died, and the exchange lost the stop of what it had entered a moment before.

    The exchange tells of two fills of 0.01.
    """
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", stop="45000")
    rig.start()
    with pytest.raises(GatewayRefused, match=r"max_open_risk_frac .* 1050\.00 USD"):
        rig.enter("c-2", stop="45000")
    rig.rest({**stop_of(0.02, 45_000), "side": "sell"})
    rig.start()
    rig.enter("c-2", stop="45000")


def test_a_gateway_counts_an_order_of_the_one_before_it_of_which_nobody_knows(
    rig: Rig,
) -> None:
    rig.enter_unheard("c-1", stop="45000")
    rig.start()
    with pytest.raises(GatewayRefused, match=r"max_open_risk_frac .* 1050\.00 USD"):
        rig.enter("c-2", stop="45000")


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_gateway_counts_nothing_of_the_one_before_it_that_is_closed_or_would_show(
    rig: Rig, is_closed: bool
) -> None:
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", stop="45000")
    if is_closed:
        rig.answers["/sendorder"] = sent("placed", filled(0.01))
        rig.leave("e-1")
    else:
        rig.hold(at=LATER)
        rig.calls["positions"]()
        tickers = {**GOOD["/tickers"], "serverTime": LATER}
        rig.answers["/tickers"] = tickers
    rig.start()
    rig.enter("c-2", stop="20000")


# --- a symbol without a price ------------------------------------------------------------


def suspend(rig: Rig) -> None:
    """Let the market be suspended, and have no price at the moment."""
    row = {"symbol": "PF_XBTUSD", "suspended": True}
    rig.answers["/tickers"] = {**GOOD["/tickers"], "tickers": [row]}


def edit(rig: Rig, name: str, stop_price: str) -> None:
    rig.calls["edit"](
        client_id=name, size=None, limit_price=None, stop_price=stop_price
    )


def test_an_entry_without_a_price_is_refused_and_its_id_is_free(rig: Rig) -> None:
    suspend(rig)
    with pytest.raises(GatewayRefused, match="PF_XBTUSD has no price at the moment"):
        rig.enter("c-1")
    rig.answers["/tickers"] = GOOD["/tickers"]
    rig.enter("c-1")


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_an_entry_that_is_not_shown_counts_by_the_last_price(
    rig: Rig, side: str
) -> None:
    rig.hold(SHORT)
    rig.rest(stop_of(0.02, 51_000))
    rig.enter("c-1", side=side, stop="25000" if side == "buy" else "75000")
    suspend(rig)
    edit(rig, "s-1", "53000")
    with pytest.raises(GatewayRefused, match=r"after the change 300\.02 USD"):
        edit(rig, "s-1", "53001")


def test_a_position_that_is_not_shown_counts_by_the_last_price(rig: Rig) -> None:
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", side="sell", stop="75000")
    rig.rest(stop_of(0.01, 75_000, "c-1-stop"))
    suspend(rig)
    edit(rig, "c-1-stop", "80000")
    with pytest.raises(GatewayRefused, match=r"after the change 300\.01 USD"):
        edit(rig, "c-1-stop", "80001")


def test_one_of_a_gateway_before_is_at_risk_whole_where_no_price_is_known(
    rig: Rig,
) -> None:
    rig.hold(SHORT)
    rig.rest(stop_of(0.02, 51_000))
    rig.enter("c-1", stop="25000")
    rests = {**order_event()["order"], "type": "ORDER"}
    told = [{"order": rests, "status": "ENTERED_BOOK"}]
    rig.answers["/orders/status"] = {**GOOD["/orders/status"], "orders": told}
    suspend(rig)
    rig.start()
    with pytest.raises(GatewayRefused, match=r"after the change 550\.00 USD"):
        edit(rig, "s-1", "53000")


def test_without_any_price_a_change_is_refused_in_plain_words(rig: Rig) -> None:
    rig.answer_entry(filled(0.01))
    rig.enter("c-1", side="sell", stop="75000")
    rig.rest(stop_of(0.01, 75_000, "c-1-stop"))
    suspend(rig)
    rig.start()
    with pytest.raises(GatewayRefused, match="PF_XBTUSD has no price to count it by"):
        edit(rig, "c-1-stop", "80000")
    edit(rig, "c-1-stop", "70000")


# --- changes of stops ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"stop_price": "65000"}, True),  # 0.02 * 15,000 = 300
        ({"stop_price": "65001"}, False),
        ({"stop_price": "50500"}, True),
        ({"size": "0.01"}, False),
        ({"size": "0.03"}, True),
        ({"size": "0.03", "stop_price": "66000"}, False),
    ],
)
def test_a_stop_is_moved_away_only_as_far_as_an_entry_may_risk(
    rig: Rig, change: dict[str, str], allowed: bool
) -> None:
    rig.hold(SHORT)
    rig.rest(stop_of(0.02, 51_000))
    given = {"size": None, "limit_price": None, "stop_price": None, **change}
    if allowed:
        rig.calls["edit"](client_id="s-1", **given)
    else:
        with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
            rig.calls["edit"](client_id="s-1", **given)
    assert len(rig.exchange.seen("/editorder")) == allowed


@pytest.mark.parametrize(("size", "allowed"), [("0.006", True), ("0.004", False)])
def test_the_stop_of_an_entry_that_rests_is_made_smaller_only_within_the_limit(
    rig: Rig, size: str, allowed: bool
) -> None:
    entry = {**OPEN_ORDER, "unfilledSize": 0.01, "filledSize": 0}
    rig.rest(entry, {**stop_of(0.01, 45_000, "c-1-stop"), "side": "sell"})
    given = {"size": size, "limit_price": None, "stop_price": None}
    if allowed:
        rig.calls["edit"](client_id="c-1-stop", **given)
    else:
        with pytest.raises(GatewayRefused, match=r"after the change 320\.00 USD"):
            rig.calls["edit"](client_id="c-1-stop", **given)
    assert len(rig.exchange.seen("/editorder")) == allowed


def test_a_stop_is_moved_nearer_even_when_too_much_is_at_risk(rig: Rig) -> None:
    rig.hold({**SHORT, "size": 2})
    rig.rest(stop_of(0.02, 51_000))
    given = {"size": None, "limit_price": None, "stop_price": "50900"}
    rig.calls["edit"](client_id="s-1", **given)
    assert rig.exchange.seen("/editorder")


@pytest.mark.parametrize("key", ["client_id", "order_id"])
def test_the_only_stop_of_a_position_is_not_cancelled(rig: Rig, key: str) -> None:
    rig.hold(SHORT)
    rig.rest(stop_of(0.02, 51_000), stop_of(0.02, 52_000, "s-2"))
    method = {"client_id": "cancel", "order_id": "cancel_order"}[key]
    prefix = {"client_id": "", "order_id": "o-"}[key]
    rig.calls[method](**{key: f"{prefix}s-1"})
    rig.rest(stop_of(0.02, 52_000, "s-2"))
    with pytest.raises(GatewayRefused, match="max_open_risk_frac"):
        rig.calls[method](**{key: f"{prefix}s-2"})
    rig.hold()
    rig.calls[method](**{key: f"{prefix}s-2"})
    assert len(rig.exchange.seen("/cancelorder")) == 2
