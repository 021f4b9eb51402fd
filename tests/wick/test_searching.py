"""Repair by search within the running system's repair: real gate, real stores, no model."""

from __future__ import annotations

import json
from collections.abc import Callable
from textwrap import dedent

import pytest
from chat_server import ChatServer, says
from wick_project import Bench, failure, git

from architect.code_generator import from_body
from architect.wick.candidates import Clone, Failed
from architect.wick.choice import Passed, best
from architect.wick.incidents import Incident
from architect.wick.repair import Repair
from architect.wick.spec_search.handle import Searcher
from architect.wick.trying import Trying
from core.manifest import read_manifest
from core.template_footer import split_module

Maker = Callable[..., Bench]
# Its tests never draw a whole of 0, so a body that divides is accepted, and fails live.
SHARE = """
name: share
kind: function
intent: The share that a part has in a whole.
notes: 0.0 where the whole is 0.
params:
  part: {type: float, meaning: the part, range: [0, 50]}
  whole: {type: float, meaning: the whole, range: [60, 100]}
returns: {type: float, meaning: 0 to 1}
requires: ["0 <= part <= whole or whole == 0"]
ensures: ["0 <= result <= 1"]
examples:
  - given: {part: 30.0, whole: 60.0}
    expect: 0.5
  - given: {part: 16.0, whole: 64.0}
    expect: 0.25
  - given: {part: 0.0, whole: 80.0}
    expect: 0.0
  - given: {part: 20.0, whole: 80.0}
    expect: 0.25
    held_back: true
"""
DIVIDES = "return part / whole\n"
NO_WHOLE = {"part": 7.0, "whole": 0.0}


@pytest.fixture
def share(make_bench: Maker) -> Bench:
    return with_spec(make_bench(), "share", SHARE)


def with_spec(bench: Bench, name: str, text: str) -> Bench:
    bench.project.spec(name).write_text(dedent(text))
    git(bench.project.root, "add", "-A")
    git(bench.project.root, "commit", "-qm", f"Add {name}")
    return bench


# Its inverse is infinite.
TINY = {"part": 0.0, "whole": 1e-320}


acquitted: list[tuple[str, str]] = []


def repair(bench: Bench, searcher: Searcher, bad: str, **detail: object) -> Incident:
    job = failure(bad, **detail)  # type: ignore[arg-type]
    acquitted.clear()
    live = Repair(
        bench.session, bench.incidents, lambda *_: True, searcher,
        lambda *told: acquitted.append(told),
    )  # fmt: skip
    found = bench.incidents.get(live.handle(job).incident_id)
    assert found is not None
    return found


def body(bench: Bench, name: str) -> str:
    spec = bench.session.graph().get(name)
    found = split_module(spec, bench.project.module(name).read_text())
    assert found is not None
    return found


def detail(incident: Incident, start: str) -> dict[str, object]:
    return next(d for _, step, d in incident.events if step.startswith(start))


def test_a_division_by_zero_is_mended_without_a_model(
    make_bench: Maker, searcher: Searcher
) -> None:
    with ChatServer(says("```python\nreturn 0.0\n```\n")) as server:
        settings = {
            "LLM_API_URL": server.url, "LLM_API_KEY": "k", "LLM_MODEL": "small",
            "LLM_PRICE_IN_USD": "0", "LLM_PRICE_OUT_USD": "0",
        }  # fmt: skip
        bench = with_spec(make_bench(**settings), "share", SHARE)
        bad = bench.accept("share", DIVIDES)
        done = repair(
            bench, searcher, bad, module="share", arguments=NO_WHOLE,
            error="ZeroDivisionError: float division by zero",
        )  # fmt: skip
        asked = len(server.requests)
    assert done.state == "repaired"
    assert str(done.fixed_by).startswith("search ")
    assert asked == 0
    scope: dict[str, object] = {}
    source = body(bench, "share").replace("\n", "\n    ")
    exec(f"def share(part, whole):\n    {source}", scope)
    answers = [eval(f"share({part}, 0.0)", scope) for part in (0.0, 7.0, 33.25)]
    assert all(0 <= answer <= 1 for answer in answers)
    assert eval("share(3.0, 4.0)", scope) == 0.75
    assert bench.dirt() == []


def test_the_search_is_ended_when_an_earlier_version_wins(
    share: Bench, searcher: Searcher
) -> None:
    good = share.accept("share", DIVIDES)
    share.accept("share", "return (1 / whole) * part\n")
    bad = share.accept("share", "return part * (1 / whole)\n")
    done = repair(share, searcher, bad, module="share", arguments=TINY)
    assert done.fixed_by == f"earlier version {good}"
    killed = detail(done, "clone: search")
    assert killed["result"] == "ended: a clone has won"
    assert (killed["cost_usd"], killed["candidates"] is not None) == ("0", True)


def test_where_the_last_good_version_passes_no_search_is_begun(
    share: Bench, searcher: Searcher
) -> None:
    good = share.accept("share", DIVIDES)
    bad = share.accept("share", "return part * (1 / whole)\n")
    done = repair(share, searcher, bad, module="share", arguments=TINY)
    assert done.fixed_by == f"earlier version {good}"
    assert not [step for _, step, _ in done.events if step == "clone: search"]


