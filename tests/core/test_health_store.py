"""The health of modules in a real Redis, and a person's reset that reaches a running system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core_modules import Folder, halve
from test_events import until
from test_runtime import client, details, start

from core.events import EVENTS, HEALTH
from core.health import Health
from core.health_store import read_healths, reset_health
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
