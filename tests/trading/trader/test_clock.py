"""The clocks: they let the loop say that it lives, and end at once when it is to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from core.trading.candles import Candles
from core.trading.paper import PaperConfig, PaperExchange
from core.trading.paper.server import PaperServer, serve
from core.trading.synthetic import synthetic_candles
from core.trading.trader import clock as clocks
from core.trading.trader.clock import BEAT_S, PaperClock, RealClock
from core.trading.trader.config import CANDLE_MS


def test_the_loop_is_heard_of_while_a_candle_is_waited_for() -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        clock.now_ms = lambda: now + int(sum(waited) * 1000)  # type: ignore[method-assign]
        return False

    clock = RealClock(wait)
    beats: list[int] = []
    clock.between = lambda: beats.append(1)
    now = 7 * CANDLE_MS + 1
    clock.now_ms = lambda: now  # type: ignore[method-assign]
    assert clock.next_close_ms() == 8 * CANDLE_MS
    assert len(beats) == len(waited) >= CANDLE_MS / 1000 / BEAT_S
    assert max(waited) <= BEAT_S


def test_a_machine_that_slept_wakes_at_the_newest_candle() -> None:
    now = 7 * CANDLE_MS + 1

    def wait(seconds: float) -> bool:
        clock.now_ms = lambda: 19 * CANDLE_MS + 1900  # type: ignore[method-assign]
        return False

    clock = RealClock(wait)
    clock.now_ms = lambda: now  # type: ignore[method-assign]
    # Its last candle has not settled yet.
    assert clock.next_close_ms() == 18 * CANDLE_MS


def test_a_clock_that_steps_back_a_little_tells_no_candle_twice() -> None:
    now = 7 * CANDLE_MS + 1

    def wait(seconds: float) -> bool:
        nonlocal now
        now += int(seconds * 1000) + 1
        return False

    clock = RealClock(wait)
    clock.now_ms = lambda: now  # type: ignore[method-assign]
    assert clock.next_close_ms() == 8 * CANDLE_MS
    now -= 3000
    assert clock.next_close_ms() == 9 * CANDLE_MS
    # After a long way back the candles are those of the new time.
    now -= 4 * CANDLE_MS
    assert clock.next_close_ms() == 6 * CANDLE_MS


def test_a_clock_that_is_set_back_by_hours_keeps_no_candle_waiting() -> None:
    now, ahead = 7 * CANDLE_MS + 1, 24 * CANDLE_MS
    real = now

    def wait(seconds: float) -> bool:
        nonlocal real, ahead
        real += int(seconds * 1000) + 1
        if real > now + 30_000:
            ahead = 0
        return False

    clock = RealClock(wait)
    clock.now_ms = lambda: real + ahead  # type: ignore[method-assign]
    assert clock.next_close_ms() == 8 * CANDLE_MS
    assert real < 8 * CANDLE_MS + 5000


def test_a_stop_ends_the_wait_at_once() -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return True

    assert RealClock(wait).next_close_ms() is None
    assert len(waited) == 1


@pytest.fixture
def paper() -> Iterator[PaperServer]:
    exchange = PaperExchange(synthetic_candles(1, 110), PaperConfig(warmup=100))
    with serve(exchange) as server:
        yield server


@contextmanager
def paper_clock(
    paper: PaperServer, pace_s: float, wait: Callable[[float], object] = time.sleep
) -> Iterator[PaperClock]:
    with closing(
        PaperClock(paper.url, paper.keys.control_token, pace_s, wait)
    ) as clock:
        yield clock


def test_candles_of_a_paper_market_come_at_the_pace_that_is_asked_for(
    paper: PaperServer,
) -> None:
    with paper_clock(paper, 0.2) as clock:
        began, start_ms = time.monotonic(), clock.now_ms()
        closes = [clock.next_close_ms() for _ in range(3)]
    assert closes == [start_ms + CANDLE_MS * number for number in (1, 2, 3)]
    assert time.monotonic() - began >= 0.6


def test_a_slow_paper_market_lets_the_loop_say_that_it_lives(
    paper: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "BEAT_S", 0.05)
    beats: list[float] = []
    with paper_clock(paper, 0.5) as clock:
        clock.between = lambda: beats.append(time.monotonic())
        clock.next_close_ms()
    assert len(beats) >= 3


def test_a_stop_ends_the_wait_for_a_paper_candle_without_a_step(
    paper: PaperServer,
) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return True

    count = paper.exchange.market.count
    with paper_clock(paper, 600.0, wait) as clock:
        assert clock.next_close_ms() is None
    assert (len(waited), paper.exchange.market.count) == (1, count)


def test_without_a_pace_nothing_is_waited_for(paper: PaperServer) -> None:
    def wait(seconds: float) -> bool:
        raise AssertionError(seconds)

    with paper_clock(paper, 0.0, wait) as clock:
        closes = [clock.next_close_ms() for _ in range(11)]
    assert closes[-1] is None
    assert None not in closes[:-1]


class _Source:
    """Candles that come while they are waited for, so many at a time."""

    def __init__(self, *counts: int) -> None:
        self.counts, self.known = list(counts), 100

    def newer(self) -> dict[str, Candles] | None:
        self.known += self.counts.pop(0)
        whole = synthetic_candles(1, 110)
        return {
            symbol: c.between(int(c.time_ms[0]), int(c.time_ms[self.known]))
            for symbol, c in whole.items()
        }


def test_a_market_that_follows_another_is_waited_for_and_its_newest_candle_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clocks, "BEAT_S", 0.0)
    source, waited, beats = _Source(0, 0, 3, 0, 1), list[float](), list[int]()
    first = synthetic_candles(1, 110)
    known = {s: c.between(0, int(c.time_ms[100])) for s, c in first.items()}
    config = PaperConfig(warmup=100)
    exchange = PaperExchange(known, config, source)  # type: ignore[arg-type]

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) > 4

    with serve(exchange) as server, paper_clock(server, 0.0, wait) as clock:
        clock.between = lambda: beats.append(1)
        start_ms = clock.now_ms()
        assert clock.next_close_ms() == start_ms + 3 * CANDLE_MS
        assert waited == [clocks.LOOK_S] * 2
        assert len(beats) >= 3
        assert clock.next_close_ms() == start_ms + 4 * CANDLE_MS
        source.counts = [0] * 9
        assert clock.next_close_ms() is None
        assert len(waited) == 5
