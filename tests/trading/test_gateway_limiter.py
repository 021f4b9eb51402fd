"""The budget holds in the exchange's time, real or simulated."""

from __future__ import annotations

import pytest

from core.errors import RateLimited
from core.trading.gateway.limiter import SPENT_BEFORE, Need, RateLimiter, ServerClock
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
        limit.take(10, Need.EXIT)
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
        limit.take(10, Need.EXIT)
    with pytest.raises(RateLimited):
        limit.take(10, Need.EXIT)


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


def test_a_machine_whose_clock_is_fast_does_not_run_ahead_of_the_exchange() -> None:
    """By 50 millionths and over 20 days, with an answer each 10 s that takes 50 ms."""
    began, true_ms = 1_700_000_000_000, [1_700_000_000_000]
    clock = ServerClock(lambda: (true_ms[0] - began) / 1000 * (1 + 50e-6))
    for true_ms[0] in range(began, began + 20 * 86_400_000, 10_000):
        clock.observe(true_ms[0] - 50)
        assert clock.now_ms() <= true_ms[0]


def test_a_late_answer_does_not_turn_the_clock_back_when_a_minute_begins() -> None:
    now = [0.0]
    clock = ServerClock(monotonic=lambda: now[0])
    clock.observe(1_000_000)
    for now[0] in (61.0, 119.0):
        clock.observe(round(now[0] * 1000) + 999_000)
        assert clock.now_ms() == round(now[0] * 1000) + 1_000_000
    now[0] = 122.0
    clock.observe(1_121_500)
    assert clock.now_ms() == 1_121_500
    now[0] = 300.0
    clock.observe(1_298_000)
    assert clock.now_ms() == 1_298_000, "what is older than two minutes tells nothing"


def test_a_clock_that_steps_back_frees_no_budget(time: FakeTime) -> None:
    limit = limiter(time, max_wait_s=0)
    limit.take(400)
    time.ms -= 20
    with pytest.raises(RateLimited):
        limit.take(400)
    time.ms += 10_000
    limit.take(400)


def test_five_orders_a_second_are_sustained_and_kraken_refuses_none(
    time: FakeTime,
) -> None:
    """Kraken's pool refills evenly; the window must never ask it for what it lacks."""
    limit, kraken = limiter(time, max_wait_s=20), TokenPool()
    started = time.ms
    for _ in range(500):
        limit.take(10, Need.EXIT)
        assert kraken.spend(10, time.ms)
        time.ms += 200
    assert 500 / ((time.ms - started) / 1000) > 4.9
    assert time.slept_s < 1


def test_a_burst_is_held_back_before_kraken_refuses_it(time: FakeTime) -> None:
    limit, kraken = limiter(time, max_wait_s=20), TokenPool()
    for number in range(400):
        limit.take(10 if number % 3 else 25, Need.EXIT)
        assert kraken.spend(10 if number % 3 else 25, time.ms)


def process(time: FakeTime, lived_ms: int = 0) -> RateLimiter:
    """Return the limiter of a process that has just begun."""
    return RateLimiter(
        lambda: time.ms,
        sleep=time.sleep,
        max_wait_s=20,
        spent_before=SPENT_BEFORE,
        lived_ms=lived_ms,
    )


@pytest.mark.parametrize("need", [Need.READ, Need.ENTRY])
def test_a_new_process_is_never_refused_for_what_the_one_before_spent(
    time: FakeTime, need: Need
) -> None:
    """From the first call on it goes as fast as can be sustained, and no faster."""
    kraken = TokenPool()
    assert kraken.spend(500, time.ms)
    limit, started, spent = process(time), time.ms, 0
    while time.ms < started + 30_000:
        limit.take(2, need)
        spent += 2
        assert kraken.spend(2, time.ms), f"after {time.ms - started} ms"
    assert spent > 0.95 * (500 if need is Need.ENTRY else 380) * 3


def test_what_reduces_risk_does_not_wait_after_a_restart(time: FakeTime) -> None:
    kraken = TokenPool()
    assert kraken.spend(250, time.ms)
    limit = process(time)
    for _ in range(24):
        limit.take(10, Need.EXIT)
        assert kraken.spend(10, time.ms)
    assert time.slept_s == 0
    limit.take(10, Need.EXIT)
    assert time.slept_s < 0.5
    assert kraken.spend(10, time.ms)


def test_exits_of_a_new_process_are_seen_by_its_readings(time: FakeTime) -> None:
    limit = process(time)
    for _ in range(25):
        limit.take(10, Need.EXIT)
    limit.take(2)
    assert time.slept_s > 6, "250 of the 380 that readings may take in ten seconds"


def test_a_process_that_has_lived_for_a_window_owes_nothing(time: FakeTime) -> None:
    limit = process(time, lived_ms=10_000)
    limit.take(380)
    assert time.slept_s == 0


def test_the_first_answer_is_no_jump_in_the_time_that_has_passed() -> None:
    now = [5.0]
    clock = ServerClock(monotonic=lambda: now[0])
    now[0] = 5.25
    assert clock.elapsed_ms() == 250
    clock.observe(1_700_000_000_000)
    assert clock.elapsed_ms() == 250
    now[0] = 6.0
    clock.observe(1_700_000_300_000)
    assert clock.elapsed_ms() == 300_250, "simulated time counts as time"
