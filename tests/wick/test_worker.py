"""A worker with a real queue, real incidents and real repairs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import redis
from wick_project import (
    RECURSES,
    SUMS,
    SUMS_OTHERWISE,
    Bench,
    failure,
    pending,
    until,
)

from architect.config import read_config
from architect.lock import build_lock
from architect.wick import worker as worker_module
from architect.wick.incidents import Incident
from architect.wick.queue import Queue
from architect.wick.repair import Repair
from architect.wick.worker import MOST_DELIVERIES, Worker
from core.errors import Busy, StoreUnavailable, WriteFailed
from core.events import EVENTS, HEALTH, JOBS, RUNNING, Events
from core.health import Health
from core.health_store import reset_health
from core.manifest import read_manifest
from core.stores.embedded import Stores

STALE_MS = 400
OPENED = 1_700_000_000_000  # as `failure` says it
# A worker process that is killed when it comes to a point of its repair.
DIES = """
import functools, importlib, os, signal, sys
from architect.commands import wick
from architect.command_line import main
module, _, rest = sys.argv[2].partition(":")
owner, name = rest.split(".")
dies = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
setattr(getattr(importlib.import_module(module), owner), name, dies)
wick.Queue = functools.partial(wick.Queue, stale_ms=400)
main(["wick", "--root", sys.argv[1], "--once"])
"""


@pytest.fixture
def told() -> list[Incident]:
    return []


@pytest.fixture
def worker(
    bench: Bench, fresh_stores: Stores, told: list[Incident]
) -> Iterator[Worker]:
    url = fresh_stores.redis_url
    made = Worker(bench.session, bench.incidents, Queue(url, "one", STALE_MS), Events(url), url,
                  told.append)  # fmt: skip
    yield made
    made.events.close()
    made.queue.close()


@pytest.fixture
def client(fresh_stores: Stores) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(fresh_stores.redis_url, decode_responses=True) as made:
        yield made


@pytest.fixture
def failing(bench: Bench, client: redis.Redis) -> Callable[..., str]:
    """Return what reports a failing version, in a system that swaps in the good one."""
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)

    def report(ms: int = OPENED, **other: Any) -> str:
        job = failure(bad, **other)
        client.hset(RUNNING, "total", good)
        return give(client, job.kind, job.detail, ms)

    return report


def give(client: redis.Redis, kind: str, detail: Any, ms: int = OPENED) -> str:
    fields = {"kind": kind, "time_ms": str(ms), "detail": json.dumps(detail)}
    return str(client.xadd(JOBS, fields))  # type: ignore[arg-type]


def take(worker: Worker) -> Any:
    return until(lambda: worker.queue.take(50))


def put_off(worker: Worker) -> None:
    """Let a job come oftener than one that ends workers may, and no delivery be counted."""
    for _ in range(MOST_DELIVERIES + 2):
        job = take(worker)
        assert (job.deliveries, worker.work(job)) == (1, False)


def test_a_repair_is_told_published_and_acknowledged(
    worker: Worker,
    failing: Callable[[], str],
    told: list[Incident],
    client: redis.Redis,
) -> None:
    failing()
    assert worker.work(take(worker))
    assert [i.state for i in told] == ["repaired"]
    assert pending(client) == 0
    found = worker.incidents.get(told[0].incident_id)
    assert found is not None
    assert found.events[-1][1] == "live"
    published: Any = until(lambda: client.xrange(EVENTS))
    detail = json.loads(published[-1][1]["detail"])
    assert (published[-1][1]["kind"], detail["state"]) == ("incident", "repaired")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "committed"),
    [
        ("architect.wick.trying:Trying.winner", False),
        ("architect.wick.repair:Repair._live", True),
        ("architect.wick.incidents:Incidents.close_as", True),
    ],
)
def test_a_killed_worker_repairs_nothing_twice(
    worker: Worker, failing: Callable[[], str], told: list[Incident], bench: Bench,
    fresh_stores: Stores, client: redis.Redis, point: str, committed: bool,
) -> None:  # fmt: skip
    failing()
    before = bench.session.repository.head()
    stores = {
        "DATABASE_URL": fresh_stores.database_url,
        "REDIS_URL": fresh_stores.redis_url,
    }
    command = [sys.executable, "-c", DIES, str(bench.project.root), point]
    died = subprocess.run(command, env={**os.environ, **stores}, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (bench.session.repository.head() == before) is not committed
    assert [i.state for i in bench.incidents.all()] == ["open"]
    # Its claim is as old as its last beat; ours asks for older ones only.
    assert worker.work(take(worker))
    assert [i.state for i in told] == ["repaired"]
    assert [i.state for i in bench.incidents.all()] == ["repaired"]
    log = bench.session.repository.log(bench.project.module("total"))
    assert [c.subject.split()[0] for c in log] == ["Repair", "Accept", "Build"]
    assert pending(client) == 0
    assert bench.dirt() == []


def test_a_fault_of_ours_ends_the_story_and_not_the_worker(
    worker: Worker,
    failing: Callable[..., str],
    told: list[Incident],
    client: redis.Redis,
) -> None:
    failing(arguments=None, contained=None, outcome=None)
    give(client, "failure", {"module": "total", "version": "x"})
    give(client, "polish", {"module": "total"})
    for _ in range(3):
        assert worker.work(take(worker))
    assert [i.state for i in told] == ["repaired", "unrepaired", "unrepaired"]
    assert pending(client) == 0


def test_a_job_that_ended_several_workers_is_given_up(
    worker: Worker, failing: Callable[[], str], told: list[Incident]
) -> None:
    failing()
    assert worker.work(replace(take(worker), deliveries=MOST_DELIVERIES + 1))
    assert [i.state for i in told] == ["unrepaired"]


def test_a_failure_after_a_callers_breach_is_not_taken_for_it(
    worker: Worker, failing: Callable[..., str], told: list[Incident]
) -> None:
    """Both have the key of one module, version and hour. Further breaches open nothing."""
    breach = {
        "outcome": "requires",
        "error": "RequiresError: total requires start >= 0",
    }
    failing(key="k", **breach)
    failing(OPENED + 1, key="k", **breach)
    failing(OPENED + 2, key="k")
    for _ in range(3):
        assert worker.work(take(worker))
    assert [i.state for i in told] == ["explained", "explained", "repaired"]
    assert told[0].incident_id == told[1].incident_id


def test_a_failure_after_a_reset_is_repaired_within_the_same_hour(
    worker: Worker, failing: Callable[..., str], told: list[Incident],
    client: redis.Redis,
) -> None:  # fmt: skip
    client.hset(HEALTH, "total", Health(tripped_ms=OPENED - 1).as_text())
    for ms in (OPENED, OPENED + 1):
        failing(ms, key="k")
        assert worker.work(take(worker))
    assert reset_health(client, "total", OPENED + 2)
    failing(OPENED + 3, key="k")
    assert worker.work(take(worker))
    assert [i.state for i in told] == ["unrepaired", "unrepaired", "repaired"]
    assert told[0].incident_id == told[1].incident_id


@pytest.mark.parametrize("deliveries", [1, MOST_DELIVERIES + 1])
def test_a_second_failure_that_is_given_up_leaves_no_incident_open(
    worker: Worker, failing: Callable[..., str], told: list[Incident],
    bench: Bench, monkeypatch: pytest.MonkeyPatch, deliveries: int,
) -> None:  # fmt: skip
    """Its incident is not the one of its key, which was repaired earlier in the hour."""
    for ms in (OPENED, OPENED + 1):
        failing(ms, key="k")
    assert worker.work(take(worker))
    job = take(worker)

    def broken(self: Repair, *_: object) -> None:
        assert self.incidents.of(job.id)
        raise ValueError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(Repair, "_repair", broken)
        if deliveries > 1:  # a worker before this one began, and died
            with pytest.raises(ValueError, match="ours"):
                worker._handle(job)
        assert worker.work(replace(job, deliveries=deliveries))
    assert [i.state for i in told] == ["repaired", "unrepaired"]
    assert [i.state for i in bench.incidents.all()] == ["unrepaired", "repaired"]


def test_a_job_waits_while_postgres_is_away(
    worker: Worker, failing: Callable[[], str], told: list[Incident], client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    failing()

    def away(*_: object) -> Any:
        raise psycopg.OperationalError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(worker.incidents, "_run", away)
        assert not worker.work(take(worker))
    assert (told, pending(client)) == ([], 1)
    assert worker.work(take(worker))
    assert [i.state for i in told] == ["repaired"]


@pytest.mark.parametrize(
    "fault",
    [
        psycopg.OperationalError("the connection is lost"),
        StoreUnavailable("no Postgres answers"),
        WriteFailed("cannot write it: No space left on device"),
    ],
)
def test_a_job_that_waits_for_a_store_or_the_disk_did_not_end_its_workers(
    worker: Worker, failing: Callable[[], str], told: list[Incident],
    monkeypatch: pytest.MonkeyPatch, fault: Exception,
) -> None:  # fmt: skip
    """However long that takes: it is not given up as a job that ends workers."""
    failing()

    def away(*_: object, **__: object) -> Any:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(worker.incidents, "open", away)
        put_off(worker)
    assert worker.work(take(worker))
    assert [i.state for i in told] == ["repaired"]


def test_what_postgres_refuses_is_given_up_after_some_tries(
    worker: Worker, failing: Callable[[], str], told: list[Incident],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    failing()

    def refused(*_: object, **__: object) -> Any:
        raise psycopg.DataError("no such number")

    with monkeypatch.context() as patch:
        patch.setattr(Repair, "handle", refused)
        for tries in range(1, MOST_DELIVERIES + 1):
            job = take(worker)
            assert (job.deliveries, worker.work(job)) == (tries, False)
    assert worker.work(take(worker))
    assert [i.state for i in told] == ["unrepaired"]


def test_each_job_has_a_runs_budget_of_its_own(
    worker: Worker, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker lives for weeks: its models would be asked no more after a few dollars."""
    runs: list[str] = []
    asked: list[Any] = []

    def handle(*_: object) -> None:
        live = worker.session.models.live
        assert live is not None
        asked.append(live)
        monkeypatch.setattr(live, "close", lambda: asked.remove(live))
        budget = live._budget
        budget.reserve(budget.run_usd, "code", "total", "code")
        runs.append(budget.run)

    monkeypatch.setattr(Repair, "handle", handle)
    worker.session.config = read_config(
        worker.session.project,
        {"LLM_API_KEY": "k", "LLM_MODEL": "small", "LLM_PRICE_IN_USD": "1",
         "LLM_PRICE_OUT_USD": "1"},
    )  # fmt: skip
    for number in range(2):
        give(client, "failure", {"module": "total", "version": str(number)})
        assert worker.work(take(worker))
    assert len({*runs}) == 2
    # The connections of the first are closed; those of the last when the session ends.
    assert asked == [worker.session.models.live]
    asked.clear()
    monkeypatch.undo()