def test_a_patch_for_the_failing_input_alone_loses(
    share: Bench, searcher: Searcher
) -> None:
    """A model's patch that knows the one input passes the gate; the search's wins all the
    same, for it mends the input's neighbours."""
    bad = share.accept("share", DIVIDES)
    done = repair(share, searcher, bad, module="share", arguments=NO_WHOLE)
    assert done.state == "repaired"
    graph = share.session.graph()
    spec = graph.get("share")
    failed = Failed(bad, DIVIDES, "")
    trying = Trying(
        share.session, share.incidents, done, spec, graph, failed, None, NO_WHOLE
    )
    judge = share.session.judge(graph)
    special = "return 0.0 if (part, whole) == (7.0, 0.0) else part / whole\n"
    natural = "if whole == 0:\n    return 0.0\nreturn part / whole\n"
    passed: list[Passed] = []
    for name, text in (("special", special), ("natural", natural)):
        made = from_body(spec, text, judge)
        assert made.accepted, made.verdict.as_text()
        one = trying._passed(Clone(name, text), made)
        assert one is not None
        passed.append(one)
    assert [one.clone.origin for one in passed] == ["special", "natural"]
    assert passed[0].change <= passed[1].change
    assert best(passed).clone.origin == "natural"


# Two of its divisors are never 0 in its tests.
SCALED = """
name: scaled
kind: function
intent: A part over two counts, each less what is not counted.
params:
  part: {type: float, meaning: the part, range: [0, 50]}
  whole: {type: int, meaning: the first count, range: [60, 100]}
  parts: {type: int, meaning: the second count, range: [10, 20]}
returns: {type: float, meaning: the share}
requires: ["part >= 0"]
examples:
  - given: {part: 30.0, whole: 65, parts: 11}
    expect: 0.05
  - given: {part: 48.0, whole: 69, parts: 13}
    expect: 0.0625
  - given: {part: 20.0, whole: 85, parts: 11}
    expect: 0.025
    held_back: true
"""


def test_a_patch_that_fails_on_the_very_input_that_failed_live_is_refused(
    make_bench: Maker,
) -> None:
    """Made smaller, that input meets another fault of the body, of the same kind."""
    half = "return part / (whole - 5) / max(parts - 1, 1)\n"
    mended = "return part / max(whole - 5, 1) / max(parts - 1, 1)\n"
    answers = [says(f"```python\n{text}```\n") for text in (half, mended)]
    with ChatServer(*answers) as server:
        settings = {
            "LLM_API_URL": server.url, "LLM_API_KEY": "k", "LLM_MODEL": "small",
            "LLM_PRICE_IN_USD": "0", "LLM_PRICE_OUT_USD": "0", "WICK_ROUTES": "wick,code",
        }  # fmt: skip
        bench = with_spec(make_bench(**settings), "scaled", SCALED)
        bad = bench.accept("scaled", "return part / (whole - 5) / (parts - 1)\n")
        job = failure(
            bad, module="scaled", arguments={"part": 3.0, "whole": 5, "parts": 7},
            error="ZeroDivisionError: float division by zero",
        )  # fmt: skip
        done = Repair(bench.session, bench.incidents, lambda *_: True).handle(job)
        told = server.requests[-1].request["messages"][-1]["content"]
    assert (done.state, body(bench, "scaled")) == ("repaired", mended)
    assert "whole: 5" in told, "the model is told of what its first answer fails on"
    kept = [*(bench.project.regressions / "scaled").glob("*.json")]
    inputs = [json.loads(one.read_text())["arguments"] for one in kept]
    assert sorted(inputs, key=str) == [
        {"part": 3.0, "whole": 1, "parts": 1},
        {"part": 3.0, "whole": 5, "parts": 1},
    ]
    assert bench.dirt() == []


CONTRADICTS = """
name: total_of
kind: function
intent: Sum of the values.
params:
  values: {type: "list[int]", meaning: what is added, range: [0, 100], size: [0, 12]}
returns: {type: int, meaning: the sum}
ensures: [result >= 0]
examples:
  - given: {values: [1, 2]}
    expect: 3
  - given: {values: [4, 5, 6]}
    expect: 15
  - given: {values: [5, 9]}
    expect: 14
    held_back: true
properties:
  - name: one more value adds itself
    check: call(values=[*values, 3]) == result + 3
"""
SUMS = "return sum(values)\n"


def line_of(text: str, start: str) -> int:
    return 1 + text[: text.index(start)].count("\n")


def broken_spec(bench: Bench, old: str, new: str) -> str:
    """Accept a right body, then let a person write a mistake into the spec."""
    bench.accept("total_of", SUMS)
    path = bench.project.spec("total_of")
    text = path.read_text().replace(old, new)
    assert new in text
    path.write_text(text)
    git(bench.project.root, "commit", "-qam", "A mistake in the spec")
    return text


@pytest.fixture
def total_of(make_bench: Maker) -> Bench:
    return with_spec(make_bench(WICK_SEARCH_S="3"), "total_of", CONTRADICTS)


