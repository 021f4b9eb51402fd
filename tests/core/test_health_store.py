"""The health of modules in a real Redis, and a person's reset that reaches a running system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from core_modules import Folder, halve
from test_events import until
from test_runtime import client, details, start

from core.events import EVENTS, HEALTH, JOBS
from core.health import Health
from core.health_store import acquit, read_healths, reset_health
from core.runtime import Runtime

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
