"""A proposal that removes specs: shown, refused while something uses them, and undone
nowhere half-way."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from chat_server import ChatServer, in_turn
from draft_answers import block
from pipeline_project import CHECKOUT, git

from architect.command_line import main
from architect.drafts.applying import apply
from architect.drafts.callers import still_used
from architect.drafts.drafting import drafted
from architect.drafts.request import Request
from architect.session import open_session
from core.errors import FileConflict
from core.manifest import read_manifest
from core.project import Project
from core.spec_graph import load_graph

Use = Callable[[str], None]
SENTENCE = "we do not need this any more"
ROUND_TRIP = block("remove: [round_trip]")


def ask(project: Project, *words: str) -> int:
    return main(["ask", SENTENCE, *words, "--root", str(project.root)])


def build(project: Project) -> None:
    assert main(["generate", "--weak", "--root", str(project.root)]) == 0


def test_with_a_yes_spec_and_module_go_in_one_commit(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    build(project)
    with ChatServer(*in_turn(ROUND_TRIP)) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 0
    said = capsys.readouterr()
    assert "+++ /dev/null" in said.out
    assert "-name: round_trip" in said.out
    assert "1 to remove: round_trip" in said.err
    assert "round_trip: removed and committed" in said.err
    assert not project.spec("round_trip").exists()
    assert not project.module("round_trip").exists()
    assert "round_trip" not in read_manifest(project.manifest).modules
    assert SENTENCE in git(project.root, "log", "-1", "--format=%B")
    assert git(project.root, "status", "--porcelain") == ""
    assert main(["verify", "--root", str(project.root)]) == 0


def test_without_a_yes_nothing_goes(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    build(project)
    with ChatServer(*in_turn(ROUND_TRIP)) as server:
        use_model(server.url)
        capsys.readouterr()
        assert ask(project, "--dry-run", "--json") == 0
        assert ask(project) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[0])
    assert [one["name"] for one in told["removed"]] == ["round_trip"]
    assert project.module("round_trip").exists()
    assert git(project.root, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (block("remove: [fee]"), "fee may not go: round_trip uses it"),
        (block("remove: [quote]"), "quote may not go: spread uses it"),
        (block("remove: [no_such]"), "remove: there is no spec 'no_such'"),
        (block("remove: [../../secret]"), "there is no spec '../../secret'"),
        (block("remove: fee"), "remove: a list of names of specs is expected"),
        (block("remove: [fee]\nname: fee"), "and nothing else"),
    ],
)
def test_what_may_not_go_is_sent_back_with_the_reason(
    project: Project,
    use_model: Use,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    told: str,
) -> None:
    with ChatServer(*in_turn(answer)) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 1
    assert told in str(server.requests[1].request["messages"][-1]["content"])
    assert told in capsys.readouterr().out
    assert git(project.root, "status", "--porcelain") == ""


def test_users_and_used_may_go_together(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    build(project)
    with ChatServer(*in_turn(block("remove: [fee, round_trip]"))) as server:
        use_model(server.url)
        assert ask(project, "--yes", "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert sorted(told["taken_out"]) == ["fee", "round_trip"]
    assert sorted(read_manifest(project.manifest).modules) == ["quote", "spread"]


def test_what_was_never_built_is_removed_too(project: Project, use_model: Use) -> None:
    with ChatServer(*in_turn(ROUND_TRIP)) as server:
        use_model(server.url)
        assert ask(project, "--yes") == 0
    assert not project.spec("round_trip").exists()
    assert git(project.root, "status", "--porcelain") == ""


def test_a_spec_that_was_edited_meanwhile_stays(
    project: Project, use_model: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a person wrote after the proposal was made is not thrown away."""
    build(project)
    path = project.spec("round_trip")

    with ChatServer(*in_turn(ROUND_TRIP)) as server:
        use_model(server.url)
        with open_session(project.root) as session:
            draft = drafted(
                Request(SENTENCE), session.graph(), project, session.ask_architect
            )
            path.write_text(path.read_text() + "# mine\n")
            with pytest.raises(FileConflict, match="was changed meanwhile"):
                apply(session, draft, SENTENCE, lambda *_: None)
    assert path.read_text().endswith("# mine\n")


def test_no_shipped_module_that_hand_written_code_calls_may_go() -> None:
    graph = load_graph(CHECKOUT / "specs/trading")

    def reasons(name: str) -> str:
        kept = {n: s for n, s in graph.specs.items() if n != name}
        return "; ".join(still_used(name, graph.specs, kept))

    assert "core/trading/trader/reconciler.py" in reasons("equity_reconciler")
    assert "architect/wick/plan.py" in reasons("clone_starter")
    assert "core/trading/trader/journal.py" in reasons("trade")
    # A strategy for backtests alone.
    assert [name for name in graph.order if not reasons(name)] == ["ema_cross"]
