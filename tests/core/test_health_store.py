"""The health of modules in a real Redis, and a person's reset that reaches a running system."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from core_modules import Folder, halve
from test_events import until
from test_runtime import client, details, start

from core import health_store
from core.events import EVENTS, HEALTH, JOBS, PLACE, RUNNING, Events
from core.health import Health
from core.health_store import ResetWatch, acquit, read_healths, reset_health
from core.runtime import Runtime
from core.stores.embedded import Stores

__all__ = ["client", "start"]  # fixtures

SAFE = ', on_failure="-1"'
TRIPPED = Health(((1, "a"), (2, "b"), (3, "c")), tripped_ms=3, why="ValueError: no")


def test_what_cannot_be_read_keeps_nothing_from_being_read(client: Any) -> None:
    client.hset(HEALTH, mapping={"rsi": TRIPPED.as_text(), "ema": "{", "vwap": "{}"})
    assert read_healths(client) == {"rsi": TRIPPED}


def test_a_reset_is_of_one_module_that_needs_one(client: Any) -> None:
    client.hset(HEALTH, mapping={"rsi": TRIPPED.as_text(), "ema": TRIPPED.as_text()})
    assert reset_health(client, "rsi", 99)
    assert read_healths(client) == {"rsi": Health(reset_ms=99), "ema": TRIPPED}
    assert not reset_health(client, "rsi", 100), "nothing keeps it from running now"
    assert not reset_health(client, "vwap", 100)


def test_a_word_that_a_module_may_run_wins_over_what_was_known_before(
    client: Any, fresh_stores: Stores
) -> None:
    """Its process may write a failure just after the reset that was for it."""
    acquitted = Health(reset_ms=50)
    client.hset(HEALTH, mapping={"rsi": acquitted.as_text(), "ema": "{"})
    events = Events(fresh_stores.redis_url)
    events.keep("rsi", TRIPPED.as_text())
    for name in ("ema", "vwap"):
        events.keep(name, TRIPPED.as_text())
    events.close()
    assert events.refused == 0
    assert read_healths(client) == {"rsi": acquitted, "ema": TRIPPED, "vwap": TRIPPED}
    events = Events(fresh_stores.redis_url)
    events.keep("rsi", replace(TRIPPED, reset_ms=50).as_text())
    events.close()
    assert read_healths(client)["rsi"].tripped_ms == 3


def test_a_breaker_trips_in_a_running_system_and_a_person_resets_it(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    folder.accept("halve", halve("return x // 2", SAFE))
    with start() as runtime:
        for number in range(3):
            text = halve(f"raise ValueError({number})", SAFE)
            bad = folder.accept("halve", text, by="wick").version
            until(lambda v=bad: runtime.modules.version("halve").id == v)
            assert runtime.modules["halve"](8) == 4
        assert runtime.modules["halve"](8) == -1
        until(lambda: "halve" in read_healths(client))
        until(lambda: read_healths(client)["halve"].tripped_ms)
    (told,) = details(client, EVENTS, "breaker tripped")
    assert told["module"] == "halve"
    folder.accept("halve", halve("return x // 2", SAFE), by="wick")
    with start() as runtime:
        assert runtime.modules["halve"](8) == -1, "also after a restart"
        assert reset_health(client, "halve", 10**15)
        until(lambda: not runtime.modules.barred("halve"))
        assert runtime.modules["halve"](8) == 4


def test_what_a_redis_has_lost_is_told_again_while_the_system_runs(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    """Else nobody could reset a breaker, nor say where the system runs."""
    version = folder.accept("halve", halve("return x // 2", SAFE)).version
    with start() as runtime:
        until(lambda: client.exists(PLACE, RUNNING) == 2)
        client.hset(HEALTH, "halve", TRIPPED.as_text())
    with start() as runtime:
        for _ in range(2):
            until(lambda: client.exists(PLACE, RUNNING, HEALTH) == 3)
            time.sleep(2 * health_store.EVERY_S)  # it has looked
            client.flushdb()
        until(lambda: client.get(PLACE) == runtime.place)
        until(lambda: client.hgetall(RUNNING) == {"halve": version})
        until(lambda: read_healths(client) == {"halve": TRIPPED})
        assert runtime.modules["halve"](8) == -1
        assert reset_health(client, "halve", 10**15)
        until(lambda: runtime.modules["halve"](8) == 4)


def test_while_a_redis_takes_no_writes_nothing_is_told_again_and_again(
    client: Any, monkeypatch: pytest.MonkeyPatch, fresh_stores: Stores
) -> None:
    """What waits for it has a bound, and jobs for Wick wait there too."""
    monkeypatch.setattr(health_store, "EVERY_S", 0.02)
    lost: list[int] = []
    watch = ResetWatch(fresh_stores.redis_url, lambda *_: None, lambda: lost.append(1))
    watch.start()
    for times in (1, 2):
        client.set(PLACE, "here")
        time.sleep(0.2)
        client.delete(PLACE)
        time.sleep(0.2)
        assert len(lost) == times
    watch.stop()


def test_a_word_is_newer_than_the_one_before_whatever_the_clock_says(
    client: Any, monkeypatch: pytest.MonkeyPatch, fresh_stores: Stores
) -> None:
    """Each is compared with the one before, and a clock may be set back meanwhile."""
    monkeypatch.setattr(health_store, "EVERY_S", 0.02)
    client.hset(HEALTH, "rsi", replace(TRIPPED, reset_ms=5000).as_text())
    heard: list[Health] = []
    watch = ResetWatch(
        fresh_stores.redis_url, lambda module, health: heard.append(health)
    )
    watch.start()
    assert reset_health(client, "rsi", 99)
    until(lambda: heard == [Health(reset_ms=5001)])
    failed = Health(((1, "aa"),), unsafe="aa", reset_ms=5001)
    client.hset(HEALTH, "rsi", failed.as_text())
    acquit(client, "rsi", "aa", 99)
    until(lambda: heard[1:] == [Health(reset_ms=5002)])
    watch.stop()


def test_a_version_is_acquitted_of_its_own_failures_alone(client: Any) -> None:
    before = Health(((1, "aa"), (2, "bb")), unsafe="bb", why="TypeError: no")
    client.hset(HEALTH, mapping={"rsi": before.as_text(), "ema": TRIPPED.as_text()})
    acquit(client, "rsi", "cc", 98)
    assert read_healths(client)["rsi"] == before, "it is not the one that failed"
    acquit(client, "rsi", "bb", 99)
    assert read_healths(client)["rsi"] == Health(
        ((1, "aa"),), why="TypeError: no", reset_ms=99
    )
    acquit(client, "ema", "a", 99)
    assert read_healths(client)["ema"].tripped_ms == 3, "an open breaker stays open"
    acquit(client, "vwap", "a", 99)
    assert "vwap" not in read_healths(client)


def test_entries_go_on_when_another_module_was_at_fault(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    version = folder.accept("halve", halve("return x // 2")).version
    with start() as runtime:
        with pytest.raises(TypeError):
            runtime.modules["halve"]("8")
        assert runtime.breaker.stop_reason().startswith("halve has no safe answer")
        until(lambda: "halve" in read_healths(client))
        with pytest.raises(TypeError):
            runtime.modules["halve"]("9")
        until(lambda: len(details(client, JOBS, "failure")) == 1)
        acquit(client, "halve", version, 10**15)
        until(lambda: not runtime.breaker.stop_reason())
        with pytest.raises(TypeError):
            runtime.modules["halve"]("10")
        # By another caller's fault: a failure of its own.
        until(lambda: len(details(client, JOBS, "failure")) == 2)
        acquit(client, "halve", version, 10**15 + 1)
        until(lambda: not runtime.breaker.stop_reason())
    with start() as runtime:
        assert not runtime.breaker.stop_reason(), "also after a restart"


@pytest.mark.parametrize("word", [acquit, lambda c, n, _, ms: reset_health(c, n, ms)])
def test_what_is_accepted_runs_on_when_its_failure_is_forgotten(
    folder: Folder, start: Callable[[], Runtime], client: Any, word: Callable[..., Any]
) -> None:
    folder.accept("halve", halve("return x // 2"))
    with start() as runtime:
        text = halve("return 0 // x + x // 2")
        version = folder.accept("halve", text, by="wick").version
        until(lambda: runtime.modules.version("halve").id == version)
        assert runtime.modules["halve"](0) == 0, "the version before it answers"
        assert runtime.modules.version("halve").id != version
        until(lambda: "halve" in read_healths(client))
        word(client, "halve", version, 10**15)
        until(lambda: runtime.modules.version("halve").id == version)
