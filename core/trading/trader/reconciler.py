"""Our books against the exchange, at every tick: what drifted, and what becomes of it.

What was not shown when it was looked for is looked for again and booked. What then still
differs stops new entries until it is gone; when it stays, the books are opened anew from
what the exchange says, and that is told as what it is. What trades are sized by is the
smaller of both equities, so nothing grows on money that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.registry import Registry
from core.trading.ports import Exchange, Store
from core.trading.trader.books import Books
from core.trading.trader.config import TraderConfig
from core.trading.trader.market import Market


@dataclass
class Reconciler:
    """`halted` says why nothing may be entered, empty when the books are true."""

    modules: Registry
    exchange: Exchange
    store: Store
    books: Books
    market: Market
    config: TraderConfig
    tell: Callable[..., None]
    look_again: Callable[[], None]
    drifts: int = 0
    ticks_halted: int = 0
    halted: str = ""

    def run(self, now_ms: int) -> Decimal:
        """Compare, book what was missed, and return the equity to size by, USD."""
        ours, account, found = self._compare(now_ms, looked_again=False)
        if found:
            booked = self.books.fills
            self.look_again()
            before, found = found, []
            ours, account, found = self._compare(now_ms, looked_again=True)
            if not found:
                self._tell("booked late", before, self.books.fills - booked)
        self._note(found)
        if self.ticks_halted >= self.config.reopen_after:
            self._tell("books reopened", found, 0)
            self.books.open(now_ms)
            ours, account, found = self._compare(now_ms, looked_again=True)
            self._note(found)
        self._save(now_ms, ours, account)
        # The gateway has a kill switch of its own for what does not go away.
        drift = ours.equity_usd - account.equity_usd if found else Decimal(0)
        self.exchange.report_drift(drift)
        smaller: Decimal = min(ours.equity_usd, account.equity_usd)
        return smaller

    def _compare(
        self, now_ms: int, *, looked_again: bool
    ) -> tuple[Any, Any, list[Any]]:
        account = self.exchange.account()
        marks = self.market.marks
        ours = self.books.equity(now_ms, marks)
        move = Decimal(0)
        if abs(ours.equity_usd - account.equity_usd) > self.config.drift_usd:
            self.market.update_prices()
            move = self.modules["mark_move_usd"](
                list(self.books.held.values()), marks, self.market.marks
            )
        action = "halt" if looked_again else "book"
        sizes = self.modules["size_drifts"](
            list(self.books.positions.values()),
            list(self.books.held.values()),
            action,
        )
        found = self.modules["equity_reconciler"](
            sizes, ours, account, move, self.config.drift_usd, action
        )
        return ours, account, found

    def _note(self, found: list[Any]) -> None:
        if not found:
            self.halted, self.ticks_halted = "", 0
            return
        self.ticks_halted += 1
        if not self.halted:
            self.drifts += 1
            self._tell("drift", found, 0)
        first = found[0]
        self.halted = (
            f"books differ from the exchange: {first.kind} {first.symbol}".rstrip()
            + f" is {first.ours}, there {first.theirs}"
        )

    def _tell(self, kind: str, found: list[Any], fills: int) -> None:
        for drift in found:
            self.tell(
                kind,
                what=drift.kind,
                symbol=drift.symbol,
                ours=str(drift.ours),
                exchange=str(drift.theirs),
                fills=fills,
            )

    def _save(self, now_ms: int, ours: Any, account: Any) -> None:
        self.store.insert(
            "equity",
            {
                "time_ms": now_ms,
                "balance_usd": ours.balance_usd,
                "floating_usd": ours.floating_usd,
                "equity_usd": ours.equity_usd,
                "exchange_equity_usd": account.equity_usd,
            },
        )
