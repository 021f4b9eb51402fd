"""Events of Kraken's order and trigger history: ours are read, others' hold nothing up."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from adapter_cases import kraken_rest
from canned_exchange import GOOD, NOW_MS, CannedExchange, history_event

from core import errors
from core.trading.gateway.ccxt_rest import CcxtRest

NONE_OPEN = {**GOOD["/openorders"], "openOrders": []}
NO_FILLS = {**GOOD["/fills"], "fills": []}


@pytest.fixture
def exchange() -> Iterator[CannedExchange]:
    server = CannedExchange(
        {**copy.deepcopy(GOOD), "/openorders": NONE_OPEN, "/fills": NO_FILLS}
    )
    yield server
    server.close()


@pytest.fixture
def adapter(exchange: CannedExchange) -> CcxtRest:
    return kraken_rest(exchange.url)


def trigger(client_id: str = "c-1", **changes: Any) -> dict[str, Any]:
    """Return a trigger order as the history tells it: it has no figure of what is filled."""
    placed = history_event("OrderTriggerPlaced", "new_user_order")
    order = placed["event"]["OrderTriggerPlaced"]["order"]
    told = {key: value for key, value in order.items() if key != "filled"}
    return {**told, "quantity": "0.01", "clientId": client_id, **changes}


def element(kind: str, **body: Any) -> dict[str, Any]:
    """Return one element of the trigger history."""
    return {"uid": "u", "timestamp": NOW_MS, "event": {kind: body}}


def updated(client_id: str = "c-1", *, key: str = "OrderTrigger") -> dict[str, Any]:
    """Return the edit of a trigger, whose two states stand under old* and new*."""
    states = {
        f"old{key}": trigger(client_id),
        f"new{key}": trigger(client_id, quantity="0.02"),
    }
    return element("OrderTriggerUpdated", **states, reason="edited_by_user")


def edit_rejected(client_id: str) -> dict[str, Any]:
    return element(
        "OrderTriggerEditRejected",
        attemptedOrderTrigger=trigger(client_id),
        oldOrderTrigger=trigger(client_id),
        reason="edited_by_user",
        orderError="WOULD_EXECUTE_IMMEDIATELY",
    )


def cancelled(client_id: str = "c-1") -> dict[str, Any]:
    return element("OrderTriggerCancelled", order=trigger(client_id), reason="by_user")


def triggers(exchange: CannedExchange, *elements: dict[str, Any]) -> None:
    exchange.answers["/api/history/v2/triggers"] = {"elements": list(elements)}


@pytest.mark.parametrize("key", ["OrderTrigger", "Order"])
def test_an_edit_of_a_trigger_is_read_under_either_name(
    adapter: CcxtRest, exchange: CannedExchange, key: str
) -> None:
    triggers(exchange, updated(key=key))
    (told,) = adapter.order_events(0)
    assert (told["kind"], told["client_id"], told["order_id"]) == (
        *("changed", "c-1"),
        "o-1",
    )
    triggers(exchange, updated(key=key), cancelled())
    found = adapter.order("c-1")
    assert found is not None
    assert (found["status"], found["size"]) == ("cancelled", Decimal("0.02"))


def test_a_refused_edit_of_a_trigger_changes_nothing(
    adapter: CcxtRest, exchange: CannedExchange
) -> None:
    triggers(exchange, edit_rejected("c-1"), cancelled())
    assert [row["kind"] for row in adapter.order_events(0)] == ["cancelled"]
    found = adapter.order("c-1")
    assert found is not None
    assert (found["status"], found["size"]) == ("cancelled", Decimal("0.01"))


@pytest.mark.parametrize(
    "of_another",
    [
        updated("of-a-person"),
        updated("of-a-person", key="Thing"),
        updated(""),
        edit_rejected("of-a-person"),
        element("OrderTriggerDreamt", dream=trigger("of-a-person")),
        element("OrderTriggerDreamt", orderId="o-7"),
    ],
)
def test_what_was_told_of_another_order_keeps_none_from_being_looked_up(
    adapter: CcxtRest, exchange: CannedExchange, of_another: dict[str, Any]
) -> None:
    triggers(exchange, of_another)
    assert adapter.order("c-1") is None
    triggers(exchange, of_another, cancelled())
    found = adapter.order("c-1")
    assert found is not None
    assert found["status"] == "cancelled"


@pytest.mark.parametrize(
    "unreadable",
    [
        element("OrderTriggerDreamt", dream=trigger()),
        element("OrderTriggerDreamt", ids=["c-0", "c-1"]),
        updated(key="Thing"),
        # Whose these are cannot be told.
        element("OrderTriggerUpdated", reason="edited_by_user"),
        {"uid": "u", "timestamp": NOW_MS, "event": {}},
        {"uid": "u", "timestamp": NOW_MS},
    ],
)
def test_what_names_the_order_or_may_be_its_own_must_be_readable(
    adapter: CcxtRest, exchange: CannedExchange, unreadable: dict[str, Any]
) -> None:
    triggers(exchange, unreadable, cancelled())
    with pytest.raises(errors.MalformedAnswer):
        adapter.order("c-1")
