"""An exchange of canned answers, and the adapter of Kraken's REST before it."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from adapter_cases import kraken_rest
from canned_exchange import GOOD, CannedExchange

from core.trading.gateway.ccxt_rest import CcxtRest


@pytest.fixture
def exchange() -> Iterator[CannedExchange]:
    """An exchange that gives good answers, until a test changes one."""
    server = CannedExchange(copy.deepcopy(GOOD))
    yield server
    server.close()


@pytest.fixture
def adapter(exchange: CannedExchange) -> CcxtRest:
    """The adapter of that exchange."""
    return kraken_rest(exchange.url)
