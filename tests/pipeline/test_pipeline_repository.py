"""Git as the pipeline uses it: stale locks, no identity, no repository, refusals."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from pipeline_project import Bench, assert_whole, git, refuse_commits

from architect import git_locks
from architect.rebuild import verify
from architect.repository import Repository
from core.errors import GitError
from core.manifest import read_manifest


def stale(lock: Path) -> Path:
    """Make a lock as a git that was killed a minute ago left it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    then = time.time() - 60
    os.utime(lock, (then, then))
    return lock


@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
def test_a_lock_that_a_killed_git_left_is_taken_away(bench: Bench, name: str) -> None:
    lock = stale(bench.project.root / ".git" / name)
    assert bench.generate("fee").ok
    assert not lock.exists()


def test_a_lock_stays_while_a_git_runs_here(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_locks, "WAIT_S", 0.2)
    lock = stale(bench.project.root / ".git/index.lock")
    # A real git that waits for its input, in a folder of the project.
    waiting = ["git", "hash-object", "--stdin"]
    with subprocess.Popen(
        waiting,
        cwd=bench.project.specs,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as other:
        outcome = bench.generate()
        assert lock.exists()
        assert other.stdin is not None
        other.stdin.close()
    error = next(iter(outcome.failed.values()))
    assert "held by another git" in str(error)
    # Its cause stays, so nothing more is asked for.
    assert len(outcome.failed) == 1
    assert bench.generate().ok
    assert_whole(bench.project)


def test_a_commit_that_could_not_be_made_is_made_by_the_next_run(bench: Bench) -> None:
    hook = refuse_commits(bench)
    outcome = bench.generate()
    assert [*map(str, outcome.failed.values())] == ["git commit failed: not today"]
    assert len(outcome.skipped) == 7
    hook.unlink()
    assert bench.generate().ok
    assert_whole(bench.project)


def test_what_could_not_be_committed_is_not_forgotten_over_a_module_without_a_spec(
    built: Bench,
) -> None:
    """The journal holds one change: the removal waits for the next run."""
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    built.project.spec("spread").unlink()
    hook = refuse_commits(built)
    outcome = built.generate()
    assert [*outcome.failed] == ["fee"]
    assert (outcome.removed, "spread" in outcome.skipped) == ([], True)
    hook.unlink()
    after = built.generate()
    assert (after.ok, after.removed) == (True, ["spread"])
    assert verify(built.project) == []
    assert git(built.project.root, "status", "--porcelain") == ""


def test_a_second_change_is_refused_until_the_first_is_committed(built: Bench) -> None:
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    hook = refuse_commits(built)
    built.generate("fee")
    hook.unlink()
    built.project.spec("spread").unlink()
    with pytest.raises(GitError, match="begun of fee is not committed yet"):
        built.pipeline().generate(["spread"])
    assert built.generate().ok
    assert verify(built.project) == []


def test_without_an_identity_the_commit_has_one_of_ours(built: Bench) -> None:
    who = git(built.project.root, "log", "-1", "--format=%an <%ae> %cn <%ce>").strip()
    assert who == "Architect <architect@localhost> Architect <architect@localhost>"


def test_with_no_home_at_all_it_works_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "")
    assert bench.generate("fee").ok


def test_the_users_identity_is_used_where_there_is_one(bench: Bench) -> None:
    git(bench.project.root, "config", "user.name", "Bob")
    git(bench.project.root, "config", "user.email", "bob@example.org")
    assert bench.generate("fee").ok
    who = git(bench.project.root, "log", "-1", "--format=%an <%ae> %cn").strip()
    assert who == "Bob <bob@example.org> Bob"


def test_half_an_identity_is_completed(bench: Bench) -> None:
    git(bench.project.root, "config", "user.email", "bob@example.org")
    assert bench.generate("fee").ok
    who = git(bench.project.root, "log", "-1", "--format=%an <%ae>").strip()
    assert who == "Architect <bob@example.org>"


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is not a git repository") as caught:
        Repository(tmp_path)
    assert (caught.value.hint or "").startswith("git init")


def test_a_merge_under_way_is_told_with_the_way_out(bench: Bench) -> None:
    root = bench.project.root
    (root / "a.txt").write_text("0\n")
    git(root, "add", "a.txt")
    git(root, "commit", "-qm", "zero")
    git(root, "checkout", "-qb", "other")
    (root / "a.txt").write_text("1\n")
    git(root, "commit", "-qam", "one")
    git(root, "checkout", "-q", "main")
    (root / "a.txt").write_text("2\n")
    git(root, "commit", "-qam", "two")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "other")
    error = next(iter(bench.generate().failed.values()))
    assert "git merge --abort" in (error.hint or "")
    # What git would not take must not go live.
    assert not read_manifest(bench.project.manifest).modules
    assert not list(bench.project.generated.glob("*.py"))
    assert not bench.project.journal.exists()
    git(root, "merge", "--abort")
    assert bench.generate().ok
    assert_whole(bench.project)


