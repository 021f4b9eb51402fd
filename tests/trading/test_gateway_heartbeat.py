"""The dead man's switch and the watch over the loop, while orders are on their way.

On the real service and client; a canned answer that is asked for is the moment between.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from canned_exchange import GOOD, OPEN_ORDER, Canned, Request
from switch_rig import Rig

SWITCH = "/cancelallordersafter"
ENTRY = {**OPEN_ORDER, "cliOrdId": "of-others", "reduceOnly": False}
ENTRY |= {"unfilledSize": 0.0001, "filledSize": 0}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    found = Rig(tmp_path, max_age_ms=-1, lag_ms=-1)
    found.exchange.answers[SWITCH] = switched
    found.exchange.answers["/openorders"]["openOrders"] = [ENTRY]
    yield found
    found.exchange.close()


def switched(request: Request) -> Any:
    """Answer as the exchange does, armed or disarmed."""
    trigger = "0" if request.params["timeout"] == "0" else "2026-01-02T03:05:05.000Z"
    good = GOOD[SWITCH]
    return {**good, "status": {**good["status"], "triggerTime": trigger}}


def timeouts(rig: Rig) -> list[str]:
    return [request.params["timeout"] for request in rig.exchange.seen(SWITCH)]


@pytest.mark.parametrize("reduce_only", [True, False])
def test_nothing_is_armed_while_a_stop_is_on_its_way(
    rig: Rig, reduce_only: bool
) -> None:
    """The beat's reading would not show it, and the switch would take it."""
    rig.calls["keep_alive"](timeout_s=60)
    assert timeouts(rig) == ["60"]
    path = "/sendorder" if reduce_only else "/batchorder"
    good = rig.exchange.answers[path]

    def between(_: Request) -> Any:
        rig.calls["keep_alive"](timeout_s=60)
        return good

    rig.exchange.answers[path] = between
    if reduce_only:
        stop = {"kind": "stop", "stop_price": "49000", "limit_price": None}
        rig.place(side="sell", reduce_only=True, **stop)
    else:
        rig.place(protect_price="49000")
    assert timeouts(rig) == ["60", "0"]
    rig.calls["keep_alive"](timeout_s=60)
    assert timeouts(rig) == ["60", "0", "60"], "once it is there, a reading tells"


def test_an_entry_waits_until_a_beat_has_read_and_armed(rig: Rig) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def held(_: Request) -> Any:
        reached.set()
        go_on.wait(5)
        return {**GOOD["/openpositions"], "openPositions": []}

    rig.exchange.answers["/openpositions"] = held
    beat = threading.Thread(target=rig.calls["keep_alive"], kwargs={"timeout_s": 60})
    beat.start()
    assert reached.wait(5)
    entry = threading.Thread(target=rig.place, kwargs={"protect_price": "49000"})
    entry.start()
    entry.join(0.05)
    assert not rig.exchange.seen("/batchorder")
    go_on.set()
    beat.join(5)
    entry.join(5)
    assert timeouts(rig) == ["60", "0"]


def test_the_loops_end_leaves_no_switch_armed_beside_what_rests(rig: Rig) -> None:
    rig.calls["keep_alive"](timeout_s=60)
    heartbeat = rig.service._heartbeat
    heartbeat._monotonic = lambda: float("inf")
    rig.exchange.answers[SWITCH] = Canned("<html>503</html>", 503)
    assert not heartbeat.watch()
    rig.exchange.answers[SWITCH] = switched
    assert heartbeat.watch()
    assert len(rig.exchange.seen("/cancelorder")) == 2
    assert timeouts(rig)[0] == "60"
    assert timeouts(rig)[-1] == "0"
    assert not heartbeat.state()["switch_armed"]


def test_an_entry_that_cannot_be_cancelled_holds_up_no_other(rig: Rig) -> None:
    other = {**ENTRY, "order_id": "o-2", "cliOrdId": "another"}
    rig.exchange.answers["/openorders"]["openOrders"] = [ENTRY, other]
    rig.calls["keep_alive"](timeout_s=60)
    heartbeat = rig.service._heartbeat
    heartbeat._monotonic = lambda: float("inf")
    good = rig.exchange.answers["/cancelorder"]

    def cancelled(request: Request) -> Any:
        strange = {"status": "strange", "orderEvents": []}
        first = request.params["order_id"] == "o-1"
        return {**good, "cancelStatus": strange} if first else good

    rig.exchange.answers["/cancelorder"] = cancelled
    assert not heartbeat.watch()
    asked = [r.params["order_id"] for r in rig.exchange.seen("/cancelorder")]
    assert asked == ["o-1", "o-2"]
    assert timeouts(rig) == ["60"], "the exchange's own switch may still cancel it"
    rig.exchange.answers["/cancelorder"] = good
    assert heartbeat.watch()
    assert timeouts(rig) == ["60", "0"]


def test_an_entry_on_its_way_when_the_loop_ends_is_taken_back(rig: Rig) -> None:
    rig.calls["keep_alive"](timeout_s=60)
    heartbeat, good = rig.service._heartbeat, rig.exchange.answers["/sendorder"]
    rig.exchange.answers["/openorders"]["openOrders"] = []
    rig.calls["keep_alive"](timeout_s=60)

    def between(_: Request) -> Any:
        rig.calls["keep_alive"](timeout_s=60)
        heartbeat._monotonic = lambda: float("inf")
        assert not heartbeat.watch()
        rig.exchange.answers["/openorders"]["openOrders"] = [ENTRY]
        return good

    rig.exchange.answers["/sendorder"] = between
    rig.place(size="0.001")
    assert heartbeat.watch()
    assert rig.exchange.seen("/cancelorder")
