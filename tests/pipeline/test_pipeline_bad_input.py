"""Bad input gets a clear error, and nothing is built from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pipeline_cli import architect
from pipeline_project import Bench, git, record_answers

from architect.rebuild import rebuild, verify
from core.errors import ArchitectError, ManifestError, ReplyChanged, SpecError

PROPERTY = "properties:\n  - name: it is proportional"
# spec, old text, new text, what is said, part of the hint
BAD_SPECS = [
    ("fee", "type: Decimal, unit: USD, meaning: size", "type: Decimel, unit: USD, meaning: size",
     "Decimel", ""),
    ("fee", "intent: Fee", "intention: Fee", "intention", ""),
    ("round_trip", "uses: [fee]", "uses: [fees]", "uses 'fees', which has no spec", "'fee'"),
    ("fee", "returns:", "uses: [round_trip]\nreturns:", "in a circle", "a third spec"),
    ("fee", PROPERTY, "properties:\n  - name: never a half\n    check: result != Decimal('0.5')\n"
     "  - name: it is proportional", "never a half", "mend the spec"),
    ("fee", "expect: 0.5", "expect: -0.5", "ensures", "mend the spec"),
    ("spread", "{bid: 10, ask: 11}", "{bid: 10}", "ask", "mend the spec"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "said", "hint"), BAD_SPECS)
def test_a_bad_spec_stops_the_build_before_anything_is_asked(
    bench: Bench, name: str, old: str, new: str, said: str, hint: str
) -> None:
    bench.change_spec(name, old, new)
    before = bench.repository.head()
    with pytest.raises(SpecError) as caught:
        bench.generate()
    assert said in str(caught.value)
    assert hint in (caught.value.hint or "")
    assert (bench.asked, bench.judged) == ([], [])
    assert bench.repository.head() == before
    assert not bench.project.generated.exists()


def test_the_command_tells_a_bad_spec_with_its_place_and_ends_with_1(
    bench: Bench,
) -> None:
    bench.change_spec("fee", "expect: 0.5", "expect: -0.5")
    done = architect(bench.project.root, "generate")
    assert done.returncode == 1
    assert done.stderr.startswith("error: specs/trading/fee.yaml: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("change", ["reply", "front matter"])
def test_a_reply_file_that_was_changed_is_told(built: Bench, change: str) -> None:
    path = next((built.project.replies / "fee").glob("*.md"))
    data = path.read_bytes()
    old, new = (
        (b"* rate", b"/ rate") if change == "reply" else (b"model: m", b"model: n")
    )
    path.write_bytes(data.replace(old, new))
    problems = [problem for problem in verify(built.project) if problem.name == "fee"]
    assert len(problems) == 1
    assert f"reply fee/{path.name}" in problems[0].message
    assert problems[0].hint.startswith(
        f"git checkout -- generated/replies/fee/{path.name}"
    )
    with pytest.raises(ReplyChanged):
        rebuild(built.project, [], None)
    git(built.project.root, "checkout", "--", f"generated/replies/fee/{path.name}")
    assert verify(built.project) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format: 99\nmodules: {}\n", "from the future"),
        ("format: 1\nmodules: [", "not YAML"),
        ("modules: {}\n", "no format number"),
        ("format: 1\nmodules: {fee: {kind: function}}\n", "wrong keys"),
        ("\x00", "not YAML"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_told_and_left(
    built: Bench, text: str, said: str
) -> None:
    built.project.manifest.write_text(text)
    with pytest.raises(ManifestError, match=said):
        built.generate()
    assert [said in problem.message for problem in verify(built.project)] == [True]
    assert built.project.manifest.read_text() == text


def test_no_repository_is_told_before_anything_is_asked(bench: Bench) -> None:
    record_answers(bench.project)
    shutil.rmtree(bench.project.root / ".git")
    done = architect(bench.project.root, "generate")
    assert done.returncode == 1
    assert "is not a git repository" in done.stderr
    assert "hint: git init" in done.stderr
    assert not bench.project.generated.exists()


def test_no_project_is_told(tmp_path: Path) -> None:
    done = architect(tmp_path, "generate")
    assert done.returncode == 1
    assert "error: no project at" in done.stderr
    assert "hint: run the command inside the checkout" in done.stderr


def test_a_missing_answer_tells_how_to_get_one(bench: Bench) -> None:
    done = architect(bench.project.root, "generate", "fee")
    assert done.returncode == 1
    assert "no recorded reply for fee (code)" in done.stderr
    assert "LLM_API_KEY" in done.stderr
    assert "0 built" not in done.stdout


def test_a_template_with_a_stray_dollar_is_told_with_its_line(bench: Bench) -> None:
    template = bench.project.prompts / "code.md"
    template.write_text(template.read_text() + "costs 5$ each\n")
    with pytest.raises(ArchitectError, match=r"code\.md") as caught:
        bench.generate()
    assert "$$" in (caught.value.hint or "")


def test_a_template_with_an_unknown_placeholder_names_it(bench: Bench) -> None:
    template = bench.project.prompts / "code.md"
    template.write_text(template.read_text() + "$nothing\n")
    with pytest.raises(ArchitectError, match="nothing") as caught:
        bench.generate()
    assert "header" in (caught.value.hint or "")


def test_a_template_without_its_line_is_told(bench: Bench) -> None:
    (bench.project.prompts / "code.md").write_text("Write it.\n")
    with pytest.raises(ArchitectError, match="=== user"):
        bench.generate()
