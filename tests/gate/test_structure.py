"""The gate's first stage: honest bodies pass, the others are told their line."""

from __future__ import annotations

import pytest
from body_cases import MEANING, Case
from honest_bodies import HONEST
from hostile_structure import HOSTILE, HOSTILE_LAYOUT
from more_honest_bodies import MORE_HONEST, REFUSED

from architect.gate.structure import (
    NotThisModule,
    check_candidate,
    check_structure,
    read_candidate,
)
from core.spec import Spec
from core.spec_graph import graph
from core.template_footer import render_module


@pytest.mark.parametrize("case", HONEST, ids=str)
def test_honest_body_is_let_through(case: Case) -> None:
    assert check_structure(case.spec(), case.graph(), case.body) == []


@pytest.mark.parametrize("case", MORE_HONEST, ids=str)
def test_another_honest_body_is_let_through(case: Case) -> None:
    found = check_structure(case.spec(), case.graph(), case.body)
    assert bool(found) == (case.body in REFUSED), found


def test_under_one_in_a_hundred_honest_bodies_is_refused() -> None:
    assert len(HONEST) + len(MORE_HONEST) >= 300
    assert {case.body for case in MORE_HONEST} >= set(REFUSED)
    assert len(REFUSED) / (len(HONEST) + len(MORE_HONEST)) < 0.01


@pytest.mark.parametrize("case", (HONEST + MORE_HONEST)[::3], ids=str)
def test_honest_body_passes_the_whole_stage(case: Case) -> None:
    if case.body in REFUSED:
        return
    body, found = check_candidate(case.spec(), case.graph(), case.body)
    assert found == []
    again, found = check_candidate(case.spec(), case.graph(), body)
    assert (again, found) == (body, [])


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_hostile_body_is_refused_on_its_line(case: Case) -> None:
    found = check_structure(case.spec(), case.graph(), case.body)
    assert found, "let through"
    assert case.line in [finding.line for finding in found]
    assert all(finding.message for finding in found)


@pytest.mark.parametrize("way", ["a record", "what it uses"])
def test_times_may_come_by_a_record_or_a_used_module(way: str) -> None:
    body = "return (pd.Series([stamp.at]) < '12:00').tolist()"
    stamp = Spec.model_validate(
        {"name": "stamp", "kind": "record", "intent": "A time.",
         "fields": {"at": {"type": "datetime", **MEANING}}}
    )  # fmt: skip
    case = Case("times", "stamp: Stamp -> list[bool]", body, imports=("pandas",))
    others = {"stamp": stamp}
    if way == "what it uses":
        opened = Case("opened", "x: int -> datetime", "return None").spec()
        others = {"opened": opened.model_copy(update={"name": "opened"})}
        body = "return (pd.Series([opened(x)]) < '12:00').tolist()"
        case = Case("times", "x: int -> list[bool]", body, ("pandas",), ("opened",))
    spec = case.spec()
    (found,) = check_structure(spec, graph({**others, spec.name: spec}), body)
    assert "hour of the day of the call" in found.message


@pytest.mark.parametrize("case", HOSTILE_LAYOUT, ids=str)
def test_layout_and_lint_are_judged_after_formatting(case: Case) -> None:
    _, found = check_candidate(case.spec(), case.graph(), case.body)
    assert case.line in [finding.line for finding in found]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("return time.time()", "clock port"),
        ("return open('x').read()", "port"),
        ("return getattr(x, 'real')", "dot"),
        ("return '{}'.format(x)", "f-string"),
        ("print(x)\nreturn x", "records"),
        ("return lenn([x])", "len"),
        ("import os\nreturn x", "imports"),
        (
            "try:\n    return 1 // x\nexcept Exception:\n    return 0",
            "except (KeyError",
        ),
        ("try:\n    return 1 // x\nexcept:\n    return 0", "except (KeyError"),
        ("x.rename('s', inplace=True)\nreturn x", "assign the result"),
        ("try:\n    x //= 1\nfinally:\n    x += 1\nreturn x", "after the try"),
    ],
)
def test_a_finding_says_what_to_write_instead(body: str, hint: str) -> None:
    case = Case("hint", "x: int -> int", body)
    found = check_structure(case.spec(), case.graph(), body)
    assert any(hint in (finding.hint or "") for finding in found)


WHOLE = Case("whole", "x: int -> int", "y = x + 1\n\nreturn y\n")


def test_a_whole_module_gives_its_body() -> None:
    text = render_module(WHOLE.spec(), WHOLE.body)
    assert read_candidate(WHOLE.spec(), text) == WHOLE.body
    assert check_candidate(WHOLE.spec(), WHOLE.graph(), text) == (
        "y = x + 1\nreturn y\n",
        [],
    )


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        (
            "from core.wrapper import module",
            "from os import system as module",
            "header",
        ),
        ("def subject(x: int)", "def subject(x: int = 3)", "header"),
        ('__all__ = ["subject"]', '__all__ = ["other"]', "footer"),
        (
            "architect rebuild subject\n",
            "architect rebuild subject\nimport os\n",
            "footer",
        ),
        ("    y = x + 1\n", "  y = x + 1\n", "indented"),
    ],
)
def test_a_changed_header_or_footer_is_told_by_its_line(
    old: str, new: str, part: str
) -> None:
    text = render_module(WHOLE.spec(), WHOLE.body)
    changed = text.replace(old, new)
    assert changed != text
    with pytest.raises(NotThisModule) as caught:
        read_candidate(WHOLE.spec(), changed)
    finding = caught.value.finding
    assert part in finding.message
    assert finding.line is not None
    assert check_candidate(WHOLE.spec(), WHOLE.graph(), changed)[1] == [finding]


def test_a_body_may_come_indented_or_with_tabs() -> None:
    body = "\n    if x:\n    \treturn 1\n    return 0\n"
    laid_out, found = check_candidate(WHOLE.spec(), WHOLE.graph(), body)
    assert (laid_out, found) == ("if x:\n    return 1\nreturn 0\n", [])


def test_a_record_has_no_body() -> None:
    graph = WHOLE.graph()
    fill = graph.get("fill")
    assert check_candidate(fill, graph, render_module(fill, "")) == ("", [])
    assert check_candidate(fill, graph, "") == ("", [])
    assert check_candidate(fill, graph, "extra: int = 1")[1]
