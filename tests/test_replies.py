"""Replies: the same bytes back, any change loud, the first answer kept."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from architect import reply_file
from architect.body import extract_body
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from architect.replies import ReplyStore
from core.errors import ModelError, ReplyChanged, ReplyMissing

PROMPT = Prompt("code", "rsi", "Write the body.", "Header\n\nExamples\n")
REPLY = Reply("Sure.\n```python\nreturn 1\n```\n", "small", "code", "live")
NASTY = [
    "",
    "\n",
    "\r\n\r",
    "---\nformat: 2\n---\n",
    "\n# Reply\n\n",
    "```\n~~~\n```",
    "\ufeff\u2028\x00\x1b",
    "no line end",
    "```python\nreturn 1\n```",
]


@pytest.fixture
def store(tmp_path: Path) -> ReplyStore:
    return ReplyStore(tmp_path / "replies")


@given(
    st.sampled_from(NASTY) | st.text(), st.text(), st.sampled_from(NASTY) | st.text()
)
def test_any_text_comes_back_byte_for_byte(system: str, user: str, text: str) -> None:
    prompt = Prompt("code", "rsi", system, user, 3)
    reply = dataclasses.replace(REPLY, text=text, instead_of=("a", "b"))
    held, read = reply_file.parse(reply_file.render(prompt, reply), "rsi/x.md")
    assert held == prompt
    assert (read.text, read.model, read.instead_of) == (text, "small", ("a", "b"))


def test_a_change_of_any_byte_is_loud() -> None:
    data = reply_file.render(PROMPT, REPLY)
    for at in range(len(data)):
        for altered in (
            data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :],
            data[:at] + data[at + 1 :],
            data[:at] + b" " + data[at:],
        ):
            try:
                held, reply = reply_file.parse(altered, "rsi/x.md")
            except ReplyChanged:
                continue
            # What is left are words about the reply; the manifest's digest holds them.
            assert (held, reply.text) == (PROMPT, REPLY.text)
            assert (reply.model, reply.route) != (REPLY.model, REPLY.route)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"Examples", b"examples", "its prompt is not the one that was answered"),
        (b"return 1", b"return 2", "its reply is not the one that was given"),
        (b"# Prompt", b"# prompt", "its headings were changed"),
        (b"return 1", b"return 10", "not as long as its front matter says"),
        (b"format: 1", b"format: 2", "its format is 2, not 1"),
        (b"sample: 0", b"sample: no", "other keys or types"),
    ],
)
def test_a_changed_file_says_what_was_changed(old: bytes, new: bytes, why: str) -> None:
    data = reply_file.render(PROMPT, REPLY)
    with pytest.raises(ReplyChanged, match=f"rsi/x.md was changed: .*{why}") as caught:
        reply_file.parse(data.replace(old, new), "rsi/x.md")
    assert "git checkout" in str(caught.value.hint)


def test_a_reply_is_found_by_its_prompt_alone(store: ReplyStore) -> None:
    saved = store.save(PROMPT, REPLY)
    assert saved.source == "recorded"
    assert saved.path == f"rsi/{PROMPT.digest[:16]}.md"
    assert store.recorded(PROMPT) == saved == store.find(saved.path)
    assert store.read(saved.path, saved.file_sha256) == saved
    other = dataclasses.replace(PROMPT, user=PROMPT.user + " ")
    assert store.recorded(other) is None
    assert store.recorded(dataclasses.replace(PROMPT, sample=1)) is None
    assert store.recorded(dataclasses.replace(PROMPT, job="wick")) is None


def test_the_same_reply_gives_the_same_file(tmp_path: Path) -> None:
    one, two = (ReplyStore(tmp_path / n).save(PROMPT, REPLY) for n in "ab")
    assert one == two


def test_the_first_of_many_answers_at_once_is_the_answer(store: ReplyStore) -> None:
    replies = [dataclasses.replace(REPLY, text=f"{n}") for n in range(16)]
    with ThreadPoolExecutor(16) as pool:
        saved = set(pool.map(lambda reply: store.save(PROMPT, reply), replies))
    assert len(saved) == 1
    assert [path.name for path in (store.folder / "rsi").iterdir()] == [
        f"{PROMPT.digest[:16]}.md"
    ]


def test_a_reply_of_another_prompt_under_this_name_is_refused(
    store: ReplyStore,
) -> None:
    other = dataclasses.replace(PROMPT, user="else")
    saved = store.save(other, REPLY)
    (store.folder / saved.path).rename(store.path(PROMPT))
    with pytest.raises(ReplyChanged, match="answers another prompt"):
        store.recorded(PROMPT)


def test_a_manifest_that_names_another_reply_is_told(store: ReplyStore) -> None:
    saved = store.save(PROMPT, REPLY)
    with pytest.raises(ReplyChanged, match="not the one in the manifest"):
        store.read(saved.path, "0" * 64)
    with pytest.raises(ReplyMissing, match="is gone"):
        store.read("rsi/gone.md", "0" * 64)
    assert store.find("") is None


def test_a_miss_shows_how_the_prompt_changed(store: ReplyStore) -> None:
    store.save(dataclasses.replace(PROMPT, user="nothing alike"), REPLY)
    near = store.save(PROMPT, REPLY)
    asked = dataclasses.replace(PROMPT, user="Header\n\nExamples, three\n")
    error = store.missing(asked, "no model", "set LLM_API_KEY")
    assert asked.digest[:16] in str(error)
    assert "rsi (code)" in str(error)
    assert near.path in str(error)
    assert "-Examples\n+Examples, three" in str(error)
    assert error.hint == "set LLM_API_KEY"


def test_a_miss_is_told_beside_an_altered_neighbour(store: ReplyStore) -> None:
    saved = store.save(PROMPT, REPLY)
    (store.folder / saved.path).write_text("x")
    asked = dataclasses.replace(PROMPT, user="other")
    assert "no recorded reply" in str(store.missing(asked, "", ""))


@pytest.mark.parametrize("body", ["return 1\n", "x = '''\n````\n'''\nreturn x\n"])
def test_a_body_by_hand_is_recorded_so_that_it_can_be_rebuilt(
    store: ReplyStore, body: str
) -> None:
    reply = store.record_body("rsi", body, "hand")
    assert extract_body(store.read(reply.path, reply.file_sha256).text, "rsi") == body
    assert store.record_body("rsi", body, "hand") == reply


@pytest.mark.parametrize("name", ["", "../x", "a/b", "Rsi", "a.b", "a\n"])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="lower-case name"):
        Prompt("code", name, "", "")


def test_a_digest_stays_what_it_is() -> None:
    """Shipped replies are found by it: a change here orphans all of them."""
    assert PROMPT.digest == (
        "a8a74d754870526760c8b1a5735ccce17d1a040080d5798706774042ff5f4962"
    )


@given(st.data())
def test_a_changed_byte_of_what_is_sent_is_another_question(
    data: st.DataObject,
) -> None:
    """Wherever it is: of the messages that go over the wire, none is left out."""
    sent = PROMPT.messages
    which = data.draw(st.integers(0, len(sent) - 1))
    text = sent[which]["content"]
    at = data.draw(st.integers(0, len(text) - 1))
    char = data.draw(st.characters(codec="utf-8").filter(lambda c: c != text[at]))
    changed = {("system", "user")[which]: text[:at] + char + text[at + 1 :]}
    other = dataclasses.replace(PROMPT, **changed)
    assert other.digest != PROMPT.digest
    assert other.messages != PROMPT.messages
