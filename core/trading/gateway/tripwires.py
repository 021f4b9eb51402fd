"""What throws the kill switch by itself: a day's loss, drift that stays, rejects in a row.

None of it looks at our books or trusts the runtime with more than a warning: the loss
is computed from the equity that the exchange tells.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from core.errors import DuplicateOrder, ExchangeError, OrderRejected
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.limits import Limits, daily_loss_usd

DAY_MS = 86_400_000
# Fills that are shown a candle late are no reason yet, however large.
LARGE_AFTER = 3
# Each run on paper is an account of its own.
_ACCOUNTS = 50


class Tripwires:
    """Watches the account for a kill switch. The day's first equity is kept in a file, by
    `account`, a name that tells accounts apart: a paper account's is no measure of a
    live one's loss.
    """

    def __init__(
        self,
        limits: Limits,
        adapter: Adapter,
        switch: KillSwitch,
        day_file: Path,
        account: str = "",
    ) -> None:
        self._limits, self._adapter, self._switch = limits, adapter, switch
        self._day_file, self._account = day_file, account
        self._rejects = self._drifts = self._newest_entry = 0
        self._lock = threading.Lock()

    def see(self, equity: Decimal) -> None:
        """Look at the equity as the exchange told it now; halt if the day cost too much."""
        now_ms = self._adapter.now_ms()
        with self._lock:
            first = self._first_of(now_ms // DAY_MS)
            if first is None:
                self._keep(now_ms, equity)
                return
            if first - equity < self._most(first) or self._switch.reason() is not None:
                return
            # Perhaps it was taken out, and the loop has not read of it yet.
            with contextlib.suppress(ExchangeError):
                since_ms = self._kept()[self._account].get("time_ms", 0)
                self._note(self._adapter.ledger(self._newest_entry, since_ms))
            first = self._first_of(now_ms // DAY_MS) or first
        if first - equity >= (most := self._most(first)):
            limit = f"{most:.2f}".removesuffix(".00")
            lost = f"the day has cost {first - equity:.2f} USD, the limit is {limit}"
            self._switch.halt(lost)

    def _most(self, first: Decimal) -> Decimal:
        limits = self._limits
        return daily_loss_usd(
            limits.max_daily_loss_usd, limits.max_daily_loss_frac, first
        )

    def moved(self, rows: Sequence[Row]) -> None:
        """Take LedgerEntry rows as the exchange told them: what was paid in hides no loss,
        and what was taken out is none.
        """
        if rows:
            with self._lock:
                self._note(rows)

    def _note(self, rows: Sequence[Row]) -> None:
        ids = [row["entry_id"] for row in rows]
        self._newest_entry = max([self._newest_entry, *ids])
        kept = self._kept()
        mine = kept.get(self._account)
        if not isinstance(mine, dict):
            return
        for row in (row for row in rows if row["transfer_usd"]):
            # Equity that was read before it, and each of them once.
            newer = row["entry_id"] > mine.get("entry_id", 0)
            if newer and row["time_ms"] >= mine.get("time_ms", 0):
                first = Decimal(mine["equity_usd"]) + row["transfer_usd"]
                mine.update(entry_id=row["entry_id"], equity_usd=str(first))
                self._write(kept)

    def outcome(self, error: ExchangeError | None) -> None:
        """Count an entry's outcome; None is a success."""
        if error is None:
            self._rejects = 0
        elif isinstance(error, OrderRejected) and not isinstance(error, DuplicateOrder):
            self._rejects += 1
            if self._rejects >= self._limits.max_rejects:
                self._switch.halt(f"{self._rejects} rejects in a row, last: {error}")
                self._rejects = 0

    def drift(self, drift_usd: Decimal) -> None:
        """Count the loop's report on how far its books are from the exchange."""
        if abs(drift_usd) < Decimal("0.01"):
            self._drifts = 0
            return
        self._drifts += 1
        large = abs(drift_usd) >= self._limits.max_drift_usd
        if self._drifts >= (LARGE_AFTER if large else self._limits.max_drifts):
            self._switch.halt(
                f"books differ from the exchange by {drift_usd} USD,"
                f" {self._drifts} times in a row"
            )
            self._drifts = 0

    def forgive(self) -> None:
        """Begin the day's loss anew: a person has looked and resumed."""
        self._rejects = self._drifts = 0
        with self._lock:
            kept = self._kept()
            if kept.pop(self._account, None) is not None:
                self._write(kept)

    def _first_of(self, day: int) -> Decimal | None:
        try:
            mine = self._kept()[self._account]
            return Decimal(mine["equity_usd"]) if mine["day"] == day else None
        except (KeyError, TypeError, InvalidOperation):
            # Without it the loss counts from now on, as it would on a new day.
            return None

    def _keep(self, now_ms: int, equity: Decimal) -> None:
        kept = self._kept()
        kept.pop(self._account, None)
        kept[self._account] = {
            "day": now_ms // DAY_MS,
            "equity_usd": str(equity),
            "time_ms": now_ms,
            "entry_id": 0,
        }
        self._write(dict([*kept.items()][-_ACCOUNTS:]))

    def _kept(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._day_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _write(self, kept: dict[str, Any]) -> None:
        new = self._day_file.with_name(self._day_file.name + ".new")
        with contextlib.suppress(OSError):
            new.write_text(json.dumps(kept))
            os.replace(new, self._day_file)
