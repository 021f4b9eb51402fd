"""What changes while a model answers is not swept in, and not overwritten."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pipeline_project import Bench, git, record_answers, refuse_commits

from architect.code_generator import Judge
from architect.judges import Judges
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from architect.rebuild import verify
from architect.repository import Repository
from architect.session import open_session
from architect.watching import SpecWatch
from core.errors import ArchitectError, FileConflict
from core.manifest import read_manifest
from core.project import Project
from core.spec_graph import SpecGraph, load_graph

CHANGED = "fee: its spec changed while it was built"


def meanwhile(bench: Bench, name: str, happens: Callable[[], object]) -> None:
    """Have something happen while a model answers for a module, once."""
    ask, waiting = bench.ask, [happens]

    def answer(prompt: Prompt) -> Reply:
        if prompt.module == name and waiting:
            waiting.pop()()
        return ask(prompt)

    bench.ask = answer  # type: ignore[method-assign]


def as_it_is_live(bench: Bench) -> tuple[bytes, bytes, str]:
    """Return what holds for `fee`: its file, the manifest, and its committed spec."""
    spec = git(bench.project.root, "show", "HEAD:specs/trading/fee.yaml")
    path = bench.project.module("fee")
    return path.read_bytes(), bench.project.manifest.read_bytes(), spec


def half_done(path: Path) -> None:
    path.write_text(path.read_text().replace("[result >= 0]", "[result >="))


def otherwise(path: Path) -> None:
    path.write_text(path.read_text().replace("of one trade", "of each trade"))


@pytest.mark.parametrize("change", [half_done, otherwise, Path.unlink])
def test_a_spec_that_was_saved_again_goes_into_no_commit_of_the_judged_one(
    built: Bench, change: Callable[[Path], None]
) -> None:
    before = as_it_is_live(built)
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    spec = built.project.spec("fee")
    judged = spec.read_text()
    meanwhile(built, "fee", lambda: change(spec))
    outcome = built.generate()
    assert str(outcome.failed["fee"]) == CHANGED
    assert (
        outcome.failed["fee"].hint == "architect generate builds what stands there now"
    )
    assert outcome.skipped == ["round_trip"]
    assert as_it_is_live(built) == before
    assert not built.project.journal.exists()
    spec.write_text(judged)
    otherwise(spec)
    assert built.generate().ok
    assert "Fee of each trade." in as_it_is_live(built)[2]
    assert git(built.project.root, "status", "--porcelain") == ""


def test_a_comment_that_was_saved_meanwhile_is_no_other_spec(built: Bench) -> None:
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    spec = built.project.spec("fee")
    meanwhile(built, "fee", lambda: spec.write_text("# Mine.\n" + spec.read_text()))
    assert built.generate().ok
    assert git(built.project.root, "status", "--porcelain") == ""


def clone(bench: Bench, folder: Path) -> Bench:
    git(folder, "clone", "-q", str(bench.project.root), "other")
    return Bench(Project(folder / "other"), bench.gate)


def pull(bench: Bench, other: Bench) -> None:
    git(bench.project.root, "pull", "-q", "--ff-only", str(other.project.root), "main")


def test_a_version_of_a_newer_spec_that_came_in_meanwhile_stays(
    bench: Bench, tmp_path: Path
) -> None:
    other = clone(bench, tmp_path)
    other.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    assert other.generate("fee").ok
    meanwhile(bench, "fee", lambda: pull(bench, other))
    assert str(bench.generate("fee").failed["fee"]) == CHANGED
    assert as_it_is_live(bench) == as_it_is_live(other)
    assert bench.repository.head() == other.repository.head()
    assert bench.generate("fee").fresh == ["fee"]


def test_a_version_of_the_same_spec_that_came_in_meanwhile_stays(
    bench: Bench, tmp_path: Path
) -> None:
    other = clone(bench, tmp_path)
    assert other.generate("fee").ok
    other.edit("fee", "notional * rate_frac", "rate_frac * notional")
    graph = load_graph(other.project.specs)
    assert other.pipeline().adopt(graph.get("fee"), graph).accepted
    meanwhile(bench, "fee", lambda: pull(bench, other))
    error = bench.generate("fee").failed["fee"]
    assert str(error) == "fee: another version was accepted while it was built"
    assert as_it_is_live(bench) == as_it_is_live(other)
    assert bench.generate("fee").fresh == ["fee"]
    assert verify(bench.project) == verify(other.project)


def test_an_edit_is_not_adopted_beside_a_spec_that_was_saved_meanwhile(
    built: Bench,
) -> None:
    built.edit("fee", "notional * rate_frac", "rate_frac * notional")
    graph, pipeline = load_graph(built.project.specs), built.pipeline()
    judge_with = pipeline.judge_with

    def and_save(graph: SpecGraph, read: Callable[[str], str]) -> Judge:
        built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
        return judge_with(graph, read)

    pipeline.judge_with = and_save
    before = as_it_is_live(built)
    with pytest.raises(ArchitectError, match=CHANGED):
        pipeline.adopt(graph.get("fee"), graph)
    assert as_it_is_live(built) == before


STRONGER = """\
  - {given: {notional: 7, rate_frac: 0.1}, expect: 0.7}
  - {given: {notional: 0}, expect: 0}
