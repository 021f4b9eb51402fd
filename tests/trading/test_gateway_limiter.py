"""The budget holds in the exchange's time, real or simulated."""

from __future__ import annotations

import pytest

from core.errors import RateLimited
from core.trading.gateway.limiter import RateLimiter, ServerClock
from core.trading.paper.limiter import TokenPool


class FakeTime:
    """A clock that moves when someone sleeps."""

    def __init__(self) -> None:
        self.ms = 1_000_000
        self.slept_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds
        self.ms += round(seconds * 1000)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def limiter(time: FakeTime, **options: float) -> RateLimiter:
    return RateLimiter(lambda: time.ms, sleep=time.sleep, reserve=100, **options)


def test_no_window_of_ten_seconds_passes_the_budget(time: FakeTime) -> None:
    limit = limiter(time, max_wait_s=20)
    spent = []
    for _ in range(200):
        limit.take(10, urgent=True)
        spent.append(time.ms)
        time.ms += 7
    for end in spent:
        assert sum(10 for at in spent if end - 10_000 < at <= end) <= 500


def test_reads_leave_the_reserve_to_orders(time: FakeTime) -> None:
    limit = limiter(time, max_wait_s=0.1)
    for _ in range(200):
        limit.take(2)
    with pytest.raises(RateLimited, match="2 tokens are not free"):
        limit.take(2)
    for _ in range(10):
        limit.take(10, urgent=True)
    with pytest.raises(RateLimited):
        limit.take(10, urgent=True)


def test_public_calls_are_free(time: FakeTime) -> None:
    limit = limiter(time, max_wait_s=0)
    limit.take(400)
    for _ in range(10_000):
        limit.take(0)
    assert time.slept_s == 0


def test_simulated_time_that_jumps_frees_the_budget_at_once(time: FakeTime) -> None:
    limit = limiter(time, max_wait_s=1)
    for _ in range(100):
        limit.take(400)
        time.ms += 300_000
    assert time.slept_s == 0


def test_time_that_goes_back_does_not_lock_the_budget(time: FakeTime) -> None:
    limit = limiter(time, max_wait_s=1)
    limit.take(400)
    time.ms -= 500_000
    limit.take(400)


def test_server_clock_follows_answers_and_never_runs_ahead() -> None:
    now = [0.0]
    clock = ServerClock(monotonic=lambda: now[0])
    clock.observe(1_000_000)
    now[0] = 2.0
    assert clock.now_ms() == 1_002_000
    clock.observe(1_001_500)
    assert clock.now_ms() == 1_002_000, "a late answer does not turn it back"
    clock.observe(1_302_000)
    assert clock.now_ms() == 1_302_000
    clock.observe(500_000)
    assert clock.now_ms() == 500_000, "another run of the exchange does"


def test_five_orders_a_second_are_sustained_and_kraken_refuses_none(
    time: FakeTime,
) -> None:
    """Kraken's pool refills evenly; the window must never ask it for what it lacks."""
    limit, kraken = limiter(time, max_wait_s=20), TokenPool()
    started = time.ms
    for _ in range(500):
        limit.take(10, urgent=True)
        assert kraken.spend(10, time.ms)
        time.ms += 200
    assert 500 / ((time.ms - started) / 1000) > 4.9
    assert time.slept_s < 1


def test_a_burst_is_held_back_before_kraken_refuses_it(time: FakeTime) -> None:
    limit, kraken = limiter(time, max_wait_s=20), TokenPool()
    for number in range(400):
        limit.take(10 if number % 3 else 25, urgent=True)
        assert kraken.spend(10 if number % 3 else 25, time.ms)