def failing_sum(bench: Bench, searcher: Searcher) -> dict[str, object]:
    bad = read_manifest(bench.project.manifest).modules["total_of"].version
    given = {"values": [1, 1]}
    done = repair(
        bench, searcher, bad, module="total_of", arguments=given, error="TypeError: x"
    )
    assert done.state == "unrepaired"
    return detail(done, "unrepaired")


def test_a_claim_that_no_candidate_keeps_is_named_with_its_line(
    total_of: Bench, searcher: Searcher
) -> None:
    """The example is one too high; whatever gives it breaks the property or another one."""
    text = broken_spec(total_of, "expect: 15", "expect: 16")
    told = failing_sum(total_of, searcher)
    line = line_of(text, "  - given: {values: [4, 5, 6]}")
    assert told["lines"][0] == line  # type: ignore[index]
    assert f"specs/trading/total_of.yaml:{line}" in str(told["culprit"])
    assert "candidates of the search" in str(told["tried"])


def test_a_spec_that_contradicts_itself_is_named_with_both_lines(
    total_of: Bench, searcher: Searcher
) -> None:
    twice = "  - given: {values: [1, 2]}\n    expect: 4\n"
    text = broken_spec(
        total_of, "  - given: {values: [5, 9]}", twice + "  - given: {values: [5, 9]}"
    )
    told = failing_sum(total_of, searcher)
    first, second = line_of(text, "expect: 3") - 1, line_of(text, "expect: 4") - 1
    assert sorted(told["lines"]) == [first, second]  # type: ignore[call-overload]
    assert "contradicts" in str(told["culprit"])


def test_nothing_is_said_against_a_spec_that_a_clone_keeps(
    share: Bench, searcher: Searcher
) -> None:
    """Nothing mends a failure that the gate cannot see, and no line is to blame for it."""
    share.accept("share", DIVIDES)
    bad = read_manifest(share.project.manifest).modules["share"].version
    given = {"part": 1.0, "whole": 64.0}
    searched = repair(
        share, searcher, bad, module="share", arguments=given, error="MemoryError: "
    )
    assert searched.state == "unrepaired"
    told = detail(searched, "unrepaired")
    assert (told["lines"], told["culprit"]) == ([], "nothing speaks against its spec")


USER = """
name: share_left
kind: function
intent: The share of a whole that is not taken.
params:
  taken: {type: float, meaning: what is taken, range: [0, 50]}
  whole: {type: float, meaning: the whole, range: [60, 100]}
returns: {type: float, meaning: 0 to 1}
uses: [share]
requires: ["0 <= taken <= whole"]
examples:
  - given: {taken: 15.0, whole: 60.0}
    expect: 0.25
  - given: {taken: 16.0, whole: 64.0}
    expect: 0.25
  - given: {taken: 20.0, whole: 80.0}
    expect: 0.25
    held_back: true
"""


def caller_with_a_fault(bench: Bench) -> str:
    """Accept a caller under a spec that says less; then its examples say what is meant."""
    version = bench.accept("share", DIVIDES)
    with_spec(bench, "share_left", USER)
    bench.accept("share_left", "return share(taken, whole)\n")
    path = bench.project.spec("share_left")
    path.write_text(path.read_text().replace("expect: 0.25", "expect: 0.75"))
    git(bench.project.root, "commit", "-qam", "Say what is left, not what is taken")
    return version


@pytest.mark.parametrize(
    "called",
    [
        {"outcome": "requires", "arguments": {"part": 7.0, "whole": 3.0}},
        {"outcome": "error", "arguments": {"part": "7", "whole": 3.0}},
        {"outcome": "error", "arguments": None, "foreign": ["part"]},
    ],
    ids=["breaks requires", "wrong types", "no type of a spec"],
)
def test_the_caller_is_mended_where_it_is_the_callers_fault(
    share: Bench, searcher: Searcher, called: dict[str, object]
) -> None:
    version = caller_with_a_fault(share)
    done = repair(share, searcher, version, module="share", **called)
    assert (done.state, detail(done, "blamed")["module"]) == ("repaired", "share_left")
    assert "whole - taken" in body(share, "share_left")
    assert read_manifest(share.project.manifest).modules["share"].version == version
    assert not (share.project.regressions / "share").exists()
    assert acquitted == [("share", version)], "it was as it must be"


def test_a_used_module_that_breaks_its_own_examples_is_the_one_to_mend(
    share: Bench, searcher: Searcher
) -> None:
    share.accept("share", DIVIDES)
    with_spec(share, "share_left", USER)
    user = share.accept("share_left", "return share(taken, whole)\n")
    path = share.project.spec("share")
    text = path.read_text().replace("expect: 0.5", "expect: 1.0")
    path.write_text(text.replace("expect: 0.25", "expect: 0.5"))
    git(share.project.root, "commit", "-qam", "Count it twice")
    done = repair(
        share, searcher, user, module="share_left", error="TypeError: x",
        arguments={"taken": 15.0, "whole": 60.0},
    )  # fmt: skip
    assert detail(done, "blamed")["module"] == "share"
