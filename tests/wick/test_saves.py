"""Saves that the manifest does not know: let in or refused by the gate, never touched."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from wick_project import RECURSES, SUMS, SUMS_OTHERWISE, Bench, git, saved

from architect import atomic
from architect.pipeline import Pipeline
from architect.wick.incidents import Incident
from architect.wick.saves import handle_save
from core.errors import Busy
from core.manifest import read_manifest, sha256

WRONG = "return start - sum(values)\n"


def handle(bench: Bench, name: str, digest: str, job: str = "1-0") -> Incident:
    done = handle_save(bench.session, bench.incidents, saved(name, digest, job))
    assert done is not None
    found = bench.incidents.get(done.incident_id)
    assert found is not None
    assert found.closed_ms is not None
    return found


def reason(incident: Incident) -> str:
    return " ".join(str(d.get("reason", "")) for _, _, d in incident.events)


def test_a_right_save_is_accepted_and_committed(bench: Bench) -> None:
    bench.accept("total", SUMS)
    digest = bench.save("total", SUMS_OTHERWISE)
    done = handle(bench, "total", digest)
    assert (done.state, done.fixed_by) == ("accepted", "the gate")
    entry = read_manifest(bench.project.manifest).modules["total"]
    assert (entry.file, entry.by) == (digest, "hand")
    assert done.commit == bench.session.repository.head()
    assert bench.dirt() == []


def test_a_wrong_save_is_refused_and_left_as_it_is(bench: Bench) -> None:
    bench.accept("total", SUMS)
    head = bench.session.repository.head()
    digest = bench.save("total", WRONG)
    done = handle(bench, "total", digest)
    assert done.state == "refused"
    assert "refused at contract" in reason(done)
    assert any(
        "architect rollback total" in str(d.get("hint")) for _, _, d in done.events
    )
    assert sha256(bench.project.module("total").read_bytes()) == digest
    assert bench.session.repository.head() == head


def test_the_first_version_of_a_module_may_be_a_save(bench: Bench) -> None:
    assert handle(bench, "total", bench.save("total", SUMS)).state == "accepted"


def test_a_save_that_was_saved_over_or_deleted_is_no_incident(bench: Bench) -> None:
    bench.accept("total", SUMS)
    old = bench.save("total", RECURSES)
    bench.save("total", SUMS_OTHERWISE)
    assert handle_save(bench.session, bench.incidents, saved("total", old)) is None
    gone = bench.save("total", RECURSES)
    bench.project.module("total").unlink()
    assert handle_save(bench.session, bench.incidents, saved("total", gone)) is None
    assert bench.incidents.all() == []


def test_a_save_that_was_accepted_meanwhile_is_no_incident(bench: Bench) -> None:
    bench.accept("total", SUMS)
    digest = sha256(bench.project.module("total").read_bytes())
    assert handle_save(bench.session, bench.incidents, saved("total", digest)) is None


def test_a_module_that_no_spec_knows_is_refused(bench: Bench) -> None:
    bench.project.generated.mkdir(parents=True, exist_ok=True)
    path = bench.project.module("stranger")
    path.write_text("import os\n")
    done = handle(bench, "stranger", sha256(path.read_bytes()))
    assert done.state == "refused"
    assert "stranger" in reason(done)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def total(values", "def total(value"),
        (
            "from core.wrapper import module",
            "import os\nfrom core.wrapper import module",
        ),
        ('requires=[\n        "start >= 0",\n    ],', "requires=[],"),
        ('__all__ = ["total"]', '__all__ = ["total", "os"]'),
    ],
)
def test_a_changed_header_or_footer_is_refused(
    bench: Bench, old: str, new: str
) -> None:
    bench.save("total", SUMS)
    path = bench.project.module("total")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = handle(bench, "total", sha256(path.read_bytes()))
    assert (done.state, "structure" in reason(done)) == ("refused", True)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"return (\n", b"\0" * 100])
def test_what_is_no_module_is_refused(bench: Bench, raw: bytes) -> None:
    bench.accept("total", SUMS)
    bench.project.module("total").write_bytes(raw)
    assert handle(bench, "total", sha256(raw)).state == "refused"


def test_a_spec_that_is_broken_meanwhile_refuses_and_says_so(bench: Bench) -> None:
    bench.accept("total", SUMS)
    digest = bench.save("total", SUMS_OTHERWISE)
    bench.project.spec("total").write_text("name: total\nkindd: function\n")
    done = handle(bench, "total", digest)
    assert done.state == "refused"
    assert "kindd" in reason(done)
    git(bench.project.root, "checkout", "-q", "specs")
    assert handle(bench, "total", digest, "2-0").state == "accepted"


def test_a_worker_that_died_after_its_commit_leaves_an_acceptance(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.accept("total", SUMS)
    digest = bench.save("total", SUMS_OTHERWISE)

    def die() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bench.session, "record_verdicts", die)
        with pytest.raises(KeyboardInterrupt):
            handle_save(bench.session, bench.incidents, saved("total", digest))
    done = handle(bench, "total", digest)
    assert (done.state, done.commit) == ("accepted", bench.session.repository.head())


def test_a_save_is_judged_by_the_specs_as_they_are_when_its_turn_comes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may wait long for a build, in which what it was saved for is changed."""
    bench.accept("total", SUMS)
    digest = bench.save("total", SUMS_OTHERWISE)
    building = bench.session.building

    @contextmanager
    def waits(wait: bool = False) -> Iterator[Pipeline]:
        path = bench.project.spec("total")
        path.write_text(path.read_text().replace("Sum of the", "The sum of all"))
        with building(wait) as pipeline:
            yield pipeline

    monkeypatch.setattr(bench.session, "building", waits)
    done = handle(bench, "total", digest)
    assert (done.state, "structure" in reason(done)) == ("refused", True)


def test_a_save_waits_for_the_end_of_a_merge(bench: Bench) -> None:
    bench.accept("total", SUMS)
    digest = bench.save("total", SUMS_OTHERWISE)
    merge = bench.project.root / ".git/MERGE_HEAD"
    merge.write_text(bench.session.repository.head())
    with pytest.raises(Busy, match="waits for git: a merge is under way"):
        handle_save(bench.session, bench.incidents, saved("total", digest))
    merge.unlink()
    assert handle(bench, "total", digest).state == "accepted"
    assert bench.dirt() == []


def test_a_save_waits_while_the_disk_is_full(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.accept("total", SUMS)
    digest = bench.save("total", SUMS_OTHERWISE)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as changed:
        changed.setattr(atomic, "_replace", full)
        with pytest.raises(Busy, match=r"waits for the disk: .* No space left"):
            handle_save(bench.session, bench.incidents, saved("total", digest))
    assert handle(bench, "total", digest).state == "accepted"


def test_a_save_waits_for_a_hook_that_refuses_its_commit(bench: Bench) -> None:
    """It is live already: to call it refused would be wrong."""
    bench.accept("total", SUMS)
    digest = bench.save("total", SUMS_OTHERWISE)
    hook = bench.project.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    for _ in range(2):  # at its commit, and where that is completed
        with pytest.raises(Busy, match="waits for git: git commit failed"):
            handle_save(bench.session, bench.incidents, saved("total", digest))
    assert [one.state for one in bench.incidents.all()] == ["open"]
    hook.unlink()
    done = handle(bench, "total", digest)
    assert (done.state, done.commit) == ("accepted", bench.session.repository.head())
    assert bench.dirt() == []
