"""Git as the pipeline uses it: stale locks, no identity, no repository, refusals."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from pipeline_project import Bench, assert_whole, git

from architect import git_locks
from architect.repository import Repository
from core.errors import GitError


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
    hook = bench.project.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    outcome = bench.generate()
    assert [*map(str, outcome.failed.values())] == ["git commit failed: not today"]
    assert len(outcome.skipped) == 7
    hook.unlink()
    assert bench.generate().ok
    assert_whole(bench.project)


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
    git(root, "merge", "--abort")
    assert bench.generate().ok
    assert_whole(bench.project)


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
