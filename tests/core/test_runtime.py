"""The runtime from end to end: real stores, real reload, a module that fails live."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import redis
from core_modules import Folder, halve
from test_events import until

from core.errors import EnsuresError, StoreUnavailable
from core.events import EVENTS, HEALTH, HELD, JOBS, RUNNING
from core.health import Health
from core.hooks import hooks
from core.manifest import Entry, sha256
from core.place import place_of
from core.project import Project
from core.runtime import Runtime
from core.spec_text import load_spec
from core.stores.embedded import Stores
from core.values import decode

GOOD = halve("return x // 2")
WRONG = halve("return x + 1 if x > 100 else x // 2")


@pytest.fixture
def client(fresh_stores: Stores) -> Iterator[Any]:
    with redis.Redis.from_url(fresh_stores.redis_url, decode_responses=True) as found:
        yield found


@pytest.fixture
def start(folder: Folder, fresh_stores: Stores) -> Callable[[], Runtime]:
    """Return a maker of runtimes on one project."""
    urls = (fresh_stores.database_url, fresh_stores.redis_url)
    return lambda: Runtime(Project(folder.root), *urls)


def details(client: Any, stream: str, kind: str) -> list[dict[str, Any]]:
    entries = [fields for _, fields in client.xrange(stream)]
    return [json.loads(f["detail"]) for f in entries if f["kind"] == kind]


def test_a_module_that_fails_live_is_contained_and_reported_as_a_job(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    good = folder.accept("halve", GOOD)
    with start() as runtime:
        until(lambda: client.hgetall(RUNNING) == {"halve": good.version})
        bad = folder.accept("halve", WRONG)
        until(lambda: runtime.modules.version("halve").id == bad.version)
        until(lambda: client.hget(RUNNING, "halve") == bad.version)
        assert runtime.modules["halve"](7) == 3
        with runtime.modules.tick():
            tick = hooks.tick
            assert runtime.modules["halve"](400) == 200
        assert runtime.swaps == 1
        until(lambda: client.hget(RUNNING, "halve") == good.version)
    assert not client.exists(RUNNING), "nothing runs any more"
    (job,) = details(client, JOBS, "failure")
    assert (job["module"], job["version"]) == ("halve", bad.version)
    assert (job["outcome"], job["module_kind"], job["tick"]) == (
        "ensures",
        "function",
        tick,
    )
    assert {n: decode(v, {}) for n, v in job["arguments"].items()} == {"x": 400}
    (told,) = details(client, EVENTS, "contained")
    assert told["contained"] == f"rolled back to {good.version}"


def test_a_call_that_never_returns_is_contained_and_reported(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    spec = folder.root / "specs/trading/halve.yaml"
    spec.write_text(
        "name: halve\nkind: function\nintent: Half.\nlimits: {time_ms: 90}\n"
        "params: {x: {type: int, meaning: a number}}\n"
        "returns: {type: int, meaning: half of it}\nexamples: [{given: {x: 2}, expect: 1}]\n"
    )
    good = folder.accept("halve", GOOD)
    with start() as runtime:
        bad = folder.accept("halve", halve("while x > 100: pass\n    return x // 2"))
        until(lambda: runtime.modules.version("halve").id == bad.version)
        assert [runtime.modules["halve"](x) for x in (7, 400)] == [3, 200]
    (job,) = details(client, JOBS, "failure")
    assert job["error"] == "DeadlineExceeded: halve used up its 90 ms and was ended"
    assert job["contained"] == f"rolled back to {good.version}"


SPEC = (
    "name: halve\nkind: function\nintent: Half.\nlimits: {{time_ms: {time_ms}}}\n"
    "params: {{x: {{type: int, meaning: a number}}}}\nmoney_path: {money}\n"
    "returns: {{type: int, meaning: half of it}}\nexamples: [{{given: {{x: 2}}, expect: 1}}]\n"
)
SLOW = "import time\n" + halve(
    "end = time.thread_time() + 0.4\n"
    "    while time.thread_time() < end: pass\n    return x // 2"
)


@pytest.mark.parametrize("first", [GOOD, SLOW])
def test_a_spec_that_is_accepted_later_brings_its_limit_and_its_money(
    folder: Folder, start: Callable[[], Runtime], client: Any, first: str
) -> None:
    """Also where it leaves the module's file as it was."""
    path = folder.root / "specs/trading/halve.yaml"

    def accept(source: str, time_ms: int, money: str) -> Entry:
        path.write_text(SPEC.format(time_ms=time_ms, money=money))
        return folder.accept("halve", source, spec=load_spec(path).digest())

    accept(first, 90, "false")
    with start() as runtime:
        assert not runtime.breaker.terms.moves_money("halve")
        slow = accept(SLOW, 5000, "true")
        until(lambda: runtime.breaker.terms.moves_money("halve"))
        until(lambda: runtime.modules.version("halve").id == slow.version)
        assert runtime.modules["halve"](8) == 4
    assert details(client, JOBS, "failure") == []


