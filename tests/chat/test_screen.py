"""The screen of the chat: what a terminal cannot show does not end an answer."""

from __future__ import annotations

import io
import sys

import pytest

from architect.chat.screen import Screen
from architect.drafts.draft import Draft


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("latin-1", "5 ? 6 \xb0C"), ("ascii", "5 ? 6 ?C"), ("utf-8", "5 \u2192 6 \xb0C")],
)
def test_a_sign_that_the_terminal_has_not_is_shown_as_a_question_mark(
    encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding))
    Screen(rich=False).piece("5 \u2192 6 \xb0C")
    assert out.getvalue().decode(encoding) == shown


def test_an_output_without_an_encoding_takes_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    Screen(rich=False).piece("5 \u2192 6")
    assert sys.stdout.getvalue() == "5 \u2192 6"  # type: ignore[attr-defined]


@pytest.mark.parametrize("rich", [False, True])
def test_what_a_draft_still_asks_is_shown(
    rich: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    Screen(rich).draft(Draft(questions=("Which [fee]?",)))
    assert capsys.readouterr().out.strip() == "question: Which [fee]?"
