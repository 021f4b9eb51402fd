"""Jobs from a real Redis stream: none lost, none done twice, whoever dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from wick_project import pending, until

from architect.wick.queue import GROUP, Job, Queue
from core.events import JOBS, TRADES
from core.stores.embedded import Stores, start

STALE_MS = 300
# Takes one job, says so, and holds it until it is killed.
HOLDER = """
import sys, time
from architect.wick.queue import Queue
queue = Queue(sys.argv[1], "holder", stale_ms=300)
job = queue.take(5000)
with queue.hold(job):
    print(job.id, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def client(fresh_stores: Stores) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(fresh_stores.redis_url, decode_responses=True) as made:
        yield made


@pytest.fixture
def queue(fresh_stores: Stores) -> Iterator[Callable[[str], Queue]]:
    made: list[Queue] = []

    def make(worker: str) -> Queue:
        made.append(Queue(fresh_stores.redis_url, worker, STALE_MS))
        return made[-1]

    yield make
    for one in made:
        one.close()


def give(
    client: redis.Redis, module: str = "rsi", stream: str = JOBS, **other: str
) -> str:
    fields = {
        "kind": "save",
        "time_ms": "1",
        "detail": json.dumps({"module": module, "subject": module}),
        **other,
    }
    return str(client.xadd(stream, fields))  # type: ignore[arg-type]


def test_a_job_goes_to_one_worker_and_is_gone_when_it_is_done(
    client: redis.Redis, queue: Callable[[str], Queue]
) -> None:
    one, two = queue("one"), queue("two")
    job_id = give(client)
    job = one.take(100)
    assert job == Job(job_id, "save", 1, {"module": "rsi", "subject": "rsi"})
    assert two.take(10) is None
    assert pending(client) == 1
    with one.hold(job):
        pass
    assert pending(client) == 0


def test_what_failed_in_a_trade_waits_for_a_module_that_failed(
    client: redis.Redis, queue: Callable[[str], Queue]
) -> None:
    one = queue("one")
    give(client, "PF_XBTUSD", TRADES, kind="trade")
    give(client, "rsi", kind="failure")
    give(client, "ema", kind="failure")
    first, second = one.take(10), one.take_urgent()
    assert first is not None
    assert second is not None
    assert [first.module, second.module] == ["rsi", "ema"]
    assert one.take_urgent() is None, "a trade is not urgent"
    third = one.take(10)
    assert third is not None
    assert (third.module, third.stream) == ("PF_XBTUSD", TRADES)
    with one.hold(third):
        pass
    assert client.xpending(TRADES, GROUP)["pending"] == 0  # type: ignore[index]


def test_a_job_given_before_any_worker_is_not_lost(
    client: redis.Redis, queue: Callable[[str], Queue]
) -> None:
    job_id = give(client)
    job = queue("late").take(100)
    assert job is not None
    assert job.id == job_id


def test_a_job_whose_work_failed_is_delivered_again(
    client: redis.Redis, queue: Callable[[str], Queue]
) -> None:
    give(client)
    one = queue("one")
    job = one.take(100)
    assert job is not None
    with pytest.raises(OSError, match="no"), one.hold(job):
        raise OSError("no")
    again = until(lambda: one.take(10))
    assert isinstance(again, Job)
    assert (again.id, again.deliveries) == (job.id, 2)


@pytest.mark.alone
@pytest.mark.alone
def test_the_job_of_a_killed_worker_is_taken_over_with_its_module(
    client: redis.Redis, queue: Callable[[str], Queue], fresh_stores: Stores
) -> None:
    job_id = give(client)
    command = [sys.executable, "-c", HOLDER, fresh_stores.redis_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == job_id
        other = queue("other")
        # While it lives, its claim stays fresh for longer than stale_ms.
        end = time.monotonic() + 3 * STALE_MS / 1000
        while time.monotonic() < end:
            assert other.take(20) is None
        os.kill(holder.pid, signal.SIGKILL)
    started = time.monotonic()
    job = until(lambda: other.take(20))
    assert isinstance(job, Job)
    assert (job.id, job.deliveries) == (job_id, 2)
    with other.hold(job):
        pass
    assert time.monotonic() - started < 3
    assert pending(client) == 0
    assert other.take(10) is None


def test_many_workers_do_every_job_once(
    client: redis.Redis, queue: Callable[[str], Queue]
) -> None:
    ids = [give(client, f"module_{n % 3}") for n in range(40)]
    done: list[str] = []
    at_work: dict[str, int] = {}

    def work(one: Queue) -> None:
        while (job := one.take(50)) is not None:
            with one.hold(job):
                at_work[job.module] = at_work.get(job.module, 0) + 1
                assert at_work[job.module] == 1
                done.append(job.id)
                at_work[job.module] -= 1

    threads = [threading.Thread(target=work, args=(queue(f"w{n}"),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(ids)
    assert pending(client) == 0


@pytest.mark.alone
def test_a_module_is_worked_on_by_one_worker_at_a_time(
    client: redis.Redis, queue: Callable[[str], Queue]
) -> None:
    give(client, "rsi")
    give(client, "rsi")
    give(client, "ema")
    one, two, three = queue("one"), queue("two"), queue("three")
    first, second, other = one.take(100), two.take(100), three.take(100)
    assert first
    assert second
    assert other
    entered = threading.Event()

    def enter() -> None:
        with two.hold(second):
            entered.set()

    thread = threading.Thread(target=enter)
    with one.hold(first):
        thread.start()
        with three.hold(other):
            pass
        # Longer than the lock would live if nobody kept it fresh.
        assert not entered.wait(2 * STALE_MS / 1000)
    thread.join(5)
    assert entered.is_set()


@pytest.mark.parametrize(
    "other",
    [{"detail": "no json"}, {"detail": "[]"}, {"detail": "{}"}, {"time_ms": "soon"}],
)
def test_what_is_no_job_is_put_away(
    client: redis.Redis, queue: Callable[[str], Queue], other: dict[str, str]
) -> None:
    give(client, **other)
    job_id = give(client)
    one = queue("one")
    job = one.take(100) or one.take(100)
    assert job is not None
    assert job.id == job_id
    assert pending(client) == 1


def test_a_purge_of_the_stream_is_survived(
    client: redis.Redis, queue: Callable[[str], Queue]
) -> None:
    one = queue("one")
    client.delete(JOBS)
    assert one.take(10) is None
    job_id = give(client)
    job = one.take(100)
    assert job is not None
    assert job.id == job_id


def test_redis_may_be_away_and_come_back(reachable_tmp: Path) -> None:
    folder = reachable_tmp / "away"
    with start(folder) as pair:
        queue = Queue(pair.redis_url, "one", STALE_MS)
        with redis.Redis.from_url(pair.redis_url) as client:
            give(client)
        job = queue.take(100)
        assert job is not None
    with pytest.raises(redis.RedisError):
        queue.take(10)
    with start(folder):
        again = until(lambda: queue.take(10))
        assert isinstance(again, Job)
        assert again.id == job.id
        with queue.hold(again):
            pass
        assert queue.take(10) is None
    queue.close()