def test_every_call_is_a_row_in_postgres(
    folder: Folder, start: Callable[[], Runtime], fresh_stores: Stores
) -> None:
    folder.accept("halve", GOOD)
    with start() as runtime:
        for x in range(50):
            runtime.modules["halve"](x)
        with pytest.raises(Exception, match="requires x >= 0"):
            runtime.modules["halve"](-1)
    with psycopg.connect(fresh_stores.database_url) as connection:
        rows = connection.execute(
            "select outcome, count(*), max(args::text) from system_logs.reflections"
            " where module = 'halve' group by 1 order by 1"
        ).fetchall()
    assert [(outcome, count) for outcome, count, _ in rows] == [
        ("ok", 50),
        ("requires", 1),
    ]


def test_an_unaccepted_save_is_a_job_for_wick_and_runs_nowhere(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    good = folder.accept("halve", GOOD)
    with start() as runtime:
        folder.save("halve", WRONG)
        until(lambda: client.xlen(JOBS) == 1)
        assert runtime.modules["halve"](400) == 200
    (job,) = details(client, JOBS, "save")
    assert job == {
        "module": "halve",
        "sha256": sha256(WRONG),
        "running": good.version,
        "place": place_of(folder.root),
    }


def test_a_torn_manifest_is_told_as_trouble(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    folder.accept("halve", GOOD)
    with start() as runtime:
        folder.manifest.write_text("format: 1\nmodules: {")
        until(lambda: bool(details(client, EVENTS, "trouble")))
        assert runtime.modules["halve"](8) == 4


def test_after_the_runtime_calls_are_as_before_it(
    folder: Folder, start: Callable[[], Runtime]
) -> None:
    folder.accept("halve", WRONG)
    with start() as runtime:
        assert runtime.modules["halve"](8) == 4
    with pytest.raises(EnsuresError):
        runtime.modules["halve"](400)
    assert len(runtime.reflections.records) == 0


def test_a_project_without_modules_runs_too(
    start: Callable[[], Runtime], client: Any
) -> None:
    with start() as runtime:
        runtime.tell("hello", to="all")
    assert details(client, EVENTS, "hello") == [{"tick": hooks.tick, "to": "all"}]


def test_no_redis_is_an_error_and_leaves_nothing_running(
    folder: Folder, fresh_stores: Stores
) -> None:
    with pytest.raises(StoreUnavailable, match="Redis does not answer"):
        Runtime(Project(folder.root), fresh_stores.database_url, "unix:///none.sock")
    assert hooks.contain is None


def test_a_module_that_was_removed_runs_no_more_and_holds_nothing_up(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    """Nor does what a process that was killed has left in Redis."""
    folder.accept("halve", GOOD)
    kept = folder.accept("kept", GOOD.replace("halve", "kept"))
    client.hset(RUNNING, "left", "behind")
    with start() as runtime:
        until(lambda: set(client.hgetall(RUNNING)) == {"halve", "kept"})
        runtime.breaker.unsafe("halve", "some", "it failed")
        folder.remove("halve")
        until(lambda: client.hgetall(RUNNING) == {"kept": kept.version})
        assert runtime.modules.names == ["kept"]
        assert runtime.breaker.health("halve").unsafe == ""
        assert runtime.breaker.stop_reason() == ""
    assert [d["module"] for d in details(client, EVENTS, "removed")] == ["halve"]


USER = (
    GOOD.replace("def halve", "def quarter")
    .replace('["halve"]', '["quarter"]')
    .replace(
        "import module", "import module\nfrom generated.trading.halve import halve"
    )
)


def test_a_version_that_waits_is_told_and_runs_with_its_user(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    good = folder.accept("halve", GOOD)
    user = folder.accept("quarter", USER, uses=("halve",))
    left_out = (f"quarter@{user.version}",)
    with start() as runtime:
        new = folder.accept("halve", GOOD + "# 2\n", unjudged=left_out)
        until(lambda: client.exists(HELD))
        (text,) = client.hgetall(HELD).values()
        assert text.startswith(
            f"version {new.version} is held back: it was judged without"
        )
        assert runtime.modules.version("halve").id == good.version
        folder.accept("quarter", USER + "# 2\n", uses=("halve",))
        until(lambda: runtime.modules.version("halve").id == new.version)
        until(lambda: not client.exists(HELD))
        assert runtime.swaps == 2
    (told,) = details(client, EVENTS, "trouble")
    assert told["error"] == f"halve: {text}"


def test_a_start_keeps_from_running_what_was_not_judged_with_what_it_uses(
    folder: Folder, start: Callable[[], Runtime], client: Any
) -> None:
    """Whatever is remembered of it; its next version runs at once."""
    user = folder.accept("quarter", USER)
    folder.accept("halve", GOOD, unjudged=(f"quarter@{user.version}",))
    folder.accept("quarter", USER, uses=("halve",))
    client.hset(HEALTH, "quarter", Health(reset_ms=7).as_text())
    client.hset(HELD, "left", "behind")
    with start() as runtime:
        assert runtime.modules.barred("quarter")
        assert runtime.breaker.stop_reason().startswith("quarter has no safe answer")
        folder.accept("quarter", USER + "# 2\n", uses=("halve",))
        until(lambda: not runtime.modules.barred("quarter"))
        assert runtime.breaker.stop_reason() == ""
        assert not client.exists(HELD)
    (told,) = details(client, EVENTS, "trouble")
    assert told["error"] == (
        "quarter is kept from running: nobody has judged it with halve as accepted now; "
        "architect generate quarter"
    )
