"""An open breaker as a person meets it: no repair, a line in status, a reset."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis
from wick_project import RECURSES, SUMS, Bench, failure

from architect.command_line import main
from architect.wick.queue import Queue
from architect.wick.worker import Worker
from core.events import HEALTH, Events
from core.health import Health
from core.health_store import read_healths
from core.stores.embedded import Stores

OPEN = Health(((1, "aa"), (2, "bb"), (3, "cc")), tripped_ms=3, why="ValueError: no")


@pytest.fixture
def client(
    bench: Bench, fresh_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> Iterator[redis.Redis]:
    monkeypatch.setenv("DATABASE_URL", fresh_stores.database_url)
    monkeypatch.setenv("REDIS_URL", fresh_stores.redis_url)
    monkeypatch.setenv("ARCHITECT_ROOT", str(bench.project.root))
    with redis.Redis.from_url(fresh_stores.redis_url, decode_responses=True) as made:
        yield made


def test_while_it_is_open_a_failure_is_told_and_nothing_is_repaired(
    bench: Bench, client: redis.Redis, fresh_stores: Stores
) -> None:
    bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    client.hset(HEALTH, "total", OPEN.as_text())
    url, told = fresh_stores.redis_url, []
    events, queue = Events(url), Queue(url, "one")
    worker = Worker(bench.session, bench.incidents, queue, events, url, told.append)
    before = bench.session.repository.head()
    assert worker.work(failure(bad))
    events.close()
    queue.close()
    found = bench.incidents.get(told[0].incident_id)
    assert found is not None
    assert found.state == "unrepaired"
    steps = {step: detail for _, step, detail in found.events}
    assert list(steps) == ["detected", "contained", "breaker open"]
    assert steps["breaker open"]["reason"] == (
        "3 versions failed within an hour (aa, bb, cc): ValueError: no"
    )
    assert "architect wick reset total" in steps["breaker open"]["hint"]
    assert bench.session.repository.head() == before


def test_status_shows_it_and_a_reset_closes_it(
    bench: Bench, client: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.accept("total", SUMS)
    client.hset(HEALTH, "total", OPEN.as_text())
    main(["status", "total"])
    assert "breaker open: 3 versions failed within an hour" in capsys.readouterr().out
    main(["status", "--json", "total"])
    assert json.loads(capsys.readouterr().out)[0]["barred"].startswith("breaker open")
    assert main(["wick", "reset", "total"]) == 0
    assert capsys.readouterr().out.startswith("total runs again")
    assert not read_healths(client)["total"].tripped_ms
    assert main(["wick", "reset", "total"]) == 1
    assert "error: nothing keeps total from running" in capsys.readouterr().err
    main(["status", "total"])
    assert "breaker" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["reset"], 2, "hint: architect wick reset NAME"),
        (["reset", "nothing"], 1, "there is no accepted module 'nothing'"),
        (["mend", "total"], 2, "invalid choice: 'mend'"),
    ],
)
def test_a_reset_of_nothing_says_what_is_wrong(
    client: redis.Redis,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    said: str,
) -> None:
    assert main(["wick", *words]) == code
    assert said in capsys.readouterr().err
