"""A build that SIGKILL ends anywhere is completed by the next one, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline_project import Bench, assert_whole, git, record_answers

from architect.history import restore, versions
from architect.lock import build_lock, is_building
from architect.rebuild import verify
from core.errors import Busy, GitError
from core.manifest import read_manifest, sha256
from core.project import Project
from core.spec_graph import load_graph

KILLED = Path(__file__).with_name("killed_build.py")
STEPS = ("ask", "journal", "module", "manifest", "commit", "close")


def killed(project: Project, *words: object) -> int:
    """Run a build that kills itself; return its exit code, 0 if it was done before."""
    command = [sys.executable, str(KILLED), str(project.root), *map(str, words)]
    done = subprocess.run(
        command, capture_output=True, text=True, start_new_session=True, timeout=120
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def assert_nothing_half_written(project: Project) -> None:
    """Each module is accepted or absent, and the manifest can be read."""
    manifest = read_manifest(project.manifest)
    for path in project.generated.glob("*.py"):
        text = path.read_bytes()
        assert text.endswith(f"architect rebuild {path.stem}\n".encode())
        entry = manifest.modules.get(path.stem)
        assert entry is None or entry.file == sha256(text)


@pytest.fixture
def answered(bench: Bench) -> Bench:
    """A project whose replies are recorded and committed, as they ship."""
    record_answers(bench.project)
    git(bench.project.root, "add", "-A")
    git(bench.project.root, "commit", "-qm", "Record")
    return bench


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_a_step_of_a_first_build_is_completed(
    answered: Bench, step: str
) -> None:
    group = ["group"] if step in ("module", "commit") else []
    assert killed(answered.project, step, 4, *group) == -signal.SIGKILL
    assert_nothing_half_written(answered.project)
    assert answered.generate().ok
    assert answered.asked == []
    assert_whole(answered.project)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_a_step_of_a_change_is_completed(answered: Bench, step: str) -> None:
    assert answered.generate().ok
    before = git(answered.project.root, "rev-list", "--count", "HEAD")
    answered.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    record_answers(answered.project)
    assert killed(answered.project, step, 2) == -signal.SIGKILL
    assert_nothing_half_written(answered.project)
    assert answered.generate().ok
    assert verify(answered.project) == []
    assert git(answered.project.root, "status", "--porcelain") == ""
    after = git(answered.project.root, "rev-list", "--count", "HEAD")
    assert int(after) - int(before) == 2  # fee and round_trip, each once


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_kill_while_a_module_is_taken_out_is_completed(
    answered: Bench, step: str
) -> None:
    assert answered.generate().ok
    answered.project.spec("round_trip").unlink()
    assert killed(answered.project, step, 1, "group") == -signal.SIGKILL
    assert answered.generate().ok
    assert verify(answered.project) == []
    assert not answered.project.module("round_trip").exists()
    assert git(answered.project.root, "status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_kills_at_any_moment_are_completed(answered: Bench, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(2):
        group = ["group"] * chance.randint(0, 1) + ["pool"] * (seed % 2)
        killed(answered.project, "time", round(chance.uniform(0.0, 0.5), 4), *group)
        assert_nothing_half_written(answered.project)
        with build_lock(answered.project):
            pass
    assert answered.generate().ok
    assert_whole(answered.project)


def test_an_edit_after_the_kill_is_not_overwritten(answered: Bench) -> None:
    assert killed(answered.project, "manifest", 4) == -signal.SIGKILL
    path = max(
        answered.project.generated.glob("*.py"), key=lambda p: p.stat().st_mtime_ns
    )
    path.write_text(path.read_text() + "# mine\n")
    answered.pipeline().recover()
    assert path.read_text().endswith("# mine\n")
    assert not answered.project.journal.exists()


def test_a_version_that_came_in_after_the_kill_is_not_replaced(
    answered: Bench, tmp_path: Path
) -> None:
    """The journal is of yesterday; a pull brought a newer version of a newer spec."""
    assert answered.generate().ok
    root = answered.project.root
    git(tmp_path, "clone", "-q", str(root), "other")
    other = Bench(Project(tmp_path / "other"), answered.gate)
    other.change_spec("fee", "Fee of a trade.", "The fee of a trade.")
    assert other.generate("fee").ok
    newer = read_manifest(other.project.manifest).modules["fee"]
    answered.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    record_answers(answered.project)
    assert killed(answered.project, "module", 1) == -signal.SIGKILL
    assert answered.project.journal.exists()
    git(root, "checkout", "-q", "--", ".")
    git(root, "pull", "-q", "--ff-only", str(other.project.root), "main")
    assert answered.pipeline().recover() is None
    assert read_manifest(answered.project.manifest).modules["fee"] == newer
    assert "The fee of a trade." in answered.project.module("fee").read_text()
    assert not answered.project.journal.exists()


def edited_before_its_commit(bench: Bench) -> None:
    """A version that is live and in no commit, and its file edited since then."""
    assert bench.generate().ok
    bench.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    record_answers(bench.project)
    assert killed(bench.project, "commit", 1) == -signal.SIGKILL
    bench.edit("fee", "notional * rate_frac", "rate_frac * notional")
    assert bench.pipeline().recover() is None
    assert bench.project.journal.exists()


def test_an_edit_between_manifest_and_commit_loses_no_commit(answered: Bench) -> None:
    edited_before_its_commit(answered)
    answered.project.spec("spread").unlink()
    with pytest.raises(GitError, match="begun of fee is not committed") as caught:
        answered.pipeline().generate(["spread"])
    assert "architect rollback fee" in (caught.value.hint or "")
    restore(answered.project, answered.repository, "fee")
    assert answered.generate().ok
    assert not answered.project.journal.exists()
    assert verify(answered.project) == []
    assert git(answered.project.root, "status", "--porcelain") == ""
    entry = read_manifest(answered.project.manifest).modules["fee"]
    known = versions(answered.project, answered.repository, "fee")
    assert known[0].version == entry.version


def test_an_edit_between_manifest_and_commit_may_be_adopted(answered: Bench) -> None:
    edited_before_its_commit(answered)
    graph = load_graph(answered.project.specs)
    assert answered.pipeline().adopt(graph.get("fee"), graph).accepted
    assert not answered.project.journal.exists()
    assert answered.generate().ok
    assert verify(answered.project) == []


def test_an_edit_after_the_commit_keeps_no_journal(answered: Bench) -> None:
    assert killed(answered.project, "close", 1) == -signal.SIGKILL
    (name,) = read_manifest(answered.project.manifest).modules
    path = answered.project.module(name)
    path.write_text(path.read_text() + "# mine\n")
    answered.pipeline().recover()
    assert path.read_text().endswith("# mine\n")
    assert not answered.project.journal.exists()


def test_a_journal_that_is_not_whole_is_no_change(built: Bench) -> None:
    built.project.journal.write_text('{"sha256": "0", "change": "{}"}')
    assert built.generate().ok
    assert_whole(built.project)


def test_temp_files_of_ended_processes_go_and_others_stay(built: Bench) -> None:
    folder = built.project.replies / "fee"
    gone = [
        folder / ".x.md.4194303-0123abcd.tmp",
        built.project.root / ".m.4194303-0123abcd.tmp",
    ]
    stay = [folder / ".x.md.1-0123abcd.tmp", built.project.root / ".notes.markdown"]
    for path in gone + stay:
        path.touch()
    built.pipeline().recover()
    assert [path.exists() for path in gone + stay] == [False, False, True, True]


def test_verify_tells_of_a_run_that_was_killed(answered: Bench) -> None:
    killed(answered.project, "module", 1)
    assert any("killed half-way" in p.message for p in verify(answered.project))


def test_what_was_begun_is_completed_by_the_command_too(answered: Bench) -> None:
    killed(answered.project, "commit", 1)
    command = [
        sys.executable,
        "-m",
        "architect",
        "generate",
        "--root",
        answered.project.root,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "which a killed run had begun" in done.stderr
    assert_whole(answered.project)


def test_a_locked_build_names_its_holder(bench: Bench) -> None:
    with (
        build_lock(bench.project),
        pytest.raises(Busy, match=f"process {os.getpid()}"),
        build_lock(bench.project),
    ):
        pass


def test_who_can_wait_sees_whether_somebody_builds(bench: Bench) -> None:
    project = bench.project
    assert not is_building(project)
    with build_lock(project):
        assert is_building(project)
    assert not is_building(project)
    # A process that was killed left its number behind.
    ended = subprocess.Popen([sys.executable, "-c", ""])
    (project.data / "build.lock").write_text(f"{ended.pid}\n")
    assert is_building(project)
    ended.wait()
    assert not is_building(project)
    (project.data / "build.lock").write_text("not a number\n")
    assert not is_building(project)
