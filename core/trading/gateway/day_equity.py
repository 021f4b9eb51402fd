"""The equity with which an account began the day: what the day's loss is measured from.

It is kept in memory, and in a file for the next process: a disk that takes nothing must
not make the loss count anew. A person who resumes deletes the file, and with that the
measure.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from core.durable import sync_folder
from core.trading.gateway.adapter import Row

# Each run on paper is an account of its own.
_ACCOUNTS = 50


@dataclass
class _First:
    """`counted` are the ids of the transfers that were added to it: the account log may tell
    a newer one first. All up to `entry_id` are in it too, of a file that tells no more.
    `told` says that its loss has halted.
    """

    day: int
    equity_usd: Decimal
    time_ms: int = 0
    entry_id: int = 0
    told: bool = False
    counted: set[int] = field(default_factory=set)


class DayEquity:
    """The first equity of the day of `account`, a name that tells accounts apart: a paper
    account's is no measure of a live one's loss. Not thread-safe.
    """

    def __init__(self, path: Path, account: str) -> None:
        self._path, self._account = path, account
        self._first = self._loaded()
        # Another day's, for the answer that began this one may have told a wrong time.
        self._before: _First | None = None
        self._saved, self._there = True, path.exists()

    def of(self, day: int, time_ms: int) -> _First | None:
        """Return what the day began with, None if that is not known."""
        self._look()
        before = self._before
        # One that a wrong time began lies ahead when its day comes, and is none of it.
        if before is not None and before.day == day and before.time_ms <= time_ms:
            self._first, self._before = before, self._first
            self._saved = False
        if not self._saved:
            self._save()
        first = self._first
        return first if first is not None and first.day == day else None

    def _look(self) -> None:
        """Forget all if a person has deleted the file."""
        there = self._path.exists()
        if self._there and not there:
            self._first = self._before = None
        self._there = there

    def begin(self, day: int, time_ms: int, equity: Decimal) -> None:
        """Take the day's first equity."""
        self._before, self._first = self._first, _First(day, equity, time_ms)
        self._save()

    def told(self) -> None:
        """Note that the day's loss has halted."""
        if self._first is not None:
            self._first.told = True
            self._save()

    def moved(self, rows: Sequence[Row]) -> None:
        """Add what was paid in or taken out after it, by LedgerEntry rows, each once."""
        self._look()
        first = self._first
        if first is None:
            return
        for row in (row for row in rows if row["transfer_usd"]):
            entry_id = row["entry_id"]
            known = entry_id <= first.entry_id or entry_id in first.counted
            # Equity that was read before it.
            if not known and row["time_ms"] >= first.time_ms:
                first.counted.add(entry_id)
                first.equity_usd += row["transfer_usd"]
                self._save()

    def forget(self) -> None:
        """Begin anew with the next equity."""
        self._first = self._before = None
        self._save()

    def _loaded(self) -> _First | None:
        try:
            row = _read(self._path)[self._account]
            equity = Decimal(row["equity_usd"])
            counted = set(row.get("counted", ()))
            return _First(**{**row, "equity_usd": equity, "counted": counted})
        except (KeyError, TypeError, InvalidOperation):
            # Without it the loss counts from now on, as it would on a new day.
            return None

    def _save(self) -> None:
        kept = _read(self._path)
        kept.pop(self._account, None)
        if self._first is not None:
            row = asdict(self._first)
            kept[self._account] = {**row, "counted": sorted(self._first.counted)}
        text = json.dumps(dict([*kept.items()][-_ACCOUNTS:]), default=str)
        new = self._path.with_name(self._path.name + ".new")
        self._saved = False
        with contextlib.suppress(OSError):
            with new.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self._path)
            sync_folder(self._path.parent)
            self._saved = self._there = True


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
