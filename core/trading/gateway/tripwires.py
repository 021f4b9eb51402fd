"""What throws the kill switch by itself: a day's loss, drift that stays, rejects in a row.

None of it looks at our books or trusts the runtime with more than a warning: the loss
is computed from the equity that the exchange tells.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from core.errors import DuplicateOrder, ExchangeError, OrderRejected
from core.plain_words import counted
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.day_equity import DayEquity
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.limits import Limits, daily_loss_usd

DAY_MS = 86_400_000
# Fills that are shown a candle late are no reason yet, however large.
LARGE_AFTER = 3
# Candles of an hour.
FORGIVEN_AFTER = 12


class Tripwires:
    """Watches the account for a kill switch. The day's first equity outlives the process,
    by `account` (`day_equity`).
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
        self._day = DayEquity(day_file, account)
        self._rejects = self._drifts = 0
        # Reports without a drift since the last one, and with one without a break.
        self._clean = self._in_a_row = 0
        self._others: set[str] = set()
        self._lock = threading.Lock()

    def see(self, equity: Decimal) -> None:
        """Look at the equity as the exchange told it now; halt if the day cost too much."""
        now_ms = self._adapter.now_ms()
        with self._lock:
            found = [self._lost(now_ms, equity), self._other_collateral()]
        for reason in filter(None, found):
            self._switch.halt(reason)

    def _other_collateral(self) -> str | None:
        """Return what is new beside USD: the equity counts it, the account log of USD does
        not, so what is paid in so would hide a loss.
        """
        new = set(self._adapter.other_collateral()) - self._others
        if not new:
            return None
        self._others |= new
        names = ", ".join(sorted(new))
        return f"the account holds {names} beside USD, so a loss of the day could hide"

    def _lost(self, now_ms: int, equity: Decimal) -> str | None:
        """Return what the day has cost, once, if it is too much."""
        day = now_ms // DAY_MS
        first = self._day.of(day, now_ms)
        if first is None:
            # Of nothing no part could be lost.
            if equity > 0:
                self._day.begin(day, now_ms, equity)
            return None
        if first.equity_usd - equity < self._most(first.equity_usd):
            return None
        if first.told and self._switch.reason() is not None:
            return None
        # Perhaps it was taken out, and the loop has not read of it yet, whatever it has
        # read that is newer.
        with contextlib.suppress(ExchangeError):
            self._day.moved(self._adapter.ledger(0, first.time_ms))
        cost, most = first.equity_usd - equity, self._most(first.equity_usd)
        if cost < most:
            return None
        self._day.told()
        limit = f"{most:.2f}".removesuffix(".00")
        return f"the day has cost {cost:.2f} USD, the limit is {limit}"

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
                self._day.moved(rows)

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
        """Count the loop's report on how far its books are from the exchange.

        A report without a drift ends a row of them, and takes little back of their number:
        books that are opened anew are right for a while, whatever made them wrong.
        """
        if abs(drift_usd) < Decimal("0.01"):
            self._in_a_row, self._clean = 0, self._clean + 1
            if self._clean % FORGIVEN_AFTER == 0:
                self._drifts = max(0, self._drifts - 1)
            return
        self._clean = 0
        self._drifts, self._in_a_row = self._drifts + 1, self._in_a_row + 1
        large = abs(drift_usd) >= self._limits.max_drift_usd
        lasts = large and self._in_a_row >= LARGE_AFTER
        if lasts or self._drifts >= self._limits.max_drifts:
            self._switch.halt(
                f"books differ from the exchange by {drift_usd} USD;"
                f" drift was reported {counted(self._drifts, 'time')}"
            )
            self._drifts = self._in_a_row = 0

    def forgive(self) -> None:
        """Begin the day's loss anew: a person has looked and resumed."""
        self._rejects = self._drifts = self._in_a_row = 0
        with self._lock:
            self._day.forget()
