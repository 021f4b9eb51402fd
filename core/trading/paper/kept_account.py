"""A paper account that outlives its process: its calls are kept, and replayed at a start.

The same candles, settings and calls give the same account, so the calls are all that is
kept (`account_journal`). A replay on other candles is found out. What happened by itself
meanwhile, a stop that was reached or funding, happens in the replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.errors import ConfigError, ExchangeUnavailable
from core.trading.candles import Candles
from core.trading.dates import iso
from core.trading.paper.account_journal import Journal, KeptCall
from core.trading.paper.config import PaperConfig
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.growing import GrowingFolder
from core.trading.paper.orders import Order
from core.trading.paper.requests import NewOrder, Outcome

# A line that asks for nothing: there was a fill, and this is how the account stood then.
COMPARE = "compare"
_AS_THEY_ARE = frozenset(
    (
        "cancel_all",
        "cancel_all_after",
        "liquidate",
        "lose_orders",
        "set_leverage",
        "transfer",
    )
)
_ALL = 1_000_000_000


class KeptExchange(PaperExchange):
    """A paper exchange whose account goes on where its journal ends.

    A new one begins at the last of the candles; an earlier one is replayed on them, up to
    the last of them. ConfigError where they are not those that it was traded on. `calls` of
    before were replayed.
    """

    def __init__(
        self,
        candles: Mapping[str, Candles],
        config: PaperConfig,
        journal: Journal,
        source: GrowingFolder | None = None,
    ) -> None:
        first = next(iter(candles.values()))
        if journal.origin is None:
            newest_ms = int(first.time_ms[-1]) + first.interval_ms
            journal.begin(newest_ms, config)
        assert journal.origin is not None
        self.origin, self._journal = journal.origin, journal
        known = replace(self.origin.config, warmup=self._candles_before(first))
        super().__init__(candles, known, source)
        self.calls = sum(call.name != COMPARE for call in journal.calls)
        self._replaying = True
        for call in journal.calls:
            self._again(call)
        self._replaying = False
        self.step(_ALL)

    def step(self, count: int = 1) -> int:
        before = len(self.books.fills)
        stepped = super().step(count)
        if len(self.books.fills) != before:
            # A replay compares. Without the line it goes as well, unchecked.
            with suppress(ExchangeUnavailable):
                self._keep(COMPARE)
        return stepped

    def send(self, request: NewOrder, *, share: Decimal | None = None) -> Outcome:
        self._keep("send", request, share)
        return super().send(request, share=share)

    def edit(
        self,
        order: Order | None,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> Outcome:
        if order is not None:
            self._keep("edit", order.order_id, size, limit_price, stop_price)
        return super().edit(order, size, limit_price, stop_price)

    def cancel(self, order: Order | None) -> Outcome:
        if order is not None:
            self._keep("cancel", order.order_id)
        return super().cancel(order)

    def cancel_all(self, symbol: str | None = None) -> Outcome:
        self._keep("cancel_all", symbol)
        return super().cancel_all(symbol)

    def cancel_all_after(self, timeout_s: int) -> int | None:
        if timeout_s > 0 or self.venue.dead_man_ms is not None:
            self._keep("cancel_all_after", timeout_s)
        return super().cancel_all_after(timeout_s)

    def lose_orders(self) -> None:
        self._keep("lose_orders")
        super().lose_orders()

    def liquidate(self) -> None:
        self._keep("liquidate")
        super().liquidate()

    def set_leverage(self, symbol: str, most: Decimal | None) -> None:
        if self.venue.leverages.get(symbol) != most:
            self._keep("set_leverage", symbol, most)
        super().set_leverage(symbol, most)

    def transfer(self, usd: Decimal) -> None:
        self._keep("transfer", usd)
        super().transfer(usd)

    def _keep(self, name: str, *args: Any) -> None:
        if self._replaying:
            return
        stands = len(self.books.fills), self.books.balance_usd
        self._journal.add(KeptCall(self.now_ms, *stands, name, list(args)))

    def _again(self, call: KeptCall) -> None:
        """Carry out a call of before, at its time and on the account of then."""
        left = (call.time_ms - self.now_ms) // self.market.interval_ms
        if left > 0:
            self.step(left)
        stands = self.now_ms, len(self.books.fills), self.books.balance_usd
        if stands != (call.time_ms, call.fills, call.balance_usd):
            raise self._otherwise(call.time_ms)
        # What raised when it was asked for raises again, and is as much without effect.
        with suppress(ValueError, ArithmeticError):
            self._carry_out(call.name, *call.args)

    def _carry_out(self, name: str, *args: Any) -> None:
        if name == COMPARE:
            return
        match name:
            case "send":
                self.send(args[0], share=args[1])
            case "edit":
                self.edit(self.find(args[0], None), *args[1:])
            case "cancel":
                self.cancel(self.find(args[0], None))
            case _ if name in _AS_THEY_ARE:
                getattr(self, name)(*args)
            case _:
                raise ConfigError(
                    f"{self._journal.path}: a paper account has no call {name!r}",
                    hint="it was written by another version of this program",
                )

    def _candles_before(self, first: Candles) -> int:
        """Return how many of the candles had closed when the account began."""
        past_ms = self.origin.began_ms - int(first.time_ms[0])
        count, rest = divmod(past_ms, first.interval_ms)
        if rest or not 1 <= count <= len(first):
            raise self._otherwise(self.origin.began_ms)
        return count

    def _otherwise(self, time_ms: int) -> ConfigError:
        return ConfigError(
            f"the account of {self._journal.path} would not stand at {iso(time_ms)} as it"
            " did: the candles are not those on which it was traded, or this release"
            " trades otherwise on them",
            hint="put those of then back, or begin another account: "
            "architect up --follow --new-account",
        )
