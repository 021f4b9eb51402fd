"""A build that ends before its end: the specs that it wrote go, what a person saved stays."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import replace

import pytest
from pipeline_project import SPECS

from architect.command_line import Terminated
from architect.drafts.applying import apply
from architect.drafts.draft import Draft, DraftedSpec
from architect.session import Session, open_session
from core.errors import SpecError, WriteFailed
from core.project import Project
from core.spec_text import parse_spec

OLD, NEW = "Fee of a trade", "Fee of one trade"


def drafted(project: Project, name: str, text: str) -> DraftedSpec:
    path = project.spec(name)
    before = path.read_text() if path.exists() else None
    return DraftedSpec(parse_spec(text, name), text, before)


def draft(project: Project) -> Draft:
    """Change fee, and propose a module of the name `tax`."""
    fee = SPECS["fee"].lstrip()
    tax = fee.replace("name: fee", "name: tax")
    changed = fee.replace(OLD, NEW)
    return Draft((drafted(project, "fee", changed), drafted(project, "tax", tax)))


def stopped(
    session: Session, error: BaseException, first: Callable[[], object] = lambda: None
) -> None:
    """Apply the draft and end it while the first module is built."""

    def progress(name: str, what: str, detail: str) -> None:
        first()
        raise error

    with pytest.raises(type(error)):
        apply(session, draft(session.project), "why", progress)


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), Terminated(), SpecError("it does not hold")]
)
def test_whatever_ends_it_the_specs_are_as_they_were(
    project: Project, error: BaseException
) -> None:
    before, said = project.spec("fee").read_text(), list[str]()
    with open_session(project.root, tell=said.append) as session:
        stopped(session, error)
    assert said[-1] == "stopped: fee, tax taken back"
    assert project.spec("fee").read_text() == before
    assert not project.spec("tax").exists()


def test_what_a_person_saved_meanwhile_stays(project: Project) -> None:
    def edit() -> None:
        project.spec("fee").write_text("mine")

    said = list[str]()
    with open_session(project.root, tell=said.append) as session:
        stopped(session, KeyboardInterrupt(), edit)
    assert project.spec("fee").read_text() == "mine"
    assert not project.spec("tax").exists()
    assert said[-1] == (
        "stopped: tax taken back; changed meanwhile and left as it is: fee"
    )


def test_what_a_person_removed_meanwhile_stays_away(project: Project) -> None:
    said = list[str]()
    with open_session(project.root, tell=said.append) as session:
        stopped(session, KeyboardInterrupt(), project.spec("fee").unlink)
    assert not project.spec("fee").exists()
    assert said[-1].endswith("changed meanwhile and left as it is: fee")


def test_one_that_cannot_be_read_any_more_keeps_no_other_from_going_back(
    project: Project,
) -> None:
    def replace_it() -> None:
        project.spec("fee").unlink()
        project.spec("fee").mkdir()

    said = list[str]()
    with open_session(project.root, tell=said.append) as session:
        stopped(session, KeyboardInterrupt(), replace_it)
    assert not project.spec("tax").exists()
    assert said[-1] == (
        "stopped: tax taken back; changed meanwhile and left as it is: fee"
    )


def test_half_of_a_draft_is_not_left_where_the_other_half_cannot_be_written(
    project: Project,
) -> None:
    """A watch would build that half."""
    before, said = project.spec("fee").read_text(), list[str]()
    proposed = draft(project)
    fee, tax = proposed.specs
    long = replace(tax, text=f"{tax.text}# {'x' * 100_000}\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_session(project.root, tell=said.append) as session:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            with pytest.raises(WriteFailed, match=r"tax\.yaml: File too large"):
                apply(session, Draft((fee, long)), "why", lambda *_: None)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert said[-1] == "stopped: fee taken back"
    assert project.spec("fee").read_text() == before
    assert not project.spec("tax").exists()
