"""`architect ask`: from a sentence to a module, against a model over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_server import ChatServer, in_turn
from draft_answers import (
    BODY,
    HOSTILE_BODY,
    MAKER_FEE,
    WRONG_BODY,
    block,
    weak_maker_fee,
    without_examples,
)
from pipeline_project import SPECS, fenced, git

from architect.command_line import main
from architect.drafts.dialogue import discuss, settle
from architect.drafts.draft import Draft
from architect.drafts.prompt import draft_prompt
from architect.drafts.request import Request
from architect.session import open_session
from core.manifest import read_manifest
from core.project import Project
from core.spec_graph import load_graph

SENTENCE = "what does a resting order pay?"
Use = Callable[[str], None]


def ask(project: Project, *words: str) -> int:
    return main(["ask", SENTENCE, *words, "--root", str(project.root)])


class Person:
    """Answers from a list; keeps what was said and shown."""

    there = True

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = list(answers), list[str]()
        self.said: list[str] = []
        self.shown: list[Draft] = []

    def tell(self, text: str) -> None:
        self.said.append(text)

    def show(self, draft: Draft) -> None:
        self.shown.append(draft)

    def answer(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0)


def sent(server: ChatServer, number: int) -> str:
    return str(server.requests[number].request["messages"][-1]["content"])


def test_with_a_yes_it_is_written_built_and_committed(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChatServer(*in_turn(block(MAKER_FEE), fenced(BODY))) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 0
    said = capsys.readouterr()
    assert "+++ b/specs/trading/maker_fee.yaml" in said.out
    assert "asking small: about 0.0" in said.err  # before it was asked
    assert "1 needs an answer of code: about 0.00" in said.err
    assert "maker_fee: built and committed" in said.err
    assert project.spec("maker_fee").read_text() == MAKER_FEE
    assert "maker_fee" in read_manifest(project.manifest).modules
    log = git(project.root, "log", "-1", "--format=%B")
    assert SENTENCE in log
    assert "Strength: 1.00" in log
    assert git(project.root, "status", "--porcelain") == ""


def test_without_a_yes_nothing_is_written(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChatServer(*in_turn(block(MAKER_FEE))) as server:
        use_model(server.url)
        assert ask(project, "--dry-run") == 0
        assert ask(project) == 1  # nobody is at a terminal
    assert "--yes says yes beforehand" in capsys.readouterr().err
    assert not project.spec("maker_fee").exists()
    assert git(project.root, "status", "--porcelain") == ""
    assert len(server.requests) == 1  # the second time the recorded draft answered


def test_a_draft_that_will_not_do_goes_back_with_the_reason(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    first = block(without_examples(MAKER_FEE, 2))
    with ChatServer(*in_turn(first, block(MAKER_FEE))) as server:
        use_model(server.url)
        assert ask(project, "--dry-run", "--json") == 0
    assert "maker_fee: 2 visible examples; at least 3 are needed" in sent(server, 1)
    assert first.strip() in sent(server, 1)
    told = json.loads(capsys.readouterr().out)
    assert [spec["name"] for spec in told["specs"]] == ["maker_fee"]
    assert told["cost"]["rows"] == [["maker_fee", "never built", "model"]]
    assert told["model"] == "small-2026"


def test_what_never_will_do_is_not_built(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChatServer(*in_turn("I will not.")) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 1
    assert len(server.requests) == 2  # it said the same again
    assert "error: the answer holds no ```yaml block" in capsys.readouterr().out
    assert git(project.root, "status", "--porcelain") == ""


def test_questions_are_asked_back_and_their_answers_sent(
    project: Project, use_model: Use
) -> None:
    question = block("questions:\n  - May the fee be negative?")
    person = Person("No, a rebate counts as nothing.", "y")
    with ChatServer(*in_turn(question, block(MAKER_FEE), fenced(BODY))) as server:
        use_model(server.url)
        with open_session(project.root) as session:
            request = Request(SENTENCE)
            draft, request = discuss(request, session, person)
            ended = settle(draft, request, session, person, lambda _: lambda *_: None)
    assert person.asked[0] == "May the fee be negative?"
    assert "No, a rebate counts as nothing." in sent(server, 1)
    assert ended.ok
    assert [d.names for d in person.shown] == [["maker_fee"]]


def test_each_answer_of_a_person_is_sent(project: Project, use_model: Use) -> None:
    """Also the last: nobody is asked what nothing comes of."""
    person = Person("one", "two", "three")
    asks = [block(f'questions: ["Which {number}?"]') for number in range(1, 5)]
    with ChatServer(*in_turn(*asks)) as server:
        use_model(server.url)
        with open_session(project.root) as session:
            draft, request = discuss(Request(SENTENCE), session, person)
    assert person.asked == ["Which 1?", "Which 2?", "Which 3?"]
    assert len(server.requests) == 4
    assert "Which 3?\n  three" in sent(server, 3)
    assert [answer for _, answer in request.answers] == ["one", "two", "three"]
    assert draft.questions == ("Which 4?",)


def test_where_nobody_can_answer_questions_are_the_outcome(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChatServer(*in_turn(block('questions: ["Why?"]'))) as server:
        use_model(server.url)
        assert ask(project, "--yes", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["questions"]) == (False, ["Why?"])


def test_a_wrong_body_is_asked_for_again_with_the_counter_example(
    project: Project, use_model: Use
) -> None:
    answers = (block(MAKER_FEE), fenced(WRONG_BODY), fenced(BODY))
    with ChatServer(*in_turn(*answers)) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 0
    again = sent(server, 2)
    assert WRONG_BODY.strip() in again
    assert "rate_frac: '-0.0001'" in again  # the visible rebate, by value
    assert "31" not in again.partition("Your last answer")[2]  # none held back


def test_a_spec_that_lets_wrong_programs_through_goes_back_to_its_author(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = (
        block(weak_maker_fee()),
        fenced(WRONG_BODY),
        block(MAKER_FEE),
        fenced(BODY),
    )
    with ChatServer(*in_turn(*answers)) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 0
    said = capsys.readouterr()
    assert "error: maker_fee: its tests catch 0." in said.err
    back = sent(server, 2)
    assert "maker_fee: its tests catch 0." in back
    assert "allows this; it gives" in back
    assert project.spec("maker_fee").read_text() == MAKER_FEE
    assert "maker_fee: built and committed" in said.err


def test_a_hostile_model_gets_nothing_run_and_nothing_built(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = (block(MAKER_FEE), fenced(HOSTILE_BODY), fenced(HOSTILE_BODY))
    with ChatServer(*in_turn(*answers)) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 1
    said = capsys.readouterr().err
    assert "error: maker_fee: refused at structure" in said
    assert "rm specs/trading/maker_fee.yaml" in said
    assert not Path("/tmp/pwned").exists()
    assert "maker_fee" not in read_manifest(project.manifest).modules
    assert not project.module("maker_fee").exists()


def test_a_changed_spec_takes_its_dependents_along(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new default of `fee` is part of what `round_trip` sees of it."""
    assert main(["generate", "--weak", "--root", str(project.root)]) == 0
    changed = (
        SPECS["fee"].replace("0.0005", "0.001").replace("expect: 0.5", "expect: 1")
    )
    changed = changed.lstrip()
    more = """\
  - given: {notional: 0}
    expect: 0
  - given: {notional: 1, rate_frac: 0}
    expect: 0
  - given: {notional: 2, rate_frac: 0}
    expect: 0
    held_back: true
  - given: {notional: 7}
    expect: 0.007
    held_back: true
properties:
"""
    changed = changed.replace("properties:\n", more).replace(
        "rate_frac: {type: Decimal, ", "rate_frac: {type: Decimal, unit: of 1, "
    )
    trip = SPECS["round_trip"].lstrip().replace("expect: 1\n", "expect: 2\n")
    trip = trip.replace("expect: 0.003\n", "expect: 0.006\n")
    trip += """\
  - {given: {notional: 0}, expect: 0}
  - {given: {notional: 2}, expect: 0.004}
  - {given: {notional: 4}, expect: 0.008, held_back: true}
  - {given: {notional: 5}, expect: 0.01, held_back: true}
"""
    with ChatServer(
        *in_turn(
            block(changed, trip),
            fenced("return notional * rate_frac\n"),
            fenced("return fee(notional) + fee(notional)\n"),
        )
    ) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 0, capsys.readouterr().err
    said = capsys.readouterr()
    assert "2 to build: fee, round_trip" in said.err
    assert "+  rate_frac: {type: Decimal, unit: of 1" in said.out


