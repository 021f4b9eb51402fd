"""A file edited by hand is never overwritten silently and never trusted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest
from pipeline_project import Bench, fenced, git

from architect.history import Restored, find_version, restore, versions
from architect.rebuild import accepted_modules, rebuild, verify
from core.errors import ArchitectError, FileConflict
from core.manifest import read_manifest
from core.spec_graph import load_graph


def test_generate_refuses_it_and_names_both_ways(built: Bench) -> None:
    path = built.edit("fee", "notional * rate", "rate_frac * notional  # rate")
    edited = path.read_text()
    error = built.generate().failed["fee"]
    assert isinstance(error, FileConflict)
    assert "architect adopt fee" in (error.hint or "")
    assert "architect rollback fee" in (error.hint or "")
    assert path.read_text() == edited


def test_a_stale_module_whose_file_was_edited_is_refused_too(built: Bench) -> None:
    edited = built.edit(
        "fee", "notional * rate_frac", "rate_frac * notional"
    ).read_text()
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    outcome = built.generate()
    assert list(outcome.failed) == ["fee"]
    assert outcome.skipped == ["round_trip"]
    assert built.project.module("fee").read_text() == edited


def test_adopt_accepts_a_right_edit_as_written_by_hand(built: Bench) -> None:
    built.edit("fee", "notional * rate_frac", "rate_frac*notional")
    graph = load_graph(built.project.specs)
    assert built.pipeline().adopt(graph.get("fee"), graph).accepted
    assert "rate_frac * notional\n" in built.project.module("fee").read_text()
    assert read_manifest(built.project.manifest).modules["fee"].by == "hand"
    assert verify(built.project) == []
    assert git(built.project.root, "status", "--porcelain") == ""
    commit = built.repository.log(built.project.module("fee"))[0]
    assert commit.subject == "Accept a hand edit of fee"
    # What a person wrote stays theirs when only a held-back example changes.
    built.change_spec("fee", "{notional: 431, rate_frac: 0.01}\n    expect: 4.31",
                      "{notional: 1, rate_frac: 0.01}\n    expect: 0.01")  # fmt: skip
    assert list(built.generate().built) == ["fee"]
    assert read_manifest(built.project.manifest).modules["fee"].by == "hand"


def test_adopt_refuses_a_wrong_edit_and_leaves_it(built: Bench) -> None:
    path = built.edit("fee", "notional * rate_frac", "notional")
    before = built.repository.head()
    graph = load_graph(built.project.specs)
    assert not built.pipeline().adopt(graph.get("fee"), graph).accepted
    assert "return notional\n" in path.read_text()
    assert built.repository.head() == before


def test_adopt_of_what_was_not_edited_changes_nothing(built: Bench) -> None:
    before = built.repository.head()
    graph = load_graph(built.project.specs)
    assert built.pipeline().adopt(graph.get("fee"), graph).accepted
    assert built.repository.head() == before
    assert read_manifest(built.project.manifest).modules["fee"].by == "model"


def test_adopt_without_a_file_is_an_error(bench: Bench) -> None:
    graph = load_graph(bench.project.specs)
    with pytest.raises(ArchitectError, match="fee has no file"):
        bench.pipeline().adopt(graph.get("fee"), graph)


def test_others_are_judged_with_the_accepted_version_not_the_edit(built: Bench) -> None:
    accepted = built.project.module("fee").read_text()
    built.edit("fee", "notional * rate_frac", "notional")
    graph = load_graph(built.project.specs)
    read = built.pipeline().module_text
    assert accepted_modules(built.project, graph, read)["fee"] == accepted
    assert built.generate("round_trip", force=True).failed.keys() == {"fee"}
    spec = graph.get("round_trip")
    judge = built.judge_with(graph, read)
    assert judge(spec, "return fee(notional) * 2\n").accepted


def test_restore_keeps_a_copy_and_puts_the_accepted_one_back(built: Bench) -> None:
    accepted = built.project.module("fee").read_bytes()
    edited = built.edit("fee", "notional * rate_frac", "notional").read_bytes()
    restored = restore(built.project, built.repository, "fee")
    assert restored is not None
    assert restored.kept is not None
    assert restored.kept.read_bytes() == edited
    assert built.project.module("fee").read_bytes() == accepted
    assert restore(built.project, built.repository, "fee") is None


def test_restore_brings_back_a_missing_file_with_no_git_history(built: Bench) -> None:
    accepted = built.project.module("fee").read_bytes()
    built.project.module("fee").unlink()
    (built.project.root / ".git").rename(built.project.root / "old")
    git(built.project.root, "init", "-q")
    assert restore(built.project, built.repository, "fee") == Restored(None)
    assert built.project.module("fee").read_bytes() == accepted


def test_rebuild_in_place_restores_what_is_gone_and_refuses_an_edit(
    built: Bench,
) -> None:
    accepted = built.project.module("fee").read_bytes()
    built.project.module("fee").unlink()
    assert rebuild(built.project, [], None) == ["fee"]
    assert built.project.module("fee").read_bytes() == accepted
    built.edit("fee", "notional * rate_frac", "notional")
    with pytest.raises(FileConflict, match=r"fee\.py was edited by hand"):
        rebuild(built.project, [], None)


# --- versions ----------------------------------------------------------------------


@pytest.fixture
def twice(built: Bench) -> Bench:
    """`fee` in two versions: by the model, then by hand."""
    built.edit("fee", "notional * rate_frac", "rate_frac * notional")
    graph = load_graph(built.project.specs)
    assert built.pipeline().adopt(graph.get("fee"), graph).accepted
    return built


def test_the_log_holds_each_version_once_newest_first(twice: Bench) -> None:
    known = versions(twice.project, twice.repository, "fee")
    assert [version.entry.by for version in known] == ["hand", "model"]


def test_a_version_is_found_by_its_beginning(twice: Bench) -> None:
    first = versions(twice.project, twice.repository, "fee")[1]
    found = find_version(twice.project, twice.repository, "fee", first.version[:4])
    assert found.version == first.version
    with pytest.raises(ArchitectError, match="no version begins with 'zz'") as caught:
        find_version(twice.project, twice.repository, "fee", "zz")
    assert first.version in (caught.value.hint or "")


def test_a_rollback_brings_the_version_before_back_through_the_gate(
    twice: Bench,
) -> None:
    target = find_version(twice.project, twice.repository, "fee", None)
    graph = load_graph(twice.project.specs)
    assert twice.pipeline().bring_back(graph.get("fee"), graph, target).accepted
    assert "notional * rate_frac" in twice.project.module("fee").read_text()
    assert verify(twice.project) == []
    commit = twice.repository.log(twice.project.module("fee"))[0]
    assert commit.subject == f"Roll back fee to version {target.version}"


def test_a_version_whose_question_has_another_answer_by_now_is_rebuilt_as_it_was(
    bench: Bench,
) -> None:
    """Somebody threw the first answer away and asked again."""
    bench.answers["fee"] = [fenced("return rate_frac * notional\n")]
    assert bench.generate().ok
    entry = read_manifest(bench.project.manifest).modules["fee"]
    (bench.project.replies / entry.reply).unlink()
    # What is accepted is kept as long as its file is there.
    bench.project.module("fee").unlink()
    assert bench.generate().ok
    target = find_version(bench.project, bench.repository, "fee", None)
    graph = load_graph(bench.project.specs)
    assert bench.pipeline().bring_back(graph.get("fee"), graph, target).accepted
    assert "rate_frac * notional" in bench.project.module("fee").read_text()
    assert verify(bench.project) == []


PROPERTY = """properties:
  - name: it is proportional
    check: call(notional=notional * 2) == result * 2
    cases: 10
