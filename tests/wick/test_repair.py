"""One failure from its report to a version that is live again, on real parts."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_server import ChatServer, says
from wick_project import (
    KNOWN,
    KNOWN_OTHERWISE,
    LONG,
    RECURSES,
    RECURSES_OTHERWISE,
    SUMS,
    SUMS_OTHERWISE,
    Bench,
    failure,
    git,
)

from architect import atomic
from architect.config import read_config
from architect.gate.verdict import Verdict
from architect.pipeline import Pipeline
from architect.repository import Repository
from architect.session import Session
from architect.wick.incidents import Incident
from architect.wick.queue import Job
from architect.wick.repair import Repair
from architect.wick.trying import Trying
from core.errors import Busy, GitError, WriteFailed
from core.manifest import read_manifest

Maker = Callable[..., Bench]


def repair(bench: Bench, job: Job) -> Incident:
    """Carry out a job in a system that swaps at once; return the incident with its story."""
    done = Repair(bench.session, bench.incidents, lambda *_: True).handle(job)
    found = bench.incidents.get(done.incident_id)
    assert found is not None
    assert found.closed_ms is not None
    return found


def model_at(server: ChatServer) -> dict[str, str]:
    prices = {"LLM_PRICE_IN_USD": "0", "LLM_PRICE_OUT_USD": "0"}
    return {
        "LLM_API_URL": server.url,
        "LLM_API_KEY": "k",
        "LLM_MODEL": "small",
        **prices,
    }


def steps(incident: Incident) -> list[str]:
    return [step for _, step, _ in incident.events]


def detail(incident: Incident, start: str) -> dict[str, object]:
    return next(d for _, step, d in incident.events if step.startswith(start))


def version(bench: Bench, name: str = "total") -> str:
    return read_manifest(bench.project.manifest).modules[name].version


def test_an_earlier_accepted_version_repairs_without_a_model(bench: Bench) -> None:
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    done = repair(bench, failure(bad))
    assert done.state == "repaired"
    assert done.fixed_by == f"earlier version {good}"
    assert version(bench) == good
    assert steps(done)[:4] == ["detected", "contained", "kept", "reproduced"]
    assert steps(done)[-3:] == ["chosen", "committed", "live"]
    assert done.commit == bench.session.repository.head()
    subject, *body = git(bench.project.root, "log", "-1", "--format=%B").splitlines()
    assert subject == "Repair total: RecursionError: maximum recursion depth exceeded"
    assert f"Mended by: earlier version {good}." in body
    assert "By: wick" in body
    assert bench.dirt() == []


def test_the_smallest_failing_input_is_kept_and_refuses_the_body_for_ever(
    bench: Bench,
) -> None:
    bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    done = repair(bench, failure(bad))
    kept = bench.project.regressions / "total" / str(detail(done, "kept")["regression"])
    arguments = json.loads(kept.read_text())["arguments"]
    assert arguments["start"] == 1
    assert 400 < len(arguments["values"]) < len(LONG["values"])  # type: ignore[arg-type]
    again = bench.adopt("total", RECURSES)
    assert (again.accepted, again.stage) == (False, "regressions")
    otherwise = bench.adopt("total", RECURSES_OTHERWISE)
    assert (otherwise.accepted, otherwise.stage) == (False, "regressions")


def test_a_model_repairs_what_no_earlier_version_does(make_bench: Maker) -> None:
    with ChatServer(says(f"```python\n{SUMS}```\n")) as server:
        bench = make_bench(**model_at(server))
        bad = bench.accept("total", RECURSES)
        done = repair(bench, failure(bad))
        asked = server.requests[0].request["messages"][-1]["content"]
    assert done.state == "repaired"
    assert str(done.fixed_by).startswith("model small")
    assert len(server.requests) == 1
    assert RECURSES in asked
    assert "total raises RecursionError: maximum recursion depth exceeded" in asked
    assert "given:" in asked
    assert SUMS in bench.project.module("total").read_text()
    entry = read_manifest(bench.project.manifest).modules["total"]
    assert (entry.by, (bench.project.replies / entry.reply).is_file()) == ("wick", True)
    assert bench.dirt() == []
    recorded = repair(bench, failure(entry.version, "2-0"))  # the same version again
    assert recorded.state != "open"


def test_a_model_that_answers_wrongly_is_asked_once_and_never_accepted(
    make_bench: Maker,
) -> None:
    wrong = "return sum(values)\n"
    with ChatServer(says(f"```python\n{wrong}```\n")) as server:
        bench = make_bench(**model_at(server))
        bad = bench.accept("total", RECURSES)
        done = repair(bench, failure(bad))
    assert done.state == "unrepaired"
    assert len(server.requests) == 1
    assert version(bench) == bad
    assert "refused at contract" in str(detail(done, "clone: model")["result"])
    assert bench.dirt() == []


def test_a_model_that_answers_the_failing_body_repairs_nothing(
    make_bench: Maker,
) -> None:
    """Also where the failure cannot be reproduced, so that the gate would let it pass."""
    with ChatServer(says(f"```python\n{RECURSES}```\n")) as server:
        bench = make_bench(**model_at(server))
        bad = bench.accept("total", RECURSES)
        done = repair(bench, failure(bad, arguments=None))
    assert done.state == "unrepaired"
    assert "not reproduced" in steps(done)
    assert detail(done, "clone: model")["result"] == "the very body that failed"


def test_when_nothing_passes_the_incident_names_the_spec(bench: Bench) -> None:
    bad = bench.accept("total", RECURSES)
    done = repair(bench, failure(bad))
    assert done.state == "unrepaired"
    assert version(bench) == bad
    assert "specs/trading/total.yaml" in str(detail(done, "unrepaired")["hint"])
    assert "no model is set" in str(detail(done, "clone: model")["result"])
    # What failed is kept all the same, and git knows it.
    assert list((bench.project.regressions / "total").glob("*.json"))
    assert bench.dirt() == []


def test_an_earlier_version_that_fails_on_the_input_is_refused(bench: Bench) -> None:
    bench.accept("total", RECURSES_OTHERWISE)
    bad = bench.accept("total", RECURSES)
    done = repair(bench, failure(bad))
    assert done.state == "unrepaired"
    assert "refused at regressions" in str(detail(done, "clone: earlier")["result"])


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"outcome": "requires"}, "the caller broke"),
        ({"version": "000000000000"}, "another version is accepted"),
    ],
)
def test_what_is_not_the_modules_fault_is_explained(
    bench: Bench, other: dict[str, str], why: str
) -> None:
    bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    head = bench.session.repository.head()
    done = repair(bench, failure(**{"version": bad, **other}))  # type: ignore[arg-type]
    assert done.state == "explained"
    assert why in str(detail(done, "explained")["reason"])
    assert (version(bench), bench.session.repository.head()) == (bad, head)


def test_an_action_is_rolled_back_and_never_run_again(bench: Bench) -> None:
    good = bench.accept("order_known", KNOWN)
    bad = bench.accept("order_known", KNOWN_OTHERWISE)
    job = failure(
        bad, module="order_known", arguments={"client_id": "a"}, error="KeyError: 'x'"
    )
    done = repair(bench, job)
    assert (done.state, version(bench, "order_known")) == ("repaired", good)
    assert "never run again" in str(detail(done, "not reproduced")["reason"])
    assert not (bench.project.regressions / "order_known").exists()


def test_a_module_without_a_spec_is_an_incident_and_no_crash(bench: Bench) -> None:
    done = repair(bench, failure("abc", module="gone"))
    assert done.state == "unrepaired"
    assert "gone" in str(detail(done, "gave up")["reason"])


def test_a_job_that_comes_again_changes_nothing(bench: Bench) -> None:
    bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    first = repair(bench, failure(bad))
    head = bench.session.repository.head()
    assert repair(bench, failure(bad)) == first
    assert bench.session.repository.head() == head
    assert len(bench.incidents.all()) == 1


def test_a_worker_that_died_after_its_commit_leaves_a_repair(bench: Bench) -> None:
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)

    def die(*_: object) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Repair(bench.session, bench.incidents, die).handle(failure(bad))
    head = bench.session.repository.head()
    done = repair(bench, failure(bad))
    assert (done.state, done.commit) == ("repaired", head)
    assert done.fixed_by == f"earlier version {good}"
    assert len(set(steps(done))) == len(steps(done))


def test_a_repair_whose_push_has_to_wait_ends_when_the_job_comes_again(
    bench: Bench,
) -> None:
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)

    def away(*_: object) -> bool:
        raise Busy("a repair is not pushed: git fetch failed")

    with pytest.raises(Busy):
        Repair(bench.session, bench.incidents, away).handle(failure(bad))
    assert [one.state for one in bench.incidents.all()] == ["open"]
    done = repair(bench, failure(bad))
    assert (done.state, done.fixed_by) == ("repaired", f"earlier version {good}")


def test_a_repair_waits_for_the_end_of_a_merge(bench: Bench) -> None:
    """What git would not take does not go live, and is not given up for it."""
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    merge = bench.project.root / ".git/MERGE_HEAD"
    merge.write_text(bench.session.repository.head())
    with pytest.raises(Busy, match="waits for git: a merge is under way"):
        Repair(bench.session, bench.incidents, lambda *_: True).handle(failure(bad))
    assert version(bench) == bad
    merge.unlink()
    assert (repair(bench, failure(bad)).state, version(bench)) == ("repaired", good)
    assert bench.dirt() == []


def hook(bench: Bench, script: str) -> Path:
    made = bench.project.root / ".git/hooks/pre-commit"
    made.parent.mkdir(exist_ok=True)
    made.write_text(f"#!/bin/sh\n{script}\n")
    made.chmod(0o755)
    return made


def test_a_failure_that_comes_before_its_versions_commit_is_made_is_repaired(
    bench: Bench,
) -> None:
    good = bench.accept("total", SUMS)
    hook(bench, "sleep 1")
    other = Session(read_config(bench.project, {}))
    other.__dict__["gate"] = bench.session.gate
    accepting = threading.Thread(target=lambda: bench.accept("total", RECURSES))
    accepting.start()
    while (bad := version(bench)) == good:
        time.sleep(0.002)  # the running system swaps, and fails, at this moment
    late = Bench(bench.project, bench.incidents, other)
    done = repair(late, failure(bad))
    accepting.join()
    assert (done.state, version(bench)) == ("repaired", good)
    assert bench.dirt() == []


def test_a_failure_of_a_version_whose_commit_was_killed_is_repaired(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = bench.accept("total", SUMS)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as changed:
        changed.setattr(Repository, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            bench.accept("total", RECURSES)
    done = repair(bench, failure(version(bench)))
    assert (done.state, version(bench)) == ("repaired", good)
    assert bench.dirt() == []


def test_a_repair_waits_for_a_hook_that_refuses_its_commit(bench: Bench) -> None:
    """It is live already: it ends as a repair, and is no failure of the repair."""
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    refuses = hook(bench, "exit 1")
    for _ in range(2):
        with pytest.raises(Busy, match="waits for git: git commit failed"):
            Repair(bench.session, bench.incidents, lambda *_: True).handle(failure(bad))
    refuses.unlink()
    assert (repair(bench, failure(bad)).state, version(bench)) == ("repaired", good)
    assert bench.dirt() == []


@pytest.mark.parametrize("file", ["regressions/total/", ".py", "manifest.yaml"])
def test_a_repair_waits_while_the_disk_is_full(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """For its input, its file or its manifest: what is begun ends as a repair."""
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    replace = atomic._replace

    def full(path: Path, data: bytes) -> None:
        if file in str(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(path, data)

    with monkeypatch.context() as changed:
        changed.setattr(atomic, "_replace", full)
        for _ in range(2):
            with pytest.raises((Busy, WriteFailed), match="No space left"):
                Repair(bench.session, bench.incidents, lambda *_: True).handle(
                    failure(bad)
                )
    assert [one.state for one in bench.incidents.all()] == ["open"]
    assert (repair(bench, failure(bad)).state, version(bench)) == ("repaired", good)
    assert bench.dirt() == []


def test_a_repair_waits_for_what_another_run_began_and_git_refuses(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)

    def refuses(_: Pipeline) -> None:
        raise GitError("not today")

    with monkeypatch.context() as changed:
        changed.setattr(Pipeline, "recover", refuses)
        with pytest.raises(Busy, match="waits for git: not today"):
            Repair(bench.session, bench.incidents, lambda *_: True).handle(failure(bad))
    assert (repair(bench, failure(bad)).state, version(bench)) == ("repaired", good)


# --- what others accept while clones are judged --------------------------------------

TWICE = """
name: twice
kind: function
intent: Twice the sum.
params: {values: {type: "list[int]", meaning: what is added, range: [0, 9], size: [0, 3]}}
returns: {type: int, meaning: twice the sum}
uses: [total]
examples:
  - {given: {values: [1, 2]}, expect: 6}
  - {given: {values: [5]}, expect: 10, held_back: true}
