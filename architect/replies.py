"""The store of replies: one file for each prompt, under the prompt's digest.

The first answer to a prompt is the answer: it is never overwritten, so builds can be
repeated. The file holds the prompt too, so that a miss can show what changed.
"""

from __future__ import annotations

import difflib
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from architect import reply_file
from architect.atomic import write
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from core.errors import ReplyChanged, ReplyMissing

_DIFF_LINES = 40
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class ReplyStore:
    """Reply files in `folder`, one folder a module."""

    folder: Path

    def path(self, prompt: Prompt) -> Path:
        """Return where the reply to `prompt` is or would be."""
        return self.folder / prompt.module / f"{prompt.digest[:_DIGITS]}.md"

    def recorded(self, prompt: Prompt) -> Reply | None:
        """Return the recorded reply, None if there is none; ReplyChanged if altered."""
        name = self._name(self.path(prompt))
        try:
            held, reply = reply_file.parse((self.folder / name).read_bytes(), name)
        except FileNotFoundError:
            return None
        if held.digest != prompt.digest:
            raise reply_file.changed(name, "it answers another prompt")
        return reply

    def save(self, prompt: Prompt, reply: Reply) -> Reply:
        """Record a reply and return the recorded one: an earlier one, if there is."""
        path = self.path(prompt)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.parent):
            if self.recorded(prompt) is None:
                write(path, reply_file.render(prompt, reply))
            found = self.recorded(prompt)
        assert found is not None
        return found

    def record_body(self, name: str, body: str, by: str) -> Reply:
        """Record a body that no model was asked for, so that it can be rebuilt too.

        `by` says whose it is: hand, wick, rollback. The same body gives the same file.
        """
        digest = hashlib.sha256(body.encode()).hexdigest()
        prompt = Prompt(by, name, "", f"The body with digest {digest}, by {by}.\n")
        fence = max(re.findall(r"`{3,}", body), key=len, default="``") + "`"
        text = f"{fence}python\n{body.rstrip()}\n{fence}\n"
        return self.save(prompt, Reply(text, model=by, route=by, source="recorded"))

    def find(self, name: str) -> Reply | None:
        """Return a reply by its path in the store, None if it is not there."""
        try:
            return reply_file.parse((self.folder / name).read_bytes(), name)[1]
        except (FileNotFoundError, IsADirectoryError):
            return None

    def read(self, name: str, file_sha256: str) -> Reply:
        """Return the reply that a manifest names by path and digest.

        ReplyMissing when it is not there, ReplyChanged when it is another one.
        """
        reply = self.find(name)
        if reply is None:
            raise ReplyMissing(
                f"reply {name} is gone", hint=f"git checkout -- {self.folder / name}"
            )
        if reply.file_sha256 != file_sha256:
            raise reply_file.changed(name, "it is not the one in the manifest")
        return reply

    def all(self, module: str) -> Iterator[tuple[Prompt, Reply]]:
        """Yield what is recorded for a module, in the order of the file names."""
        for path in sorted((self.folder / module).glob("*.md")):
            yield reply_file.parse(path.read_bytes(), self._name(path))

    def missing(self, prompt: Prompt, why: str, hint: str) -> ReplyMissing:
        """Return the error of a miss: what was asked, and how it differs from the
        nearest prompt that has an answer.
        """
        message = (
            f"no recorded reply for {prompt.module} ({prompt.job}),"
            f" prompt {prompt.digest[:_DIGITS]}; {why}"
        )
        return ReplyMissing(message + self._nearest(prompt), hint=hint)

    def _nearest(self, prompt: Prompt) -> str:
        held = [
            (p, r) for p, r in _readable(self.all(prompt.module)) if p.job == prompt.job
        ]
        if not held:
            return ""
        near, reply = max(held, key=lambda pair: _likeness(pair[0].text, prompt.text))
        return f"\n{_diff(near, prompt, reply.path)}"

    def _name(self, path: Path) -> str:
        return f"{path.parent.name}/{path.name}"


def _readable(
    pairs: Iterator[tuple[Prompt, Reply]],
) -> Iterator[tuple[Prompt, Reply]]:
    # A miss must be told even when a neighbour was altered.
    try:
        yield from pairs
    except ReplyChanged:
        return


def _likeness(one: str, other: str) -> float:
    lines = one.splitlines(), other.splitlines()
    return difflib.SequenceMatcher(None, *lines, autojunk=False).ratio()


def _diff(near: Prompt, prompt: Prompt, path: str) -> str:
    if near.text == prompt.text:
        return f"{path} answers the same text as sample {near.sample}"
    lines = list(
        difflib.unified_diff(
            near.text.splitlines(),
            prompt.text.splitlines(),
            f"recorded: {path}",
            "asked now",
            n=1,
            lineterm="",
        )
    )
    left_out = len(lines) - _DIFF_LINES
    more = [f"... and {left_out} more lines"] if left_out > 0 else []
    return "\n".join([*lines[:_DIFF_LINES], *more])


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder against other processes and threads; no lock file is left."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
