"""The real clock: it lets the loop say that it lives, and ends at once when it is to."""

from __future__ import annotations

from core.trading.trader.clock import BEAT_S, RealClock
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


def test_a_stop_ends_the_wait_at_once() -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return True

    assert RealClock(wait).next_close_ms() is None
    assert len(waited) == 1
