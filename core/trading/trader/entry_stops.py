"""Why nothing new may be entered: what others say, what has no price, and prices too old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.trading.trader.unpriced import Unpriced

# Nothing is entered on a market that was read so long ago.
STALE_S = 60.0


@dataclass
class EntryStops:
    """`stop_reason` says why nothing may be entered, empty when it may; `clock` gives the
    seconds that a tick takes. `told` is the reason at the last tick.
    """

    unpriced: Unpriced
    stop_reason: Callable[[], str]
    clock: Callable[[], float]
    tell: Callable[..., None]
    told: str = ""
    _began_s: float = 0.0
    _late_told: bool = False

    def begin(self) -> None:
        """A tick begins, and reads its prices."""
        self._began_s, self._late_told = self.clock(), False

    def reason(self) -> str:
        """Return why nothing may be entered; tell when that begins and when it ends."""
        reason = self.unpriced.reason() or self.stop_reason()
        if bool(reason) != bool(self.told):
            self.tell("entries stopped" if reason else "entries go on", reason=reason)
        self.told = reason
        return reason

    def is_late(self) -> bool:
        """Tell whether the prices are too old to enter anything on them, and say so once."""
        late_s = self.clock() - self._began_s
        if late_s <= STALE_S:
            return False
        if not self._late_told:
            self._late_told = True
            text = f"prices are {late_s:.0f} s old: nothing is entered on them"
            self.tell("trouble", part="entries", error=text)
        return True
