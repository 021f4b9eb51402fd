"""Chats that are kept: one file each, one line a turn, so that any can be resumed.

A key that somebody typed is blotted out before it is written. A last line without an end
was cut by a crash and is left out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from architect.atomic import write_failed
from architect.chat.turn import Turn
from architect.secrets import Secrets
from core.errors import ArchitectError

FOLDER = "chat"


def now_ms() -> int:
    """Return UTC milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass
class Transcript:
    """One chat; `say` keeps a turn at once."""

    path: Path
    secrets: Secrets
    clock: Callable[[], int] = now_ms
    turns: list[Turn] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is resumed by."""
        return self.path.stem

    def say(self, role: str, text: str) -> Turn:
        """Keep what was said; return it as it is kept."""
        turn = Turn(role, self.secrets.scrub(text), self.clock())
        self.turns.append(turn)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(turn), ensure_ascii=False) + "\n")
        except OSError as error:
            raise write_failed(self.path, error) from None
        return turn


def begin(
    folder: Path, secrets: Secrets, clock: Callable[[], int] = now_ms
) -> Transcript:
    """Return a new chat; its file is made with its first turn."""
    day = datetime.fromtimestamp(clock() / 1000, UTC)
    stem = day.strftime("%Y-%m-%d-%H%M%S")
    number, path = 1, folder / f"{stem}.jsonl"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.jsonl"
    return Transcript(path, secrets, clock)


def resume(
    folder: Path, name: str, secrets: Secrets, clock: Callable[[], int] = now_ms
) -> Transcript:
    """Return a kept chat by the start of its name, the newest for an empty one.

    ArchitectError when there is none, or more than one.
    """
    known = names(folder)
    if not known:
        raise ArchitectError("no chat was kept yet", hint="architect chat begins one")
    found = (
        [known[-1]] if known and not name else [n for n in known if n.startswith(name)]
    )
    if name in known:
        found = [name]
    if len(found) != 1:
        what = "no chat" if not found else "more than one chat"
        listing = ", ".join(known[-5:])
        raise ArchitectError(f"{what} begins with {name!r}", hint=f"newest: {listing}")
    path = folder / f"{found[0]}.jsonl"
    return Transcript(path, secrets, clock, read(path))


def names(folder: Path) -> list[str]:
    """Return the names of kept chats, oldest first."""
    return sorted(path.stem for path in folder.glob("*.jsonl"))


def read(path: Path) -> list[Turn]:
    """Return the turns of a chat; ArchitectError for a line that is none."""
    text = path.read_text(encoding="utf-8")
    lines = text[: text.rfind("\n") + 1].splitlines()
    try:
        return [Turn(**json.loads(line)) for line in lines]
    except (ValueError, TypeError):
        raise ArchitectError(
            f"{path} cannot be read as a chat", hint=f"mv {path} {path}.bad"
        ) from None