properties:
"""


def test_a_watch_builds_what_was_saved_meanwhile_by_itself(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench("fee")
    bench.change_spec("fee", "properties:\n", STRONGER)
    spec, project = bench.project.spec("fee"), bench.project
    for text in ("of a trade", "of one trade", "of each trade"):
        spec.write_text(spec.read_text().replace("of a trade", text))
        record_answers(project)
        spec.write_text(spec.read_text().replace(text, "of a trade"))
    assert bench.generate().ok
    told: list[tuple[str, str]] = []
    stop = threading.Event()

    def tell(kind: str, detail: dict[str, Any]) -> None:
        told.append((kind, detail["text"]))
        if kind == "built":
            stop.set()

    with open_session(project.root) as session:
        judges, waiting = session.judges, [spec]

        def and_save(graph: SpecGraph, texts: int) -> Judges:
            while waiting:
                otherwise(waiting.pop())
            return judges(graph, texts)

        session.judges = and_save  # type: ignore[method-assign]
        watch = SpecWatch(session, tell)
        watch.begin = lambda: None  # type: ignore[method-assign]
        watch.start()
        bench.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
        late = threading.Timer(30, stop.set)
        late.start()
        watch.run(stop)
        late.cancel()
    assert [kind for kind, _ in told if kind != "note"] == [
        "stale",
        "failed",
        "stale",
        "built",
    ]
    assert CHANGED in told[1][1]
    assert "Fee of each trade." in as_it_is_live(bench)[2]


def test_an_edit_that_came_while_git_was_waited_for_is_not_overwritten(
    built: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    ready = Repository.ready

    def late(repository: Repository) -> None:
        ready(repository)
        if "# mine" not in built.project.module("fee").read_text():
            built.edit("fee", "return notional", "# mine\n    return notional")

    monkeypatch.setattr(Repository, "ready", late)
    assert isinstance(built.generate("fee").failed["fee"], FileConflict)
    assert "# mine" in built.project.module("fee").read_text()
    assert not built.project.journal.exists()


def test_a_module_whose_spec_is_there_again_is_not_taken_out(built: Bench) -> None:
    spec = built.project.spec("spread")
    text = spec.read_text()
    spec.unlink()
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    meanwhile(built, "fee", lambda: spec.write_text(text))
    outcome = built.generate()
    assert (outcome.ok, outcome.removed) == (True, [])
    assert "spread" in read_manifest(built.project.manifest).modules
    assert built.project.module("spread").exists()
    assert built.generate().fresh == [*load_graph(built.project.specs).order]


@pytest.mark.parametrize("change", [half_done, otherwise])
def test_what_a_killed_run_had_begun_is_completed_without_another_spec(
    built: Bench, change: Callable[[Path], None]
) -> None:
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    hook = refuse_commits(built)
    built.generate("fee")
    hook.unlink()
    spec = built.project.spec("fee")
    judged = spec.read_text()
    change(spec)
    assert built.pipeline().recover() == "fee"
    assert "Fee of a trade." in as_it_is_live(built)[2]
    entry = read_manifest(built.project.manifest).modules["fee"]
    assert built.repository.log(built.project.module("fee"))[0].trailers[
        "Spec-Digest"
    ] == entry.spec  # fmt: skip
    spec.write_text(judged)
    otherwise(spec)
    assert built.generate().ok
    assert git(built.project.root, "status", "--porcelain") == ""
