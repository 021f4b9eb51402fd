"""What is taken out is out of git too, whatever came between."""

from __future__ import annotations

import pytest
from pipeline_project import Bench, git, refuse_commits

from core.errors import GitError


def in_head(bench: Bench, name: str) -> list[str]:
    """Return what of a module the current commit holds."""
    root = bench.project.root
    known = git(root, "ls-tree", "-r", "--name-only", "HEAD").split()
    paths = (bench.project.spec(name), bench.project.module(name))
    places = {path.relative_to(root).as_posix() for path in paths}
    held = name in git(root, "show", "HEAD:manifest.yaml")
    return [*sorted(places & {*known}), *(["manifest.yaml"] if held else [])]


def test_a_removal_that_git_refused_once_is_committed_with_its_deletions(
    built: Bench,
) -> None:
    """git add has staged the deletions: the paths are neither on disk nor in the index."""
    built.project.spec("spread").unlink()
    hook = refuse_commits(built)
    with pytest.raises(GitError, match="not today"):
        built.generate()
    assert len(in_head(built, "spread")) == 3
    hook.unlink()
    assert built.generate().ok
    assert in_head(built, "spread") == []
    assert git(built.project.root, "status", "--porcelain") == ""


def test_a_removal_takes_what_a_person_has_removed_with_git(built: Bench) -> None:
    git(built.project.root, "rm", "-q", "specs/trading/spread.yaml")
    assert built.generate().removed == ["spread"]
    assert in_head(built, "spread") == []
    assert git(built.project.root, "status", "--porcelain") == ""


def test_a_spec_that_was_never_built_goes_though_git_refused_once(bench: Bench) -> None:
    hook = refuse_commits(bench)
    with pytest.raises(GitError, match="not today"):
        bench.pipeline().remove(["spread"])
    hook.unlink()
    assert bench.pipeline().remove(["spread"]) == ["spread"]
    assert in_head(bench, "spread") == []
    assert git(bench.project.root, "status", "--porcelain") == ""


def test_a_commit_leaves_out_what_git_never_had(bench: Bench) -> None:
    root, repository = bench.project.root, bench.repository
    new, staged = root / "new.txt", root / "staged.txt"
    assert repository.commit([staged], "Nothing") is None
    staged.write_text("staged\n")
    git(root, "add", "staged.txt")
    staged.unlink()
    new.write_text("new\n")
    commit = repository.commit([new, staged, root / "nowhere.txt"], "Add new")
    assert git(root, "show", "--format=", "--name-only", commit or "") == "new.txt\n"
    assert git(root, "status", "--porcelain") == ""
