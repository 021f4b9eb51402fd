"""Verify finds each kind of tampering and writes nothing; rebuild gives the same bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pipeline_cli import architect
from pipeline_project import Bench

from architect.rebuild import rebuild, verify
from core.project import Project


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    """Return every path with its content, mode and times."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        facts = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(root))] = (facts.st_mtime_ns, facts.st_mode, data)
    return found


def test_verify_writes_nothing_at_all(built: Bench) -> None:
    os.utime(built.project.manifest, (1, 1))
    before = snapshot(built.project.root)
    assert verify(built.project) == []
    done = architect(built.project.root, "verify")
    assert (done.returncode, done.stdout) == (
        0,
        "8 modules: files, replies, specs and manifest agree\n",
    )
    assert snapshot(built.project.root) == before


def one_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def entry_digest(key: str) -> Callable[[Project], None]:
    def tamper(project: Project) -> None:
        text = project.manifest.read_text()
        start = text.index("  fee:")
        block = re.sub(rf"(    {key}: )\w", r"\g<1>0f", text[start:], count=1)
        project.manifest.write_text(text[:start] + block)

    return tamper


def drop_entry(project: Project) -> None:
    text = project.manifest.read_text()
    project.manifest.write_text(re.sub(r"  spread:\n(    .*\n)+", "", text))


def stale_spec(project: Project) -> None:
    text = project.spec("fee").read_text()
    project.spec("fee").write_text(text.replace("Fee of a trade", "Fee of one trade"))


TAMPERING: dict[str, tuple[str, Callable[[Project], None]]] = {
    "a module's byte": ("fee", lambda p: one_byte(p.module("fee"))),
    "a record's byte": ("quote", lambda p: one_byte(p.module("quote"))),
    "a reply's byte": (
        "fee",
        lambda p: one_byte(next((p.replies / "fee").glob("*.md"))),
    ),
    "a reply is gone": (
        "fee",
        lambda p: next((p.replies / "fee").glob("*.md")).unlink(),
    ),
    "a file is gone": ("fee", lambda p: p.module("fee").unlink()),
    "a stranger": ("extra", lambda p: p.module("extra").write_text("x = 1\n") and None),
    "a stale spec": ("fee", stale_spec),
    "a spec is gone": ("round_trip", lambda p: p.spec("round_trip").unlink()),
    "an entry is gone": ("spread", drop_entry),
    "the file digest": ("fee", entry_digest("file")),
    "the body digest": ("fee", entry_digest("body")),
    "the reply digest": ("fee", entry_digest("reply_sha256")),
    "the spec digest": ("fee", entry_digest("spec")),
    "the prompt digest": ("fee", entry_digest("prompt")),
    "the inputs digest": ("fee", entry_digest("inputs")),
}


@pytest.mark.parametrize("kind", TAMPERING)
def test_verify_finds(built: Bench, kind: str) -> None:
    name, tamper = TAMPERING[kind]
    tamper(built.project)
    before = snapshot(built.project.root)
    problems = verify(built.project)
    assert name in {problem.name for problem in problems}
    assert all(problem.hint for problem in problems)
    assert snapshot(built.project.root) == before


def test_a_rebuild_elsewhere_gives_the_same_bytes(built: Bench, tmp_path: Path) -> None:
    written = rebuild(built.project, [], tmp_path / "again")
    assert len(written) == 8
    for name in ("generated", "manifest.yaml"):
        old, new = built.project.root / name, tmp_path / "again" / name
        if old.is_file():
            assert new.read_bytes() == old.read_bytes()
            continue
        mine = {
            p.relative_to(old): p.read_bytes() for p in old.rglob("*") if p.is_file()
        }
        again = {
            p.relative_to(new): p.read_bytes() for p in new.rglob("*") if p.is_file()
        }
        assert again == mine


def test_a_rebuild_in_place_writes_only_what_is_gone(built: Bench) -> None:
    built.project.module("spread").unlink()
    assert rebuild(built.project, [], None) == ["spread"]
    assert verify(built.project) == []


def test_a_rebuild_of_what_was_never_built_says_what_builds_it(bench: Bench) -> None:
    done = architect(bench.project.root, "rebuild", "fee")
    assert done.returncode == 1
    assert done.stderr == "error: fee was never built\nhint: architect generate fee\n"


def test_the_hints_of_verify_mend_what_it_finds(built: Bench) -> None:
    built.project.module("fee").unlink()
    hint = verify(built.project)[0].hint
    assert hint == "architect rollback fee"
    assert architect(built.project.root, *hint.split()[1:]).returncode == 0
    assert verify(built.project) == []
