"""Slash commands: the command line's own, from the one table, and two of the chat's.

A unique beginning of a name is enough. A command runs as it does in a shell, in this
process; what it answers goes where it always goes.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from architect.command_table import CHAT_ONLY, COMMANDS, SHELL_ONLY
from core.errors import ArchitectError

# name -> what it does, for /help and completion.
TABLE: Mapping[str, str] = {
    **{name: text for name, text in COMMANDS.items() if name not in SHELL_ONLY},
    **CHAT_ONLY,
}
# As other programs name it.
OTHER_NAMES = {"exit": "quit"}


@dataclass(frozen=True, slots=True)
class Slash:
    """A slash command that was read: its whole name and its words."""

    name: str
    words: tuple[str, ...]


def read_slash(line: str) -> Slash:
    """Return the command of a line that begins with a slash; ArchitectError if none."""
    try:
        first, *words = shlex.split(line[1:].strip()) or [""]
    except ValueError as error:
        raise ArchitectError(f"{line}: {error}", hint="close the quotes") from None
    return Slash(whole_name(first), tuple(words))


def whole_name(word: str) -> str:
    """Return the command that a word names or begins; ArchitectError says which could be."""
    word = OTHER_NAMES.get(word, word)
    if word in TABLE:
        return word
    found = [name for name in TABLE if word and name.startswith(word)]
    if len(found) == 1:
        return found[0]
    if not found:
        hint = "type it in a shell" if word in SHELL_ONLY else "/help lists them"
        raise ArchitectError(f"there is no command /{word} here", hint=hint)
    could = ", ".join(f"/{name}" for name in found)
    raise ArchitectError(f"/{word} could be {could}", hint="write more of it")


def help_text(word: str = "") -> str:
    """Return what all commands do, or how one is called, read from the same table."""
    if not word:
        width = max(map(len, TABLE))
        lines = [f"/{name:{width}}  {text}" for name, text in sorted(TABLE.items())]
        return "\n".join(
            [
                *lines,
                "",
                "Anything else is said to the architect. Alt-Enter or a \\ at the end: one",
                "more line. Ctrl-C stops an answer; /quit or Ctrl-D ends the chat.",
                "/model ROUTE lets that route answer from now on.",
            ]
        )
    name = whole_name(word.lstrip("/"))
    return f"/{name}  {TABLE[name]}"


def run_slash(slash: Slash, root: Path, main: Callable[[list[str]], int]) -> int:
    """Run a command of the command line; return its exit code."""
    return main([slash.name, *slash.words, "--root", str(root)])
