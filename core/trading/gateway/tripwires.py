"""What throws the kill switch by itself: a day's loss, drift that stays, rejects in a row.

None of it looks at our books or trusts the runtime with more than a warning: the loss
is computed from the equity that the exchange tells.
"""

from __future__ import annotations

import contextlib
import json
import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from core.errors import DuplicateOrder, ExchangeError, OrderRejected
from core.trading.gateway.adapter import Adapter
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.limits import Limits

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
        self._rejects = self._drifts = 0

    def see(self, equity: Decimal) -> None:
        """Look at the equity as the exchange told it now; halt if the day cost too much."""
        day = self._adapter.now_ms() // DAY_MS
        first = self._first_of(day)
        if first is None:
            self._keep(day, equity)
            return
        most = self._limits.max_daily_loss_usd
        if first - equity >= most:
            lost = f"the day has cost {first - equity:.2f} USD, the limit is {most}"
            self._switch.halt(lost)

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

    def _keep(self, day: int, equity: Decimal) -> None:
        kept = self._kept()
        kept.pop(self._account, None)
        kept[self._account] = {"day": day, "equity_usd": str(equity)}
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
