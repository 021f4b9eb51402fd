"""The relay: a prompt in one file, its answer in another, so that anybody can answer.

An answer counts once its file has not changed for `settle_s`, so a slow editor or a
copy in progress is waited for; a file moved into place counts at once when it is older
than that. Prompt and answer stay until the answer is recorded: after Ctrl-C or a crash
the next run takes an answer that is already there. File names carry the prompt's
digest, so many prompts can wait at once and no answer meets another prompt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from architect.atomic import write
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from core.errors import AnswerIncomplete, ModelUnavailable

MAX_BYTES = 1_000_000
_DIGITS = 12
_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Relay:
    """Prompts and answers in `folder`; `timeout_s` None waits for ever."""

    folder: Path
    timeout_s: float | None = None
    tell: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    poll_s: float = 0.1
    settle_s: float = 0.5

    def ask(self, prompt: Prompt) -> Reply:
        """Write the prompt and wait for its answer; `done` after it was recorded.

        ModelUnavailable when none came in time, AnswerIncomplete when the answer is
        no text.
        """
        self.post(prompt)
        return self.wait(prompt)

    def post(self, prompt: Prompt) -> Path:
        """Write the prompt and return its path. Several can be posted before a wait."""
        path = self.prompt_path(prompt)
        text = _render(prompt, self.answer_path(prompt)).encode()
        if not path.exists() or path.read_bytes() != text:
            write(path, text)
        return path

    def wait(self, prompt: Prompt) -> Reply:
        """Return the answer to a posted prompt."""
        path = self.answer_path(prompt)
        began = self.clock()
        if (reply := self._settled(path)) is not None:
            return reply
        self.tell(f"waiting for {path}, the answer to {self.prompt_path(prompt).name}")
        seen, since = _stamp(path), began
        while True:
            self._refuse_late(began, path)
            self.sleep(self.poll_s)
            stamp = _stamp(path)
            if stamp != seen:
                seen, since = stamp, self.clock()
            elif stamp and stamp[1] and self.clock() - since >= self.settle_s:
                return _read(path)

    def done(self, prompt: Prompt) -> None:
        """Remove a prompt and its answer, which was recorded."""
        self.prompt_path(prompt).unlink(missing_ok=True)
        self.answer_path(prompt).unlink(missing_ok=True)

    def waiting(self) -> list[Path]:
        """Return the prompts that have no answer yet."""
        prompts = sorted(self.folder.glob("*.prompt.md"))
        return [path for path in prompts if not _answer_of(path).exists()]

    def prompt_path(self, prompt: Prompt) -> Path:
        """Return where the prompt stands."""
        name = f"{prompt.module}-{prompt.digest[:_DIGITS]}.prompt.md"
        return self.folder / name

    def answer_path(self, prompt: Prompt) -> Path:
        """Return where its answer is to be put."""
        return _answer_of(self.prompt_path(prompt))

    def _settled(self, path: Path) -> Reply | None:
        """Return an answer that has lain there unchanged, None if there is none."""
        stamp = _stamp(path)
        # Against the wall clock, as the file's time is; `wait` does not depend on it.
        if stamp and stamp[1] and time.time() - stamp[2] / 1e9 >= self.settle_s:
            return _read(path)
        return None

    def _refuse_late(self, began: float, path: Path) -> None:
        if self.timeout_s is not None and self.clock() - began >= self.timeout_s:
            raise ModelUnavailable(
                f"no answer in {path} within {self.timeout_s:g} s",
                hint="put it there and run the command again: it is taken at once",
            )


def _answer_of(prompt_path: Path) -> Path:
    return prompt_path.with_name(prompt_path.name.replace(".prompt.md", ".answer.md"))


def _render(prompt: Prompt, answer: Path) -> str:
    system = f"{prompt.system}\n\n" if prompt.system else ""
    return (
        f"<!-- Put the answer to this prompt into {answer} -->\n\n{system}{prompt.user}"
    )


def _stamp(path: Path) -> _Stamp | None:
    """Return what changes when a file does: inode, size, time in ns; None: no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read(path: Path) -> Reply:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AnswerIncomplete(
            f"{path} is not UTF-8", hint="save it as UTF-8"
        ) from None
    if len(data) > MAX_BYTES:
        raise AnswerIncomplete(f"{path} has {len(data)} bytes, at most {MAX_BYTES}")
    if not text.strip():
        raise AnswerIncomplete(
            f"{path} holds only blanks", hint="write the answer there"
        )
    return Reply(text=text, model="relay", route="relay", source="relay")
