"""Where the chat's lines come from: prompt_toolkit on a terminal, plain lines elsewhere.

A line that ends in a backslash goes on in the next one. None is the end of the input.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

from architect.atomic import write_failed
from architect.chat.slash import TABLE
from architect.secrets import Secrets
from architect.typed import forget_typed
from core.errors import ArchitectError

PROMPT = "> "
MORE = ". "


class Lines(Protocol):
    """Gives the next whole input; KeyboardInterrupt when it was thrown away."""

    def next(self, prompt: str = PROMPT) -> str | None:
        """Return what was written, None at the end."""

    def forget(self) -> None:
        """Throw away what was typed before a question: a pipe is read on all the same."""


class PlainLines:
    """Lines of stdin, for a dumb terminal or a pipe; only a terminal sees the prompt."""

    def forget(self) -> None:
        """Throw away what was typed before a question."""
        forget_typed()

    def next(self, prompt: str = PROMPT) -> str | None:
        """Return what was written, None at the end."""
        text = ""
        while True:
            if sys.stdin.isatty():
                print(prompt, end="", file=sys.stderr, flush=True)
            line = _read()
            if not line:
                return text or None
            text += line.rstrip("\n")
            if not text.endswith("\\"):
                return text
            text, prompt = text[:-1] + "\n", MORE


def _read() -> str:
    """Return a line of stdin; ArchitectError where it is no UTF-8."""
    try:
        line = sys.stdin.readline()
        line.encode()  # some locales let wrong bytes through
    except UnicodeError:
        raise ArchitectError(
            "what was written is not UTF-8",
            hint="for a file in Latin-1: iconv -f latin1 -t utf-8 FILE | architect chat",
        ) from None
    return line


class TerminalLines:
    """prompt_toolkit's line editor: history, completion, several lines."""

    def __init__(
        self, history: Path, secrets: Secrets, names: Callable[[], Iterable[str]]
    ) -> None:
        self._session = _session(history, secrets, names)

    def forget(self) -> None:
        """Throw away what was typed before a question."""
        from prompt_toolkit.input.typeahead import clear_typeahead

        forget_typed()
        # Keys that were read together with the last line wait here, not in the terminal.
        clear_typeahead(self._session.input)

    def next(self, prompt: str = PROMPT) -> str | None:
        """Return what was written, None at the end."""
        text = ""
        while True:
            try:
                line = self._session.prompt(prompt)
            except EOFError:
                return text or None
            text += line
            if not text.endswith("\\"):
                return text
            text, prompt = text[:-1] + "\n", MORE


def _session(
    history: Path, secrets: Secrets, names: Callable[[], Iterable[str]]
) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer, Completion
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.key_binding import KeyBindings

    class Clean(FileHistory):
        def store_string(self, string: str) -> None:
            # Where it cannot be kept: what is said is, or the chat says why it is not.
            with contextlib.suppress(OSError):
                super().store_string(secrets.scrub(string))

    class Names(Completer):
        def get_completions(self, document: Any, event: Any) -> Iterator[Completion]:
            word = document.get_word_before_cursor(WORD=True)
            known: Iterable[str] = ()
            # Where a spec is broken no name is known, and a command is all the same.
            with contextlib.suppress(ArchitectError):
                known = names()
            for found in completions(document.text_before_cursor, word, known):
                yield Completion(found, start_position=-len(word))

    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    try:
        history.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise write_failed(history, error) from None
    return PromptSession(
        history=Clean(str(history)),
        completer=Names(),
        key_bindings=keys,
        complete_while_typing=False,
        enable_history_search=True,
        prompt_continuation=MORE,
    )


def completions(text: str, word: str, names: Iterable[str]) -> list[str]:
    """Return what a word may become: a command at the start of a line, else a name."""
    if text.startswith("/") and " " not in text:
        return [f"/{name}" for name in sorted(TABLE) if f"/{name}".startswith(word)]
    return [name for name in sorted(names) if word and name.startswith(word)]