def test_the_prompt_holds_all_that_a_model_needs(project: Project) -> None:
    graph = load_graph(project.specs)
    text = draft_prompt(Request("halve the fee"), graph, project).text
    for part in (
        "halve the fee",
        "### Examples",
        "| `on_failure` |",
        "- `fee(notional: Decimal, rate_frac: Decimal) -> Decimal`: Fee of a trade.",
        "- record `Quote(bid: Decimal, ask: Decimal)`",
        "- `Exchange`:",
        "  - `positions() -> list[Position]`",
        SPECS["fee"].strip(),
    ):
        assert part in text
    assert draft_prompt(Request("halve the fee"), graph, project).text == text


def test_no_key_reaches_a_draft_a_file_or_the_terminal(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    """The canary is the key of every route; the server repeats it back."""
    leak = f"```yaml\nname: x # {'sk-canary-0123456789abcdef'}\n```"
    with ChatServer(*in_turn(leak)) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 1
    said = capsys.readouterr()
    assert "holds one of the keys" in said.err
    assert "canary" not in said.out + said.err
    for path in project.root.rglob("*"):
        if path.is_file():
            assert b"canary" not in path.read_bytes(), path


def test_a_sentence_with_a_key_is_never_sent(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChatServer() as server:
        use_model(server.url)
        words = ["ask", "use sk-canary-0123456789abcdef", "--root", str(project.root)]
        assert main(words) == 1
    assert server.requests == []
    assert "canary" not in "".join(capsys.readouterr())


def test_ctrl_c_while_it_is_built_takes_the_specs_back(
    project: Project, use_model: Use
) -> None:
    """Else a watch would build what a person has just stopped."""

    def stopped(name: str, what: str, detail: str) -> None:
        raise KeyboardInterrupt

    person = Person("y")
    with ChatServer(*in_turn(block(MAKER_FEE))) as server:
        use_model(server.url)
        with open_session(project.root, tell=person.tell) as session:
            draft, request = discuss(Request(SENTENCE), session, person)
            with pytest.raises(KeyboardInterrupt):
                settle(draft, request, session, person, lambda _: stopped)
    assert "stopped: maker_fee taken back" in person.said
    assert not project.spec("maker_fee").exists()
    assert git(project.root, "status", "--porcelain") == ""
