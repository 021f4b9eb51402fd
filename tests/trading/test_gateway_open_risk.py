"""Open risk as the gateway computes it, by hand-made rows, and its limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.trading.gateway.open_risk import open_risk_usd, order_risk_usd
from core.trading.gateway.order import Order

XBT, ETH = "PF_XBTUSD", "PF_ETHUSD"
MARKS = {XBT: Decimal(100), ETH: Decimal(10)}


def held(size: str, symbol: str = XBT) -> dict[str, Any]:
    return {"symbol": symbol, "size": Decimal(size), "entry_price": Decimal(90)}


def order(kind: str, side: str, size: str, **changes: Any) -> dict[str, Any]:
    row = {
        "client_id": "c-1",
        "symbol": XBT,
        "side": side,
        "kind": kind,
        "size": Decimal(size),
        "filled": Decimal(0),
        "limit_price": None,
        "stop_price": None,
        "reduce_only": True,
    }
    return {**row, **changes}


def stop(side: str, size: str, price: str, **changes: Any) -> dict[str, Any]:
    given = {"stop_price": Decimal(price), **changes}
    return {**order("stop", side, size), **given}


def entry(side: str, size: str, price: str, **changes: Any) -> dict[str, Any]:
    given = {"reduce_only": False, "limit_price": Decimal(price), **changes}
    return order("limit", side, size, **given)


@pytest.mark.parametrize(
    ("positions", "orders", "risk"),
    [
        ([], [], "0"),
        ([held("2")], [], "200"),
        ([held("2")], [stop("sell", "2", "95")], "10"),
        ([held("-2")], [stop("buy", "2", "104")], "8"),
        ([held("2")], [stop("sell", "9", "95")], "10"),
        # A part is covered, the rest is at risk whole.
        ([held("2")], [stop("sell", "0.5", "90")], "155"),
        # The nearest stop goes first.
        ([held("2")], [stop("sell", "2", "80"), stop("sell", "1", "99")], "21"),
        ([held("-2")], [stop("buy", "2", "120"), stop("buy", "1", "101")], "21"),
        # Beyond the mark already: it is being carried out.
        ([held("2")], [stop("sell", "2", "101")], "0"),
        # What looks like a stop and is none.
        ([held("2")], [stop("buy", "2", "95")], "200"),
        ([held("2")], [stop("sell", "2", "95", reduce_only=False)], "400"),
        ([held("2")], [stop("sell", "2", "95", kind="take_profit")], "200"),
        ([held("2")], [stop("sell", "2", "95", symbol=ETH)], "200"),
        ([held("2")], [stop("sell", "2", "95", limit_price=Decimal(999))], "200"),
        ([held("2")], [stop("sell", "2", "95", filled=Decimal("1.5"))], "152.5"),
        # Entries that rest: with their stop, and without.
        ([], [entry("buy", "3", "98")], "300"),
        (
            [],
            [entry("buy", "3", "98"), stop("sell", "3", "97", client_id="c-1-stop")],
            "9",
        ),
        # Its stop covers what it is large enough for, the rest is at risk whole.
        (
            [],
            [entry("buy", "3", "98"), stop("sell", "1", "97", client_id="c-1-stop")],
            "203",
        ),
        (
            [],
            [
                entry("buy", "3", "98", filled=Decimal(1)),
                stop("sell", "3", "97", client_id="c-1-stop", filled=Decimal(2)),
            ],
            "103",
        ),
        ([], [entry("sell", "3", "102")], "306"),
        (
            [],
            [entry("sell", "3", "102"), stop("buy", "2", "103", client_id="c-1-stop")],
            "108",
        ),
        (
            [],
            [entry("sell", "3", "102"), stop("buy", "3", "103", client_id="c-1-stop")],
            "9",
        ),
        # A stop that waits for its entry covers no position.
        (
            [held("1")],
            [entry("buy", "1", "98"), stop("sell", "1", "97", client_id="c-1-stop")],
            "103",
        ),
        ([held("5", "PF_NEWUSD")], [], "450"),
    ],
)
def test_open_risk_is_what_the_stops_leave_to_lose(
    positions: list[Any], orders: list[Any], risk: str
) -> None:
    assert open_risk_usd(positions, orders, MARKS) == Decimal(risk)


@pytest.mark.parametrize(
    ("side", "limit", "stop_price", "risk"),
    [
        # From the worst price that it allows: a buy pays up to it, a sell takes down to it.
        ("buy", "105", "99", "12"),
        ("sell", "95", "101", "12"),
        # One that waits beyond the mark may be filled at the mark, at the latest when it moves.
        ("buy", "98", "97", "6"),
        ("sell", "102", "103", "6"),
        ("buy", None, "97", "6"),
        ("sell", None, "103", "6"),
        # Without a stop it is at risk whole.
        ("buy", "105", None, "210"),
        ("sell", "95", None, "200"),
    ],
)
def test_a_sell_risks_what_its_mirrored_buy_does(
    side: str, limit: str | None, stop_price: str | None, risk: str
) -> None:
    kind = "market" if limit is None else "ioc"
    prices = [Decimal(p) if p is not None else None for p in (limit, stop_price)]
    sent = Order(
        "c-1", XBT, side, Decimal(2), kind, prices[0], None, False, None, prices[1]
    )
    assert order_risk_usd(sent, Decimal(100)) == Decimal(risk)
