"""What the client makes of answers of the gateway that no record can be made of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from running_gateway import order_request

from core import errors
from core.trading.gateway.socket_server import SocketServer
from core.trading.gateway_client import GatewayExchange
from generated.trading.instrument import Instrument
from generated.trading.margin_level import MarginLevel
from generated.trading.open_order import OpenOrder
from generated.trading.order_status import OrderStatus

RECORDS = {
    made.__name__: made for made in (Instrument, MarginLevel, OpenOrder, OrderStatus)
}
STATUS = {
    "client_id": "c-1",
    "order_id": "o-1",
    "symbol": "PF_XBTUSD",
    "side": "buy",
    "status": "open",
    "size": "0.01",
    "filled": "0",
    "average_price": None,
    "reason": "",
}
LEVEL = {"from_usd": "0", "initial_frac": "0.02", "maintenance_frac": "0.01"}
INSTRUMENT = {
    "symbol": "PF_XBTUSD",
    "tick_size": "1",
    "size_step": "0.0001",
    "contract_size": "1",
    "initial_margin_frac": "0.02",
    "maintenance_margin_frac": "0.01",
    "margin_levels": [LEVEL],
}


class Telling:
    """A client and what the gateway answers it, whatever it asks."""

    def __init__(self, path: Path) -> None:
        self.told: Any = None
        self._server = SocketServer(path, self._answer)
        self._server.start()
        self.port = GatewayExchange(path, RECORDS)

    def _answer(self, line: bytes) -> bytes:
        return json.dumps({"id": 1, "ok": self.told}).encode() + b"\n"

    def close(self) -> None:
        self.port.close()
        self._server.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Telling]:
    telling = Telling(tmp_path / "s")
    yield telling
    telling.close()


def test_good_answers_become_records(gateway: Telling) -> None:
    gateway.told = [INSTRUMENT]
    (instrument,) = gateway.port.instruments()
    assert instrument.margin_levels[0].initial_frac == Decimal("0.02")
    gateway.told = STATUS
    assert gateway.port.place(order_request("c-1")).status == "open"


def test_a_value_that_a_record_refuses_is_an_answer_that_cannot_be_read(
    gateway: Telling,
) -> None:
    level = {**LEVEL, "from_usd": "1000", "initial_frac": "1.5"}
    gateway.told = [{**INSTRUMENT, "margin_levels": [LEVEL, level]}]
    with pytest.raises(errors.MalformedAnswer, match="initial_frac <= 1") as caught:
        gateway.port.instruments()
    assert isinstance(caught.value.__cause__, errors.RequiresError)
    gateway.told = {**STATUS, "filled": "-1"}
    with pytest.raises(errors.MalformedAnswer, match="filled >= 0"):
        gateway.port.order("c-1")


@pytest.mark.parametrize("change", [{"filled": "-1"}, {"filled": "much"}, {"size": {}}])
def test_a_command_whose_answer_cannot_be_read_may_have_been_carried_out(
    gateway: Telling, change: dict[str, Any]
) -> None:
    gateway.told = {**STATUS, **change}
    port = gateway.port
    for command in (
        lambda: port.place(order_request("c-1")),
        lambda: port.edit("c-1", Decimal(1), None, None),
        lambda: port.cancel("c-1"),
        lambda: port.cancel_order("o-1"),
    ):
        with pytest.raises(errors.OutcomeUnknown, match="OrderStatus"):
            command()
