"""A draft of which a part was built: what is told of it, and how the rest goes back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest
from chat_server import ChatServer, Exchange, Step, says, status
from draft_answers import (
    BODY,
    HOSTILE_BODY,
    MAKER_FEE,
    WRONG_BODY,
    block,
    weak_maker_fee,
)
from pipeline_project import fenced, git

from architect.command_line import main
from architect.drafts.applying import Applied
from architect.drafts.dialogue import Ended, discuss, in_short, settle, told
from architect.drafts.draft import Draft
from architect.drafts.request import Request
from architect.outcome import Outcome
from architect.session import open_session
from core.manifest import read_manifest
from core.project import Project

SENTENCE = "what does a resting order pay, and what one that does not rest?"
TAKER_FEE = MAKER_FEE.replace("name: maker_fee", "name: taker_fee")
Use = Callable[[str], None]


class Person:
    """Says yes or no in turn; keeps what was said."""

    there = True

    def __init__(self, *answers: str) -> None:
        self.answers, self.said = list(answers), list[str]()

    def tell(self, text: str) -> None:
        self.said.append(text)

    def show(self, draft: Draft) -> None:
        pass

    def answer(self, question: str) -> str:
        return self.answers.pop(0)


def answers(maker_fee: str, *drafts: Step) -> Step:
    """Answer requests for specs in turn, and those for bodies by their module."""
    left = list(drafts)

    def step(exchange: Exchange) -> None:
        asked = str(exchange.request["messages"][-1]["content"])
        if "### A whole spec" in asked:
            return left.pop(0)(exchange)
        return says(fenced(maker_fee if "maker_fee" in asked else BODY))(exchange)

    return step


def settled(project: Project, person: Person) -> Ended:
    with open_session(project.root, tell=person.tell) as session:
        draft, request = discuss(Request(SENTENCE), session, person)
        return settle(draft, request, session, person, lambda _: lambda *_: None)


def test_what_is_live_is_not_told_to_be_taken_back(
    project: Project, use_model: Use
) -> None:
    person = Person("y")
    both = says(block(TAKER_FEE, MAKER_FEE))
    with ChatServer(answers(HOSTILE_BODY, both)) as server:
        use_model(server.url)
        ended = settled(project, person)
    said = person.said[-1]
    assert "taker_fee: built and committed" in said
    assert "error: maker_fee: refused at structure" in said
    assert said.endswith(
        "what was built stays, and every other module runs on as it was; the specs of"
        " maker_fee are on disk: mend them and architect generate, or take them back:"
        " rm specs/trading/maker_fee.yaml"
    )
    assert ended.applied is not None
    assert in_short(ended.applied) == (
        "the proposal was approved; built: taker_fee; not built, its spec is on disk:"
        " maker_fee"
    )


@pytest.mark.parametrize("there", ["committed", "changed since", "never committed"])
def test_what_is_told_brings_back_what_stood_there(
    project: Project, use_model: Use, there: str
) -> None:
    """Also what git does not have: a person's own edit."""
    path = project.spec("maker_fee")
    path.write_text(MAKER_FEE.replace("rested", "waited"))
    if there != "never committed":
        git(project.root, "add", "-A")
        git(project.root, "commit", "-qm", "Think of a fee")
    if there == "changed since":
        path.write_text(f"{path.read_text()}# not yet sure\n")
    before, person = path.read_text(), Person("y")
    with ChatServer(answers(HOSTILE_BODY, says(block(MAKER_FEE)))) as server:
        use_model(server.url)
        settled(project, person)
    assert path.read_text() == MAKER_FEE
    assert "every module runs on as it was" in person.said[-1]
    command = person.said[-1].rpartition("take them back: ")[2]
    assert command.startswith("git checkout" if there == "committed" else "cp ")
    subprocess.run(command, shell=True, cwd=project.root, check=True)
    assert path.read_text() == before


def weak_first(*second: Step) -> Step:
    """Answer with a draft of which maker_fee is too weak, and then with others."""
    first = says(block(TAKER_FEE, weak_maker_fee()))
    return answers(WRONG_BODY, first, *second)


def after_two(
    project: Project, use_model: Use, person: Person, second: Step
) -> Applied:
    """Return what became of a draft whose maker_fee was too weak and of its second."""
    with ChatServer(weak_first(second)) as server:
        use_model(server.url)
        ended = settled(project, person)
    assert ended.applied is not None
    assert not ended.ok
    return ended.applied


@pytest.mark.parametrize("way", ["declined", "no answer"])
def test_what_the_first_draft_came_to_stands_where_no_second_is_built(
    project: Project, use_model: Use, way: str
) -> None:
    """Also how it goes back: the weak spec was new."""
    second = says(block(MAKER_FEE)) if way == "declined" else status(400, "no more")
    person = Person("y", "n")
    applied = after_two(project, use_model, person, second)
    assert list(applied.outcome.built) == ["taker_fee"]
    assert list(applied.outcome.failed) == ["maker_fee"]
    assert applied.left == {"maker_fee": "rm specs/trading/maker_fee.yaml"}
    what = "answered 400: no more" if way == "no answer" else "nothing more was written"
    assert what in person.said[-1]


def test_what_both_drafts_came_to_is_told_together(
    project: Project, use_model: Use
) -> None:
    """The second says nothing of what the first one built, and is refused itself."""
    person = Person("y", "y")
    applied = after_two(project, use_model, person, says(block(MAKER_FEE)))
    assert list(applied.outcome.built) == ["taker_fee"]
    assert list(applied.outcome.refused) == ["maker_fee"]
    assert applied.outcome.failed == {}
    # What stood there before the first draft is what comes back.
    assert person.said[-1].endswith("take them back: rm specs/trading/maker_fee.yaml")


@pytest.mark.parametrize("form", ["--json", "--yes"])
def test_a_second_draft_that_will_not_do_hides_no_first_one(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    no = says("I will not.")
    words = ["ask", SENTENCE, "--yes", form, "--root", str(project.root)]
    with ChatServer(weak_first(no, no, no)) as server:
        use_model(server.url)
        assert main(words) == 1
    said = capsys.readouterr()
    assert "taker_fee" in read_manifest(project.manifest).modules
    assert "nothing was written" not in said.err
    if form == "--json":
        told = json.loads(said.out)
        assert (told["ok"], told["built"]) == (False, ["taker_fee"])
        assert list(told["failed"]) == ["maker_fee"]


def test_a_version_that_waits_for_its_user_is_told_so() -> None:
    why = "goes live with round_trip: architect generate round_trip"
    waiting = Applied(Outcome(built={"fee": object()}), live={}, held={"fee": why})  # type: ignore[dict-item]
    assert waiting.ok
    assert told(waiting).splitlines() == ["fee: built and committed", f"fee: {why}"]
    assert in_short(waiting) == (
        "the proposal was applied and stands, but not live yet: fee"
    )
    later = Applied(Outcome(built={"round_trip": object()}), live={"fee": True})  # type: ignore[dict-item]
    assert later.after(waiting).held == {}
    assert waiting.after(later).held == {"fee": why}
