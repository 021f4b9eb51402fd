"""One failure from its report to a version that is live again, on real parts."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from chat_server import ChatServer, says
from wick_project import (
    KNOWN,
    KNOWN_OTHERWISE,
    LONG,
    RECURSES,
    RECURSES_OTHERWISE,
    SUMS,
    Bench,
    failure,
    git,
)

from architect.wick.incidents import Incident
from architect.wick.queue import Job
from architect.wick.repair import Repair
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