"""
STRICTER = 'ensures: [result >= start, "result <= 1000000"]'


def repair_while(
    bench: Bench,
    job: Job,
    meanwhile: Callable[[], object],
    monkeypatch: pytest.MonkeyPatch,
) -> Incident:
    """Repair; between the judging of the clones and the lock something happens, once."""
    winner, todo = Trying.winner, [meanwhile]

    def late(self: Trying) -> object:
        found = winner(self)
        if todo:
            todo.pop()()
        return found

    monkeypatch.setattr(Trying, "winner", late)
    return repair(bench, job)


def tighten(bench: Bench) -> None:
    path = bench.project.spec("total")
    text = path.read_text()
    path.write_text(text.replace("ensures: [result >= start]", STRICTER))


def remove(bench: Bench) -> None:
    with bench.session.building() as pipeline:
        assert pipeline.remove(["total"]) == ["total"]


def test_a_version_that_was_accepted_meanwhile_is_not_replaced(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)

    def accepts() -> None:
        tighten(bench)
        bench.accept("total", SUMS_OTHERWISE)

    done = repair_while(bench, failure(bad), accepts, monkeypatch)
    assert done.state == "explained"
    assert "another version is accepted" in str(detail(done, "explained")["reason"])
    assert "result <= 1000000" in bench.project.module("total").read_text()
    assert SUMS_OTHERWISE in bench.project.module("total").read_text()
    assert bench.dirt() == []


def test_a_module_that_was_removed_meanwhile_stays_removed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    done = repair_while(bench, failure(bad), lambda: remove(bench), monkeypatch)
    assert (done.state, detail(done, "explained")["reason"]) == (
        "explained",
        "it was removed meanwhile",
    )
    assert not bench.project.module("total").exists()
    assert bench.dirt() == []


def test_a_spec_that_was_changed_meanwhile_gets_no_version_of_the_old_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    done = repair_while(bench, failure(bad), lambda: tighten(bench), monkeypatch)
    assert (done.state, version(bench)) == ("unrepaired", bad)
    told = detail(done, "gave up")
    assert "its spec changed" in str(told["reason"])
    assert told["hint"] == "architect generate total"


@pytest.mark.parametrize("passes", [True, False])
def test_a_clone_is_judged_again_beside_what_was_accepted_meanwhile(
    bench: Bench, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is refused then is not taken; clones are judged beside the new ones."""
    bench.project.spec("twice").write_text(TWICE)
    good = bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    bench.accept("twice", "return total(values, 0) * 2\n")
    judge = bench.session.judge

    def refuses_once(*known: object) -> object:
        monkeypatch.setattr(bench.session, "judge", judge)
        return lambda spec, text: Verdict(False, "dependents")

    def accepts() -> None:
        bench.accept("twice", "return 2 * total(values, 0)\n")
        if not passes:
            monkeypatch.setattr(bench.session, "judge", refuses_once)

    done = repair_while(bench, failure(bad), accepts, monkeypatch)
    again = detail(done, "judged again")
    assert again["reason"] == "changed meanwhile: twice"
    assert str(again["result"]).startswith("accepted") is passes
    assert (done.state, version(bench)) == ("repaired", good)
    assert bench.dirt() == []
