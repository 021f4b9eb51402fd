"""Chats that are kept: one file each, one line a turn, so that any can be resumed.

A key that somebody typed is blotted out before it is written. A last line without an end
was cut by a crash or a full disk: it is left out, and what is said next takes its place.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

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
    """One chat; `say` keeps a turn at once.

    `stem` is what its name begins with while it has no file: another chat that began in
    the same second may have taken the name meanwhile.
    """

    path: Path
    secrets: Secrets
    clock: Callable[[], int] = now_ms
    turns: list[Turn] = field(default_factory=list)
    stem: str = ""

    @property
    def name(self) -> str:
        """What it is resumed by."""
        return self.path.stem

    def say(self, role: str, text: str) -> Turn:
        """Keep what was said; return it as it is kept."""
        turn = Turn(role, self.secrets.scrub(text), self.clock())
        self.turns.append(turn)
        line = json.dumps(asdict(turn), ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.stem:
                self.path, self.stem = _made(self.path, self.stem), ""
            with self.path.open("a+b") as file:
                _cut_half_line(file)
                file.write(line.encode())
        except OSError as error:
            raise write_failed(self.path, error) from None
        return turn


def _made(path: Path, stem: str) -> Path:
    """Make the file of a new chat, by another name where its own is taken."""
    while True:
        try:
            path.open("x").close()
        except FileExistsError:
            path = _free(path.parent, stem)
        else:
            return path


def _free(folder: Path, stem: str) -> Path:
    number, path = 1, folder / f"{stem}.jsonl"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.jsonl"
    return path


def _cut_half_line(file: BinaryIO) -> None:
    """Take away a last line without an end: what is said next would be glued to it."""
    if not file.seek(0, os.SEEK_END):
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) != b"\n":
        file.seek(0)
        file.truncate(_whole(file.read()))


def _whole(data: bytes) -> int:
    """Return how many bytes of a chat are whole lines."""
    return data.rfind(b"\n") + 1


def begin(
    folder: Path, secrets: Secrets, clock: Callable[[], int] = now_ms
) -> Transcript:
    """Return a new chat; its file is made with its first turn."""
    day = datetime.fromtimestamp(clock() / 1000, UTC)
    stem = day.strftime("%Y-%m-%d-%H%M%S")
    return Transcript(_free(folder, stem), secrets, clock, stem=stem)


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
    data = path.read_bytes()
    try:
        # Not splitlines: a turn may hold what else ends a line, such as U+2028.
        lines = data[: _whole(data)].decode().split("\n")[:-1]
        return [Turn(**json.loads(line)) for line in lines]
    except (ValueError, TypeError):
        raise ArchitectError(
            f"{path} cannot be read as a chat", hint=f"mv {path} {path}.bad"
        ) from None
