"""What happens to an entry between its being asked for and its being sent."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from canned_exchange import GOOD, OPEN_ORDER, Request
from switch_rig import Rig

from core.errors import GatewayRefused
from core.trading.gateway.limiter import Need


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    found = Rig(tmp_path, max_age_ms=-1, lag_ms=-1)
    yield found
    found.exchange.close()


def enter(rig: Rig, client_id: str = "c-1") -> Any:
    return rig.place(client_id, size="0.001")


def test_a_halt_that_comes_while_an_entry_is_checked_stops_it(rig: Rig) -> None:
    good = rig.exchange.answers["/accounts"]

    def between(_: Request) -> Any:
        rig.calls["halt"](reason="news")
        return good

    rig.exchange.answers["/accounts"] = between
    with pytest.raises(GatewayRefused, match=r"halted .news"):
        enter(rig)
    assert not rig.exchange.seen("/sendorder")
    rig.service.admin_methods()["resume"]()
    rig.exchange.answers["/accounts"] = good
    assert enter(rig)["status"] == "open", "its id is free, and it counts no more"


@pytest.mark.parametrize("stop", [None, "49000"])
def test_a_halt_that_comes_while_an_entry_waits_for_tokens_stops_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, stop: str | None
) -> None:
    enter(rig, "c-0")
    rig.exchange.requests.clear()

    def take(cost: int, need: Need = Need.READ) -> None:
        if need is Need.ENTRY:
            rig.calls["halt"](reason="news")

    with monkeypatch.context() as patched:
        patched.setattr(rig.service._adapter._calls._limiter, "take", take)
        with pytest.raises(GatewayRefused, match=r"halted .news"):
            rig.place(size="0.001", protect_price=stop)
    assert not [r for r in rig.exchange.requests if r.path.endswith("order")]
    rig.service.admin_methods()["resume"]()
    status = rig.place(size="0.001", protect_price=stop)["status"]
    assert status == "open", "its id is free"


class Clock:
    """A clock that is set by hand; `asked` tells that an entry has begun."""

    def __init__(self, rig: Rig) -> None:
        self.now_s, self.asked = 0.0, Event()
        rig.service.orders._clock = self

    def __call__(self) -> float:
        self.asked.set()
        return self.now_s


def test_an_entry_whose_check_took_too_long_is_not_sent(rig: Rig) -> None:
    clock, good = Clock(rig), rig.exchange.answers["/accounts"]

    def between(_: Request) -> Any:
        clock.now_s += 20.1
        return good

    rig.exchange.answers["/accounts"] = between
    with pytest.raises(GatewayRefused, match="decided 20 s ago"):
        enter(rig)
    assert not rig.exchange.seen("/sendorder")
    rig.exchange.answers["/accounts"] = good
    assert enter(rig)["status"] == "open"


def test_an_entry_that_waited_too_long_for_another_is_not_sent(rig: Rig) -> None:
    """Its caller has asked what became of it, and was told that it never came."""
    clock = Clock(rig)
    with ThreadPoolExecutor(1) as pool:
        with rig.service.orders._opening:
            entry = pool.submit(enter, rig)
            assert clock.asked.wait(5)
            clock.now_s = 60.0
        with pytest.raises(GatewayRefused, match="decided 60 s ago"):
            entry.result(5)
    assert rig.exchange.requests == []


@pytest.mark.parametrize("shown", [False, True])
def test_an_order_that_is_not_shown_is_not_changed(rig: Rig, shown: bool) -> None:
    """Nothing of it could be checked: it may be an entry, and entries are halted."""
    orders = {**GOOD["/openorders"], "openOrders": [OPEN_ORDER] if shown else []}
    rig.exchange.answers["/openorders"] = orders
    rig.calls["halt"](reason="news")
    given = {"size": "9", "limit_price": None, "stop_price": None}
    if shown:
        with pytest.raises(GatewayRefused, match="an entry is not changed"):
            rig.calls["edit"](client_id="c-1", **given)
    else:
        assert rig.calls["edit"](client_id="c-1", **given) is None
    assert not rig.exchange.seen("/editorder")


def test_of_an_id_that_was_refused_and_sent_again_what_was_accepted_counts(
    rig: Rig,
) -> None:
    rows = [recent("o-1", "REJECTED", 0), recent("o-2", "FULLY_EXECUTED", 1)]
    rig.exchange.answers["/orders/status"]["orders"] = rows
    found = rig.calls["order"](client_id="c-9")
    assert (found["order_id"], found["status"], found["filled"]) == ("o-2", "filled", 1)
    rows.pop()
    assert rig.calls["order"](client_id="c-9")["status"] == "rejected"


def recent(order_id: str, status: str, filled: int) -> dict[str, Any]:
    order = {
        "type": "ORDER", "orderId": order_id, "cliOrdId": "c-9", "symbol": "PF_XBTUSD",
        "side": "buy", "quantity": 1, "filled": filled,
    }  # fmt: skip
    return {"order": order, "status": status, "updateReason": None, "error": None}
