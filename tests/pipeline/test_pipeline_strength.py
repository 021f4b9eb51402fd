"""A spec below its threshold is not built unless its author says so."""

from __future__ import annotations

import json

import pytest
from pipeline_cli import architect
from pipeline_project import Bench, git, record_answers

from architect.command_line import main


def weaken(bench: Bench) -> None:
    """Let running_mean's tests allow a running median, and nobody see it in a prompt."""
    bench.change_spec("running_mean", "{close: [2, 4, 9]}", "{close: [2, 4, 6]}")
    bench.change_spec("running_mean", "[2, 3, 5]", "[2, 3, 4]")


@pytest.mark.slow
def test_a_weak_spec_is_refused_with_an_example_and_built_with_weak(
    bench: Bench,
) -> None:
    weaken(bench)
    record_answers(bench.project)
    root = bench.project.root
    refused = architect(root, "generate", "running_mean")
    assert refused.returncode == 1
    assert "its tests catch 0.83 (5 of 6) of the wrong programs" in refused.stderr
    assert "+ return close.expanding().median()" in refused.stderr
    assert "held_back: true" in refused.stderr
    assert "--weak" in refused.stderr
    assert not bench.project.module("running_mean").exists()
    assert architect(root, "generate", "running_mean", "--weak").returncode == 0
    message = git(root, "log", "-1", "--format=%B")
    assert "Strength: 0.83 (5 of 6)" in message


@pytest.mark.slow
def test_a_strong_spec_is_built_and_its_commit_says_how_strong(bench: Bench) -> None:
    record_answers(bench.project)
    root = bench.project.root
    assert architect(root, "generate", "fee").returncode == 0
    assert "Strength: 1.00 (9 of 9)" in git(root, "log", "-1", "--format=%B")


@pytest.mark.slow
def test_the_command_tells_strong_from_weak(
    built: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--root", str(built.project.root))
    assert main(["strength", "fee", "running_mean", "quote", *where]) == 1
    said = capsys.readouterr()
    assert "quote is a record" in said.err
    assert said.out.splitlines()[0].startswith("fee ")
    assert main(["strength", *where]) == 0
    weaken(built)
    capsys.readouterr()
    assert main(["strength", "running_mean", "--json", *where]) == 1
    (row,) = json.loads(capsys.readouterr().out)["specs"]
    assert (row["killed"], row["differing"], row["strong"]) == (5, 6, False)
    assert row["survivors"][0]["example"]["held_back"] is True


@pytest.mark.slow
def test_what_is_not_accepted_has_no_strength(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--root", str(bench.project.root))
    assert main(["strength", "fee", *where]) == 1
    assert "hint: architect generate fee" in capsys.readouterr().err
    assert bench.generate("fee").ok
    bench.edit("fee", "notional * rate_frac", "rate_frac * notional")
    assert main(["strength", "fee", *where]) == 1
    assert "hint: architect adopt fee" in capsys.readouterr().err
