"""Our books against the exchange, at every tick: what drifted, and what becomes of it.

What was not shown when it was looked for is looked for again and booked. What then still
differs stops new entries until it is gone; when it stays, the books are opened anew from
what the exchange says, and that is told as what it is. What trades are sized by is the
smaller of both equities, so nothing grows on money that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import StoreError
from core.registry import Registry
from core.trading.ports import Exchange, Store
from core.trading.trader import worth
from core.trading.trader.books import Books
from core.trading.trader.config import TraderConfig
from core.trading.trader.market import Market
from core.trading.trader.trades import OpenTrade

CENT = Decimal("0.01")
# What is missing is looked for at once, and again where the log may be a moment late.
LOOKS_S = (0.0, 1.0, 1.0, 1.0)
# Of what is held: prices go no further between two readings.
MOST_MOVED_FRAC = Decimal("0.01")


@dataclass
class Reconciler:
    """`halted` says why nothing may be entered, empty when the books are true. `look_again`
    books what was missed, `sleep` waits for seconds, `trades` are the open ones.
    """

    modules: Registry
    exchange: Exchange
    store: Store
    books: Books
    market: Market
    config: TraderConfig
    tell: Callable[..., None]
    look_again: Callable[[], None]
    sleep: Callable[[float], None]
    trades: Mapping[str, OpenTrade]
    drifts: int = 0
    ticks_halted: int = 0
    halted: str = ""

    def run(self, now_ms: int) -> Decimal:
        """Compare, book what was missed, and return the equity to size by, USD."""
        ours, account, found = self._compare(now_ms, looked_again=False)
        if found:
            booked, before = self.books.fills, found
            for pause_s in LOOKS_S:
                self.sleep(pause_s)
                self.look_again()
                ours, account, found = self._compare(now_ms, looked_again=True)
                if not found or self.halted or not _is_of_the_log(found):
                    break
            if not found:
                self._tell("booked late", before, self.books.fills - booked)
        self._note(found)
        if self.ticks_halted >= self.config.reopen_after:
            self._tell("books reopened", found, 0)
            self.books.open(now_ms, again=True)
            for trade in self.trades.values():
                # What answers told is in the positions now, as far as it is held.
                trade.answered = Decimal(0)
            with suppress(StoreError):  # the next start looks for it again
                self.books.catch_up(now_ms)
            ours, account, found = self._compare(now_ms, looked_again=True)
            self._note(found)
        self._save(now_ms, ours, account)
        # The gateway has a kill switch of its own for what does not go away.
        drift = ours.equity_usd - account.equity_usd if found else Decimal(0)
        if found and abs(drift) < CENT:
            drift = CENT  # sizes differ that are worth the same
        self.exchange.report_drift(drift)
        smaller: Decimal = min(ours.equity_usd, account.equity_usd)
        return smaller

    def is_told(self) -> bool:
        """Tell whether the account log has told all that is in the exchange's balance."""
        there: Decimal = self.exchange.account().balance_usd
        drift = abs(self.books.balance_usd - there)
        return drift <= self.config.drift_usd and self.books.has_told(there)

    def _compare(
        self, now_ms: int, *, looked_again: bool
    ) -> tuple[Any, Any, list[Any]]:
        account = self.exchange.account()
        marks = self.market.marks
        ours = self._ours(now_ms, marks, account)
        move = Decimal(0)
        if abs(ours.equity_usd - account.equity_usd) > self.config.drift_usd:
            self.market.update_prices()
            move = self.modules["mark_move_usd"](
                list(self.books.held.values()), marks, self.market.marks
            )
            move = max(move, self._moved(ours, account))
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

    def _ours(self, now_ms: int, marks: dict[str, Any], account: Any) -> Any:
        """Return our Equity. Where what is held has no price, the exchange's word on what
        floats is taken, and balance and sizes alone are compared.
        """
        if self.books.positions.keys() <= marks.keys():
            return worth.equity(self.books, now_ms, marks)
        floating, funding = account.floating_usd, account.funding_usd
        return self.modules.records["Equity"](
            time_ms=now_ms,
            balance_usd=self.books.balance_usd,
            floating_usd=floating,
            funding_usd=funding,
            equity_usd=self.books.balance_usd + floating + funding,
        )

    def _moved(self, ours: Any, account: Any) -> Decimal:
        """Return how far the exchange's floating is from ours for another price, USD, and
        not for another entry: a mark may go there and back between two readings.
        """
        held, marks = self.books.held, self.market.marks
        both = [(p, held[s]) for s, p in self.books.positions.items() if s in held]
        at_entry = sum(
            (abs(p.size * (p.entry_price - h.entry_price)) for p, h in both), Decimal(0)
        )
        values = (abs(p.size) * marks[s] for s, p in held.items() if s in marks)
        apart: Decimal = abs(ours.floating_usd - account.floating_usd) - at_entry
        most = sum(values, Decimal(0)) * MOST_MOVED_FRAC
        return max(Decimal(0), min(apart, most))

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
                "funding_usd": ours.funding_usd,
                "equity_usd": ours.equity_usd,
                "exchange_equity_usd": account.equity_usd,
            },
        )


def _is_of_the_log(found: list[Any]) -> bool:
    """Tell whether only the balance differs: fees and funding are told by a log of its own."""
    return all(drift.kind == "balance" for drift in found)
