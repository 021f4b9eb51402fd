"""Knows whether the loop lives, and takes its entries back when it does not.

Kraken's dead man's switch cancels every order, the stops that protect positions too, so
armed at the wrong time it makes the naked position that it is to prevent. Therefore:

- while anything protective rests or a position is held, the switch is disarmed, and this
  process does what a switch should: when the loop falls silent it cancels the entries,
  and only those.
- the switch is armed, by each beat anew, only while entries rest and nothing else does:
  then all that it can cancel is what nobody watches.

If this process dies as well, protective orders stay, for no switch is armed beside them,
and an entry that still fills has its stop resting already (`protection`).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from core.errors import ExchangeError, ExchangeUnavailable, GatewayRefused
from core.trading.gateway.adapter import Adapter, Row
from core.trading.gateway.order import IMMEDIATE


class Heartbeat:
    """The loop's sign of life. `beat` is the loop's, `watch` a thread's of the gateway."""

    def __init__(
        self,
        adapter: Adapter,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        on_silence: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._adapter, self._monotonic = adapter, monotonic
        self._on_silence = on_silence
        self._lock = threading.Lock()
        self._deadline: float | None = None
        # Whoever was here before may have armed it, and may have left entries.
        self._armed = self._may_rest = True
        self._sending, self._counting = 0, threading.Lock()

    def beat(self, timeout_s: int) -> None:
        """Note that the loop lives, and set the exchange's switch as things are now."""
        if timeout_s < 1:
            raise GatewayRefused(f"keep_alive of {timeout_s} s is no time at all")
        with self._lock:
            self._deadline = self._monotonic() + timeout_s
            if self._only_entries_rest():
                self._armed = True
                self._adapter.arm_switch(timeout_s)
            else:
                self._disarm()

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """While an entry or a stop is sent: no reading tells of it, so nothing is armed."""
        # Not while a beat reads and arms; but whoever has sent waits for none.
        with self._lock, self._counting:
            self._sending += 1
        try:
            yield
        finally:
            with self._counting:
                self._sending -= 1

    def entry_sent(self, kind: str) -> None:
        """Note, while `sending`, that an entry is sent, which may come to rest."""
        self._may_rest |= kind not in IMMEDIATE

    def before_protection(self) -> None:
        """Disarm the switch, because what is placed next must outlive this process.

        ExchangeUnavailable if that failed: then nothing was sent yet.
        """
        with self._lock:
            try:
                self._disarm()
            except ExchangeError as error:
                raise ExchangeUnavailable(
                    f"not sent, for the dead man's switch is not disarmed: {error}"
                ) from None

    def watch(self) -> bool:
        """Take entries back if the loop is silent; True when there was no need or it is done.

        To be called every second or so; what fails is tried again at the next call.
        """
        with self._lock:
            deadline = self._deadline
            if deadline is None or self._monotonic() < deadline:
                return True
            may_rest = self._may_rest
            try:
                entries = self._entries() if may_rest else []
                if [row for row in entries if not self._cancelled(row)]:
                    return False
                # It would take the stops as well.
                self._disarm()
            except ExchangeError:
                return False
            if self._sending:
                return False
            self._deadline = None
        if may_rest:
            text = f"the loop is silent; {len(entries)} entries taken back"
            self._on_silence(text)
        return True

    def state(self) -> Row:
        """Return `switch_armed` and `loop_due_s`, None before the first beat."""
        due = self._deadline
        left = None if due is None else round(due - self._monotonic(), 1)
        return {"switch_armed": self._armed, "loop_due_s": left}

    def _disarm(self) -> None:
        if self._armed:
            self._adapter.disarm_switch()
            self._armed = False

    def _only_entries_rest(self) -> bool:
        if self._sending or not self._may_rest:
            return False
        orders = self._adapter.open_orders()
        self._may_rest = any(not row["reduce_only"] for row in orders)
        if not self._may_rest or any(row["reduce_only"] for row in orders):
            return False
        return not self._adapter.positions()

    def _entries(self) -> list[Row]:
        return [row for row in self._adapter.open_orders() if not row["reduce_only"]]

    def _cancelled(self, row: Row) -> bool:
        """Cancel an order; False if that failed, which holds up no other."""
        with contextlib.suppress(ExchangeError):
            self._adapter.cancel_order(row["order_id"])
            return True
        return False
