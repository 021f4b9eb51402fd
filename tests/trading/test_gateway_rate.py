"""The rate at which the real client is asked to call, against the paper exchange's own limit.

Time is the exchange's and moves by hand: a wait of the gateway's moves it, nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from adapter_cases import SYMBOL, limit_order

from core.errors import RateLimited
from core.trading.gateway.adapter import Adapter
from core.trading.gateway.ccxt_calls import Calls
from core.trading.gateway.ccxt_client import krakenfutures
from core.trading.gateway.ccxt_rest import CcxtRest
from core.trading.gateway.keys import Keys
from core.trading.gateway.limiter import ServerClock
from core.trading.paper import PaperConfig, PaperExchange, PaperServer, serve
from core.trading.synthetic import synthetic_candles


class Venue:
    """A paper exchange whose clock, and each gateway's, goes on only by waiting."""

    def __init__(self) -> None:
        candles = synthetic_candles(7, 40)
        self.exchange = PaperExchange(candles, PaperConfig(warmup=30))
        self.server: PaperServer = serve(self.exchange)
        self.start_ms, self.waited_s = self.exchange.now_ms, 0.0

    def wait(self, seconds: float) -> None:
        self.waited_s += seconds
        self.exchange.market.now_ms = self.start_ms + round(self.waited_s * 1000)

    def gateway(self) -> Adapter:
        """Return the adapter of a gateway that has just started."""
        keys = Keys(self.server.keys.api_key, self.server.keys.secret)
        clock = ServerClock(monotonic=lambda: self.waited_s)
        calls = Calls(self.server.url, keys, clock=clock)
        for limiter in (calls._limiter, calls._history):
            limiter._sleep = self.wait
        return CcxtRest(calls, (SYMBOL,))


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Venue]:
    # Of processes that begin now, however long these tests have run.
    monkeypatch.setattr("time.process_time", lambda: 0.0)
    found = Venue()
    yield found
    found.server.close()


NUMBERS = itertools.count()


def entry() -> Any:
    price, size = Decimal(60000), Decimal("0.0001")
    return limit_order(f"rate-{next(NUMBERS)}", limit_price=price, size=size)


def test_public_calls_are_not_throttled_and_ccxts_own_limiter_is_off(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled: list[object] = []
    monkeypatch.setattr(krakenfutures, "throttle", lambda *a: throttled.append(a))
    gateway = venue.gateway()
    for _ in range(60):
        gateway.tickers()
        gateway.instruments()
        assert gateway.candles(SYMBOL, venue.start_ms - 900_000, 3)
    assert venue.waited_s == 0
    gateway.account()
    assert throttled == []


def test_five_orders_a_second_are_sustained_and_none_is_refused(venue: Venue) -> None:
    gateway = venue.gateway()
    for _ in range(150):
        gateway.place(entry())
        venue.wait(0.2)
    assert len(venue.exchange.venue.live) == 150
    assert venue.waited_s < 30.3, "but for the first there was nothing to wait for"


def test_more_than_that_waits_here_and_is_not_refused_there(venue: Venue) -> None:
    gateway = venue.gateway()
    for _ in range(150):
        gateway.place(entry())
        gateway.account()
    assert len(venue.exchange.venue.live) == 150
    assert 150 * 12 / 50 - 10 < venue.waited_s < 150 * 12 / 38


def test_a_restarted_gateway_is_not_refused_for_what_the_first_one_spent(
    venue: Venue,
) -> None:
    first = venue.gateway()
    venue.wait(20)
    for _ in range(50):
        first.place(entry())
    before = venue.waited_s
    second = venue.gateway()
    second.positions()
    second.account()
    second.place(entry())
    assert venue.waited_s - before < 0.7, "the sustained rate, from the first call on"
    for _ in range(50):
        second.place(entry())
        second.open_orders()
    assert len(venue.exchange.venue.live) == 101


def test_what_reduces_risk_goes_at_once_after_a_restart(venue: Venue) -> None:
    first = venue.gateway()
    venue.wait(20)
    names = [entry() for _ in range(25)]
    for order in names:
        first.place(order)
    before, second = venue.waited_s, venue.gateway()
    for order in names[:24]:
        assert second.cancel(order.client_id) is not None
    assert venue.waited_s == before
    # The exchange's own limit is on: what a third one may send at once is refused there.
    third = venue.gateway()
    third.cancel("nobody")
    with pytest.raises(RateLimited, match="apiLimitExceeded"):
        third.cancel("nobody")


def test_a_start_may_look_back_at_once_and_is_not_refused_for_it(venue: Venue) -> None:
    """The history's window is ten minutes: a start cannot wait for it."""
    first = venue.gateway()
    venue.wait(600)
    for _ in range(50):
        first.ledger(0)
    before, second = venue.waited_s, venue.gateway()
    for _ in range(49):
        second.ledger(0)
    assert venue.waited_s == before
    with pytest.raises(RateLimited, match="not free within"):
        second.order_events(0)