def test_it_works_until_it_is_stopped(
    worker: Worker, bench: Bench, told: list[Incident], client: redis.Redis
) -> None:
    bench.accept("total", SUMS)
    digest = bench.save("total", SUMS_OTHERWISE)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        give(client, "save", {"module": "total", "sha256": digest, "running": "x"})
        until(lambda: told)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert [i.state for i in told] == ["accepted"]
    assert read_manifest(bench.project.manifest).modules["total"].file == digest


def test_it_draws_nothing_while_somebody_waits_for_a_build(
    worker: Worker, bench: Bench, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []

    def drawing(_: object) -> Iterator[str]:
        for number in range(3):
            steps.append(number)
            yield "total"

    monkeypatch.setattr(worker_module, "warming", drawing)
    monkeypatch.setattr(worker_module, "WAIT_MS", 20)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    try:
        with build_lock(bench.project):
            thread.start()
            looks = []
            monkeypatch.setattr(
                worker.queue, "take", lambda _: looks.append(0) or time.sleep(0.005)
            )
            until(lambda: len(looks) > 20)
            assert steps == []
        until(lambda: [k for _, k in client.xrange(EVENTS) if k["kind"] == "warm"])
    finally:
        stop.set()
        thread.join(10)
    assert steps == [0, 1, 2]


def test_what_fails_while_it_draws_ends_no_worker(
    worker: Worker, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawing(_: object) -> Iterator[str]:
        yield "total"
        raise RecursionError("of a spec's own")

    monkeypatch.setattr(worker_module, "warming", drawing)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        until(lambda: [k for _, k in client.xrange(EVENTS) if k["kind"] == "warm"])
        assert thread.is_alive()
    finally:
        stop.set()
        thread.join(10)


def test_a_job_that_has_to_wait_for_the_remote_waits_as_long_as_it_takes(
    worker: Worker,
    failing: Callable[[], str],
    told: list[Incident],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its repair is committed: it is not given up as a job that ends workers."""
    failing()

    def unreachable(_: str) -> None:
        raise Busy("a repair is not pushed: git fetch failed")

    with monkeypatch.context() as changed:
        changed.setattr(worker.abroad, "bring_home", unreachable)
        put_off(worker)
    assert worker.work(take(worker))
    assert [incident.state for incident in told] == ["repaired"]
