"""A failed trade as an incident: told, its modules asked again, a suspect handed over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import redis
from wick_project import KNOWN, SUMS, Bench, until

from architect.wick.incidents import Incident
from architect.wick.queue import Job, Queue
from architect.wick.suspects import examine
from architect.wick.worker import Worker
from core.events import JOBS, Events
from core.stores.embedded import Stores

NOW, TICK = 1_700_000_000_000, 41
TRADE = {
    "purpose": "exit", "symbol": "PF_XBTUSD", "status": "rejected", "size": "2", "filled": "0",
    "reason": "postWouldExecute",
}  # fmt: skip


@pytest.fixture
def record(fresh_stores: Stores) -> Callable[..., None]:
    """Return what writes a reflection as the runtime does."""

    def write(
        module: str, version: str, args: Any, result: Any, tick: int = TICK
    ) -> None:
        with psycopg.connect(fresh_stores.database_url, autocommit=True) as connection:
            connection.execute(
                "insert into system_logs.reflections (time_ms, module, version, tick,"
                " duration_us, outcome, args, result) values (%s, %s, %s, %s, 1, 'ok', %s, %s)",
                (NOW - 50, module, version, tick, json.dumps(args), json.dumps(result)),
            )

    return write


@pytest.fixture
def work(bench: Bench, fresh_stores: Stores) -> Iterator[Callable[[Job], Incident]]:
    url, told = fresh_stores.redis_url, list[Incident]()
    events, queue = Events(url), Queue(url, "one")
    worker = Worker(bench.session, bench.incidents, queue, events, url, told.append)

    def run(job: Job) -> Incident:
        assert worker.work(job)
        found = bench.incidents.get(told[-1].incident_id)
        assert found is not None
        return found

    yield run
    events.close()
    queue.close()


def trade(entry: str = "1-0", time_ms: int = NOW, **other: Any) -> Job:
    """Return a job as the trading loop gives it."""
    detail = {
        "key": "missed-exit:PF_XBTUSD::7", "failed": "missed exit", "subject": "PF_XBTUSD",
        "lane": "explain", "severity": "critical", "urgent": True, "tick": TICK,
        "stop_entries": True, "trade": TRADE, **other,
    }  # fmt: skip
    return Job(entry, "trade", time_ms, detail)


def steps(incident: Incident) -> dict[str, dict[str, Any]]:
    return {step: detail for _, step, detail in incident.events}


def test_it_is_told_with_what_was_done_and_who_is_cleared(
    bench: Bench, record: Callable[..., None], work: Callable[[Job], Incident]
) -> None:
    version = bench.accept("total", SUMS)
    record("total", version, [[1, 2], 3], 6)
    record("total", version, [[], 3], 3)
    record("total", version, [[1], 3], 999, tick=TICK + 1)
    incident = work(trade())
    assert (incident.state, incident.kind, incident.module) == (
        "explained",
        "missed exit",
        "PF_XBTUSD",
    )
    assert incident.summary == "PF_XBTUSD: an exit did not happen: postWouldExecute"
    told = steps(incident)
    assert list(told) == ["detected", "contained", "examined", "explained"]
    assert told["detected"]["trade"] == TRADE
    assert "the exit is tried again at every tick" in told["contained"]["how"]
    assert told["contained"]["how"].endswith(
        "nothing new is entered until it is settled"
    )
    assert told["examined"] == {
        "cleared": ["total"],
        "calls": 2,
        "could_not_be_asked": {},
        "suspects": {},
    }


def test_a_module_that_fails_meanwhile_is_repaired_first(
    bench: Bench, record: Callable[..., None], work: Callable[[Job], Incident],
    fresh_stores: Stores,
) -> None:  # fmt: skip
    record("total", bench.accept("total", SUMS), [[1, 2], 3], 6)
    other = bench.accept("order_known", KNOWN)
    detail = {
        "module": "order_known", "version": other, "module_kind": "action", "trace": "",
        "outcome": "requires", "error": "RequiresError: no", "arguments": None,
        "contained": "raised", "key": "failure:order_known:1",
    }  # fmt: skip
    fields = {"kind": "failure", "time_ms": str(NOW), "detail": json.dumps(detail)}
    with redis.Redis.from_url(fresh_stores.redis_url) as client:
        client.xadd(JOBS, fields)  # type: ignore[arg-type]
    trade_told = work(trade())
    repair = bench.incidents.all()[0]
    assert (repair.module, repair.state) == ("order_known", "explained")
    assert repair.closed_ms is not None
    assert trade_told.closed_ms is not None
    assert repair.closed_ms <= trade_told.closed_ms


def test_one_that_answered_otherwise_is_named_and_handed_over(
    bench: Bench,
    record: Callable[..., None],
    work: Callable[[Job], Incident],
    fresh_stores: Stores,
) -> None:
    version = bench.accept("total", SUMS)
    record("total", version, [[1, 2], 3], 7)
    incident = work(trade())
    told = steps(incident)
    assert told["suspect"]["module"] == "total"
    assert told["suspect"]["fault"] == (
        "it answered 7 then and answers otherwise to the same inputs"
    )
    with redis.Redis.from_url(fresh_stores.redis_url, decode_responses=True) as client:
        until(lambda: client.xlen(JOBS) == 1)
        ((_, fields),) = client.xrange(JOBS)
    assert fields["kind"] == "failure"
    detail = json.loads(fields["detail"])
    assert (detail["module"], detail["version"]) == ("total", version)
    assert detail["arguments"] is not None
    assert f"in the tick of incident {incident.incident_id}" in detail["error"]


def test_what_cannot_be_asked_again_says_why(
    bench: Bench, record: Callable[..., None], fresh_stores: Stores
) -> None:
    version = bench.accept("total", SUMS)
    action = bench.accept("order_known", KNOWN)
    cut = {"type": "list", "length": 700, "first": 1, "last": 2}
    record("total", version, [cut, 3], 6)
    record("total", "0123456789ab", [[1], 3], 4)
    record("order_known", action, ["a-2"], False)
    found = examine(bench.session, fresh_stores.database_url, TICK, NOW)
    assert {(one.module, one.version): one.why_not for one in found} == {
        ("order_known", action): "it acts through ports",
        ("total", "0123456789ab"): "another version is accepted now",
        ("total", version): "its inputs were not kept in full",
    }
    assert {one.calls for one in found} == {0}


def test_the_same_failure_is_one_incident_however_often_it_is_told(
    bench: Bench, work: Callable[[Job], Incident]
) -> None:
    first = work(trade(severity="warning"))
    again = work(trade())
    assert again == first, "the same job, delivered twice"
    later = work(trade("2-0", NOW + 60_000))
    assert later.incident_id == first.incident_id
    assert steps(later)["seen again: 2-0"] == {"severity": "critical"}
    assert len(bench.incidents.all()) == 1


def test_another_failure_is_another_incident(
    bench: Bench, work: Callable[[Job], Incident]
) -> None:
    work(trade())
    other = work(
        trade("2-0", key="drift:all::7", failed="drift", subject="all symbols", trade=None,
              ours_usd="100", exchange_usd="90", stop_entries=True)
    )  # fmt: skip
    assert len(bench.incidents.all()) == 2
    assert steps(other)["detected"]["ours_usd"] == "100"
    assert other.summary == "all symbols: our books and the exchange differ"
