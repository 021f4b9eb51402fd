"""Chats that are kept: read again whatever was said, cut or begun at the same moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from architect.chat.transcripts import begin, names, read, resume
from architect.chat.turn import Turn
from architect.secrets import Secrets
from core.errors import ArchitectError

CANARY = "sk-canary-0123456789abcdef"


def test_chats_are_kept_resumed_and_survive_a_cut(tmp_path: Path) -> None:
    one = begin(tmp_path, Secrets((CANARY,)), clock=lambda: 0)
    one.say("person", f"hi {CANARY}")
    two = begin(tmp_path, Secrets(), clock=lambda: 0)
    two.say("person", "second")
    assert (one.name, two.name) == ("1970-01-01-000000", "1970-01-01-000000-2")
    assert resume(tmp_path, "", Secrets()).turns == [Turn("person", "second", 0)]
    with one.path.open("a") as file:
        file.write('{"role": "per')
    assert [turn.text for turn in resume(tmp_path, one.name, Secrets()).turns] == [
        "hi ***"
    ]
    with pytest.raises(ArchitectError, match="no chat begins"):
        resume(tmp_path, "1999", Secrets())
    one.path.write_text(json.dumps({"role": 1}) + "\n")
    with pytest.raises(ArchitectError, match="cannot be read as a chat"):
        resume(tmp_path, one.name, Secrets())


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0c", "\r"])
def test_a_chat_is_read_whatever_ends_a_line_elsewhere(
    tmp_path: Path, mark: str
) -> None:
    one = begin(tmp_path, Secrets())
    one.say("person", f"a{mark}b")
    one.say("architect", "Yes.")
    kept = resume(tmp_path, "", Secrets()).turns
    assert [turn.text for turn in kept] == [f"a{mark}b", "Yes."]


def test_a_chat_goes_on_behind_what_was_cut(tmp_path: Path) -> None:
    """What is said next is a line of its own, not the end of the half one."""
    one = begin(tmp_path, Secrets())
    one.say("person", "One.")
    for text in ("Two.", "Three."):
        with one.path.open("ab") as file:
            file.write(b'{"role": "person", "text": "h\xc3')
        resume(tmp_path, "", Secrets()).say("person", text)
    kept = resume(tmp_path, "", Secrets()).turns
    assert [turn.text for turn in kept] == ["One.", "Two.", "Three."]


def test_a_chat_whose_first_line_was_cut_goes_on(tmp_path: Path) -> None:
    one = begin(tmp_path, Secrets())
    one.path.write_text('{"role": "per')
    resume(tmp_path, "", Secrets()).say("person", "One.")
    assert [turn.text for turn in read(one.path)] == ["One."]


def test_chats_that_begin_together_are_two(tmp_path: Path) -> None:
    begun = [begin(tmp_path, Secrets(), clock=lambda: 0) for _ in range(3)]
    assert names(tmp_path) == []  # what says nothing leaves no file
    for number, chat in enumerate(begun):
        chat.say("person", f"I am {number}.")
        chat.say("person", "Still.")
    assert len({chat.path for chat in begun}) == 3
    for number, chat in enumerate(begun):
        kept = [turn.text for turn in read(chat.path)]
        assert kept == [f"I am {number}.", "Still."]
