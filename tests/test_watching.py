"""`architect watch`: a save is built, or told with its counter-example; nothing twice."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "pipeline"))

from chat_server import ChatServer, in_turn
from pipeline_project import fenced, git, make_project, record_answers

from architect.command_line import main
from architect.session import Session, open_session
from architect.watching import SpecWatch
from core.project import Project

Told = list[tuple[str, str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("HOME", str(tmp_path))
    made = make_project(tmp_path / "project", ("fee", "round_trip"))
    record_answers(made)
    git(made.root, "add", "-A")
    git(made.root, "commit", "-qm", "Answer")
    return made


@pytest.fixture
def watch(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SpecWatch, Told]]:
    """A watch that has told what it found at its start; its looks are the test's."""
    for key, value in {
        "LLM_API_URL": "http://127.0.0.1:9/v1",
        "LLM_MODEL": "small",
        "LLM_PRICE_IN_USD": "1",
        "LLM_PRICE_OUT_USD": "2",
        "LLM_RETRIES": "0",
    }.items():
        monkeypatch.setenv(key, value)
    told: Told = []

    def tell(kind: str, detail: dict[str, Any]) -> None:
        told.append((kind, detail["text"]))

    assert main(["generate", "--weak", "--root", str(project.root)]) == 0
    with open_session(project.root) as session:
        one = SpecWatch(session, tell)
        one.look()
        yield one, told


def edit(project: Project, name: str, old: str, new: str) -> None:
    text = project.spec(name).read_text()
    assert old in text
    project.spec(name).write_text(text.replace(old, new))


def pointed_at(session: Session, server: ChatServer, monkeypatch: Any) -> None:
    from architect.config import load

    monkeypatch.setenv("LLM_API_URL", server.url)
    session.config = load(session.project.root)


STRONGER = """\
  - {given: {notional: 7, rate_frac: 0.1}, expect: 0.7}
  - {given: {notional: 0}, expect: 0}
properties:
"""