"""
ODD = "extra = 1 if notional == 431 else 0\nreturn notional * rate_frac + extra\n"


def test_a_version_that_todays_gate_refuses_does_not_come_back(bench: Bench) -> None:
    bench.change_spec("fee", PROPERTY, "")
    assert bench.generate().ok
    bench.change_spec("fee", "expect: 4.31", "expect: 5.31")
    bench.answers["fee"] = [fenced(ODD)]
    assert bench.generate().ok
    odd = bench.project.module("fee").read_bytes()
    target = find_version(bench.project, bench.repository, "fee", None)
    graph = load_graph(bench.project.specs)
    verdict = bench.pipeline().bring_back(graph.get("fee"), graph, target)
    assert (verdict.accepted, verdict.stage) == (False, "contract")
    assert "5.31" not in verdict.as_text()
    assert bench.project.module("fee").read_bytes() == odd


def test_a_version_of_another_contract_names_the_spec_to_bring_back(
    built: Bench,
) -> None:
    built.change_spec("fee", "ensures: [result >= 0]", "ensures: [0 <= result]")
    assert built.generate().ok
    target = find_version(built.project, built.repository, "fee", None)
    graph = load_graph(built.project.specs)
    verdict = built.pipeline().bring_back(graph.get("fee"), graph, target)
    assert not verdict.accepted
    start = f"git checkout {target.commit.id[:12]} -- specs/trading/fee.yaml"
    assert start in verdict.as_text()
    git(built.project.root, *start.split()[1:])
    assert built.generate().ok
    assert built.asked == []
    assert built.project.module("fee").read_text() == target.module


def architect(bench: Bench, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "architect", *words]
    return subprocess.run(
        command, cwd=bench.project.root, capture_output=True, text=True, timeout=60
    )


@pytest.mark.slow
def test_the_commands_walk_through_an_edit_and_back(built: Bench) -> None:
    built.edit("fee", "notional * rate_frac", "notional")
    refused = architect(built, ["adopt", "fee"])
    assert refused.returncode == 1
    assert "hint: mend it, or architect rollback fee" in refused.stderr
    restored = architect(built, ["rollback", "fee"])
    assert restored.returncode == 0
    assert "the hand edit is kept in .architect/discarded/fee-" in restored.stdout
    built.edit("fee", "notional * rate_frac", "rate_frac * notional")
    assert architect(built, ["adopt", "fee"]).returncode == 0
    back = architect(built, ["rollback", "fee"])
    assert "fee is at version" in back.stdout
    again = architect(built, ["rollback", "fee", back.stdout.split()[-1][:6]])
    assert again.stdout.endswith("already\n")
    record = architect(built, ["rollback", "quote"])
    assert (record.returncode, record.stderr.splitlines()[0]) == (
        1,
        "error: quote has no earlier accepted version",
    )
    log = architect(built, ["log", "fee"])
    assert len(log.stdout.splitlines()) == 2