# What a person may have begun, and how git ends it.
HALFWAY = {
    "rebase": (("rebase", "other"), "rebase --abort"),
    "rebase by patches": (("rebase", "--apply", "other"), "rebase --abort"),
    "rebase that stops to edit": (
        ("-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-i", "HEAD~1"),
        "rebase --abort",
    ),
    "revert": (("revert", "--no-edit", "HEAD~1"), "revert --abort"),
    "cherry-pick": (("cherry-pick", "other"), "cherry-pick --abort"),
    "bisect": (("bisect", "start", "HEAD", "HEAD~2"), "bisect reset"),
}


@pytest.mark.parametrize("what", HALFWAY)
def test_nothing_is_built_on_commits_that_somebody_may_take_back(
    bench: Bench, what: str
) -> None:
    root = bench.project.root
    for text in "012":
        (root / "a.txt").write_text(text)
        git(root, "add", "a.txt")
        git(root, "commit", "-qm", text)
    git(root, "checkout", "-qb", "other", "HEAD~1")
    (root / "a.txt").write_text("3")
    git(root, "commit", "-qam", "3")
    git(root, "checkout", "-q", "main")
    words, end = HALFWAY[what]
    with contextlib.suppress(subprocess.CalledProcessError):
        git(root, *words)
    before = git(root, "rev-parse", "HEAD")
    failed = [*bench.generate().failed.values()]
    assert failed, "it was built"
    assert (failed[0].hint or "").endswith(f"git {end}")
    assert git(root, "rev-parse", "HEAD") == before
    assert not read_manifest(bench.project.manifest).modules
    git(root, *end.split())
    assert bench.generate().ok
    assert_whole(bench.project)


def test_a_lock_of_the_branch_is_taken_away_in_a_linked_worktree(
    bench: Bench, tmp_path: Path
) -> None:
    git(bench.project.root, "worktree", "add", "-q", str(tmp_path / "tree"))
    lock = stale(bench.project.root / ".git/refs/heads/tree.lock")
    path = tmp_path / "tree/new.txt"
    path.write_text("new\n")
    assert Repository(tmp_path / "tree").commit([path], "Add new")
    assert not lock.exists()


@pytest.mark.parametrize(
    ("name", "is_git"), [("gitea", False), ("git-remote-https", True)]
)
def test_only_git_and_its_helpers_count_as_a_git_that_runs(
    bench: Bench, tmp_path: Path, name: str, is_git: bool
) -> None:
    root = bench.project.root
    shutil.copy("/bin/sleep", tmp_path / name)
    with subprocess.Popen([tmp_path / name, "60"], cwd=root) as other:
        while not Path(f"/proc/{other.pid}/comm").read_text().startswith("git"):
            time.sleep(0.01)  # it becomes another program a moment after it was begun
        runs = git_locks._git_runs(root)
        other.kill()
    assert runs is is_git


def test_a_checkout_in_a_worktree_works(bench: Bench, tmp_path: Path) -> None:
    git(bench.project.root, "worktree", "add", "-q", str(tmp_path / "tree"))
    repository = Repository(tmp_path / "tree")
    path = tmp_path / "tree/new.txt"
    path.write_text("new\n")
    commit = repository.commit([path], "Add new")
    assert repository.show(commit or "", path) == b"new\n"


def test_the_log_gives_prose_and_trailers_apart(bench: Bench) -> None:
    path = bench.project.root / "new.txt"
    path.write_text("new\n")
    bench.repository.commit(
        [path], "Subject\n\nWhy: it was so.\nMore.\n\nModule: x\nBy: wick\n"
    )
    commit = bench.repository.log(path)[0]
    assert (commit.subject, commit.body) == ("Subject", "Why: it was so.\nMore.")
    assert commit.trailers == {"Module": "x", "By": "wick"}


def test_what_it_has_read_leaves_no_git_process_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the garbage collector ends it, in whatever order: here GitPython's own
    end of a repository comes after that of its processes, as in a circle it may."""
    monkeypatch.setattr("git.Repo.__del__", lambda _: None)
    here = Repository(bench.project.root)
    assert here.show("HEAD", bench.project.spec("fee"))
    assert git_processes(bench.project.root)
    here.itself = here  # type: ignore[attr-defined]
    del here
    gc.collect()
    assert git_processes(bench.project.root) == []


def git_processes(folder: Path) -> list[str]:
    """Return what git runs in a folder, of this process alone."""
    found = []
    for child in (
        Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    ):
        place = Path(f"/proc/{child}")
        if place.joinpath("cwd").resolve() == folder.resolve():
            found.append(place.joinpath("cmdline").read_text())
    return found
