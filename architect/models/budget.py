"""The budget: the worst case of a call is reserved before it is made.

Spending is a ledger in the data folder, one file a UTC day, one line an event, held by
flock for the moment of a reservation, so threads, processes and runs share one limit.
A reservation that is never settled (killed, cancelled, no usage told) stays charged in
full. What a server says it used can lower a charge to nothing at the least. More than was
reserved is charged as told: the limit is passed then, by a server that did not keep to
what was asked for, and the next call is refused. Who lies so only stops the spending.
Which usage cannot be true is for the caller to see: it passes None for one.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from architect.models.ledger import Charge, read_ledger, repair
from core.errors import BudgetExceeded, ModelError


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one call may cost at most, in USD, and where it is noted."""

    id: str
    day: str
    usd: Decimal


class Budget:
    """Limits in USD of one run and of one day; `now` gives seconds since the epoch.

    Processes of one run share it by passing on `run`.
    """

    def __init__(
        self,
        folder: Path,
        run_usd: Decimal,
        day_usd: Decimal,
        *,
        run: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder, self.run_usd, self.day_usd = folder, run_usd, day_usd
        self._now = now
        self.run = run or f"{self._day()}-{os.getpid()}-{secrets.token_hex(4)}"

    def new_run(self) -> Budget:
        """Return a budget with a run of its own, under the same limits and in the same days."""
        return Budget(self.folder, self.run_usd, self.day_usd, now=self._now)

    def reserve(self, usd: Decimal, job: str, module: str, route: str) -> Reservation:
        """Reserve the worst case of one call; BudgetExceeded says what is left."""
        with self._locked():
            held = Reservation(secrets.token_hex(8), self._day(), usd)
            run_left, day_left = self._left(held.day)
            # What costs nothing may be asked also where the limit is passed already.
            if usd > max(min(run_left, day_left), Decimal(0)):
                raise self._exceeded(usd, f"{module} ({job})", run_left, day_left)
            labels = {"run": self.run, "job": job, "module": module, "route": route}
            at_ms = int(self._now() * 1000)
            self._note(
                held.day,
                {"reserve": held.id, "usd": str(usd), "at_ms": at_ms, **labels},
            )
        return held

    def settle(self, held: Reservation, usd: Decimal | None) -> Decimal:
        """Charge what a call really cost and return the charge; None: the worst case.

        It may be more than was reserved: what was spent is not there to be spent again.
        """
        # A worst case is noted too, so that no later report can lower it.
        if usd is None or not usd.is_finite():
            usd = held.usd
        charge = max(usd, Decimal(0))
        with self._locked():
            self._note(held.day, {"settle": held.id, "usd": str(charge)})
        return charge

    def left(self) -> tuple[Decimal, Decimal]:
        """Return what is left of the run's and of the day's budget, in USD."""
        with self._locked():
            return self._left(self._day())

    def _left(self, day: str) -> tuple[Decimal, Decimal]:
        # A run may have begun before midnight, so its charges may lie in two files.
        began = self.run[: len(day)]
        days = {p.stem for p in self.folder.glob("*.jsonl") if p.stem >= began} | {day}
        charges = [(d, c) for d in days for c in read_ledger(self._path(d))]
        run = sum((c.usd for _, c in charges if c.run == self.run), Decimal(0))
        today = sum((c.usd for d, c in charges if d == day), Decimal(0))
        return self.run_usd - run, self.day_usd - today

    def _exceeded(
        self, usd: Decimal, what: str, run_left: Decimal, day_left: Decimal
    ) -> BudgetExceeded:
        key = "RUN" if run_left < usd else "DAY"
        return BudgetExceeded(
            f"asking for {what} may cost {usd:.4f} USD; left are {run_left:.4f} of"
            f" {self.run_usd} for this run and {day_left:.4f} of {self.day_usd} for today",
            hint=f"raise LLM_BUDGET_{key}_USD, or lower LLM_MAX_TOKENS",
        )

    def _day(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).date().isoformat()

    def _path(self, day: str) -> Path:
        return self.folder / f"{day}.jsonl"

    def _note(self, day: str, event: dict[str, Any]) -> None:
        path = self._path(day)
        try:
            repair(path)
            with path.open("ab") as file:
                file.write(json.dumps(event).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ModelError(
                f"the ledger {path} cannot be written: {error.strerror}",
                hint="no call is made that could not be noted",
            ) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def spend(folder: Path) -> list[tuple[str, Charge]]:
    """Return every charge with its UTC day, oldest day first; nothing is written."""
    return [(p.stem, c) for p in sorted(folder.glob("*.jsonl")) for c in read_ledger(p)]