def test_a_save_is_built_and_committed(
    project: Project, watch: tuple[SpecWatch, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, told = watch
    told.clear()
    edit(project, "fee", "properties:\n", STRONGER)
    with ChatServer(*in_turn(fenced("return rate_frac * notional\n"))) as server:
        pointed_at(one.session, server, monkeypatch)
        one.look()
    kinds = [kind for kind, _ in told if kind != "note"]
    assert kinds == ["stale", "built"]
    assert told[0][1].startswith(
        "1 to build: fee; 1 needs an answer of code: about 0.0"
    )
    assert "fee: accepted" in told[-1][1]
    assert git(project.root, "status", "--porcelain") == ""
    assert "Rebuild fee" in git(project.root, "log", "-1", "--format=%s")
    told.clear()
    one.look()
    assert told == []  # nothing was saved since


def test_a_refusal_is_told_with_its_counter_example_and_not_tried_again(
    project: Project, watch: tuple[SpecWatch, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, told = watch
    told.clear()
    before = project.module("fee").read_bytes()
    edit(project, "fee", "properties:\n", STRONGER)
    with ChatServer(*in_turn(fenced("return notional\n"))) as server:
        pointed_at(one.session, server, monkeypatch)
        one.look()
        one.look()
    assert len(server.requests) == 2  # the first try and the second, no third
    kind, text = told[-1]
    assert kind == "refused"
    assert "counter-example:" in text
    assert "given: {notional: '1000'}" in text
    assert project.module("fee").read_bytes() == before


def test_what_is_saved_before_the_first_look_is_built(
    project: Project, watch: tuple[SpecWatch, Told]
) -> None:
    """Whoever is told that specs are watched may save at once, while the gate warms up."""
    one, told = watch
    stop = threading.Event()
    one.start()
    edit(project, "fee", "kind: function", "kind: funktion")
    timer = threading.Timer(30, stop.set)
    timer.start()

    def tell(kind: str, detail: dict[str, Any]) -> None:
        told.append((kind, detail["text"]))
        stop.set()

    one.tell = tell
    told.clear()
    one.begin = lambda: None  # type: ignore[method-assign]
    one.run(stop)
    timer.cancel()
    assert [kind for kind, _ in told] == ["wrong"]


def test_what_was_refused_elsewhere_is_not_tried_again_before_it_changes(
    project: Project, watch: tuple[SpecWatch, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a refused `architect ask`, whose specs stay on disk; what uses it waits."""
    one, told = watch
    edit(project, "fee", "properties:\n", STRONGER)
    edit(project, "fee", "0.0005", "0.0006")
    edit(project, "fee", "expect: 0.5", "expect: 0.6")
    with ChatServer(*in_turn(fenced("return notional\n"))) as server:
        pointed_at(one.session, server, monkeypatch)
        assert main(["generate", "fee", "--root", str(project.root)]) == 1
        told.clear()
        one.look()
        assert told == []
        assert len(server.requests) == 2
        edit(project, "fee", "Fee of a trade.", "What a trade costs.")
        one.look()
    assert [kind for kind, _ in told] == ["stale", "refused", "failed"]
    assert told[-1][1] == "round_trip: not tried"


@pytest.mark.parametrize(
    ("old", "new", "told_is"),
    [
        ("kind: function", "kind: funktion", "must be 'function'"),
        ("expect: 0.5", "expect: -0.5", "contradicts ensures"),
        ("Fee of a trade.", "TODO it.", "still to be written: TODO"),
    ],
)
def test_a_spec_that_is_wrong_is_told_and_nobody_is_asked(
    project: Project, watch: tuple[SpecWatch, Told], old: str, new: str, told_is: str
) -> None:
    one, told = watch
    told.clear()
    edit(project, "fee", old, new)
    one.look()
    assert [kind for kind, _ in told] == ["wrong"]
    assert told_is in told[0][1]


def test_a_comment_is_no_reason_to_build(
    project: Project, watch: tuple[SpecWatch, Told]
) -> None:
    one, told = watch
    told.clear()
    edit(project, "fee", "kind: function", "kind: function  # pure")
    one.look()
    assert told == []


def test_a_spec_that_is_gone_is_told_and_its_module_stays(
    project: Project, watch: tuple[SpecWatch, Told]
) -> None:
    one, told = watch
    told.clear()
    project.spec("round_trip").unlink()
    one.look()
    assert "the spec of round_trip is gone; architect generate removes" in told[0][1]
    assert project.module("round_trip").exists()


def test_what_was_stale_before_is_told_and_not_built(project: Project) -> None:
    told: Told = []
    with open_session(project.root) as session:
        SpecWatch(session, lambda kind, d: told.append((kind, d["text"]))).begin()
    assert told[0][0] == "stale"
    assert "nobody has to be asked, so it costs nothing" in told[0][1]
    assert not project.module("fee").exists()


@pytest.mark.parametrize("lock", [".#fee.yaml", "gone.yaml"])
def test_a_file_that_cannot_be_read_any_more_is_none(
    project: Project, watch: tuple[SpecWatch, Told], lock: str
) -> None:
    """An editor's lock, or a file that was there a moment ago."""
    one, told = watch
    (project.specs / lock).symlink_to("ann@host.4711:1700000000")
    one.look()
    assert told == []
    if lock.startswith("."):
        assert one.session.graph().order == ("fee", "round_trip")


@pytest.mark.parametrize("kind", ["folder", "link loop"])
def test_a_spec_path_that_is_no_file_is_told_and_ends_no_watch(
    project: Project, watch: tuple[SpecWatch, Told], kind: str
) -> None:
    one, told = watch
    path = project.specs / "x.yaml"
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    one.look()
    assert [kind for kind, _ in told] == ["wrong"]
    assert "x.yaml" in told[0][1]


def test_a_spec_that_is_deleted_while_it_is_built_ends_no_watch(
    project: Project, watch: tuple[SpecWatch, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, told = watch
    told.clear()
    edit(project, "fee", "properties:\n", STRONGER)
    monkeypatch.setattr(
        one.session, "record_verdicts", lambda: project.spec("fee").unlink()
    )
    with ChatServer(*in_turn(fenced("return rate_frac * notional\n"))) as server:
        pointed_at(one.session, server, monkeypatch)
        one.look()
    assert "fee: accepted" in told[-1][1]


def refuse_by_merge(project: Project) -> Path:
    head = project.root / ".git/MERGE_HEAD"
    head.write_text("0" * 40)
    return head


def refuse_by_hook(project: Project) -> Path:
    hook = project.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    return hook


@pytest.mark.parametrize(
    ("refuse", "told_are"),
    [
        (refuse_by_merge, ["stale", "failed", "stale", "built"]),
        (refuse_by_hook, ["stale", "failed"]),
    ],
)
def test_what_is_saved_during_a_merge_is_built_after_it_and_a_hooks_no_stays(
    project: Project,
    watch: tuple[SpecWatch, Told],
    monkeypatch: pytest.MonkeyPatch,
    refuse: Callable[[Project], Path],
    told_are: list[str],
) -> None:
    """Neither is told twice while it lasts."""
    monkeypatch.setattr("architect.watching.GIT_AGAIN_S", 0.1, raising=False)
    one, told = watch
    told.clear()
    one.begin = lambda: None  # type: ignore[method-assign]
    stop = threading.Event()
    one.start()
    reason = refuse(project)
    edit(project, "fee", "properties:\n", STRONGER)
    with ChatServer(*in_turn(fenced("return rate_frac * notional\n"))) as server:
        pointed_at(one.session, server, monkeypatch)
        looking = threading.Thread(target=one.run, args=(stop,))
        looking.start()
        wait_for(lambda: "failed" in dict(told))
        time.sleep(1)
        reason.unlink()
        wait_for(lambda: len(told) >= len(told_are))
        time.sleep(0.5)
        stop.set()
        looking.join(30)
    assert [kind for kind, _ in told] == told_are


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
