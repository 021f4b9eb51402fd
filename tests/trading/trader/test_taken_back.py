"""An entry whose stop was refused is sold again at once: what the loop makes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_process import (
    Noting,
    deal,
    decide,
    earned_usd,
    entries,
    idle,
    restart,
    session,
    tick,
)

from core.errors import OrderRejected
from core.trading.backtest.run import Session
from core.trading.paper import PaperConfig
from core.trading.trader.config import TraderConfig

XBT = "PF_XBTUSD"


class TakesBack(Noting):
    """Refuses the stops of so many entries, or both as an ioc that finds nobody, and hides
    fills while `hides`.
    """

    def __init__(self, engine: Any, records: Any) -> None:
        super().__init__(engine, records)
        self.refuses, self.alone, self.hides = 0, 0, False
        self._place_all = self._adapter.place_all
        adapter: Any = self._adapter
        adapter.place_all = self._refusing

    def _refusing(self, orders: Any) -> list[Any]:
        if self.alone:
            self.alone -= 1
            return [OrderRejected("iocWouldNotExecute")] * 2
        if not self.refuses:
            return self._place_all(orders)
        self.refuses -= 1
        return [*self._place_all(orders[:1]), OrderRejected("tooManyOrders")]

    def fills(self, since_ms: int) -> list[Any]:
        return [] if self.hides else super().fills(since_ms)


def made() -> tuple[Session, Any]:
    """Return a session that wants to hold XBT, and its exchange."""
    one = session(TraderConfig(lookback=120), TakesBack)
    want(one)
    exchange: Any = one.exchange
    return one, exchange


def net(rows: Any) -> Decimal:
    parts = (r["realised_usd"] - r["fees_usd"] + r["funding_usd"] for r in rows)
    return sum(parts, Decimal(0))


def test_its_symbol_is_entered_again_once_all_of_it_is_told() -> None:
    """Its late fills would count to the trade after it, and its fees to none."""
    one, exchange = made()
    exchange.refuses, exchange.hides = 1, True
    tick(one)
    taken = len(entries(one))
    assert taken
    assert one.engine.books.holdings[XBT].size == 0
    tick(one, 3)
    assert len(entries(one)) == taken
    exchange.hides = False
    tick(one, 3)
    assert len(entries(one)) > taken
    ended = [r for r in one.store.rows("trades", 0) if r["exit_reason"] == "taken back"]
    assert len(ended) == 1
    true = one.engine.books.ledger[: 2 * taken]
    paid = sum(row.realised_usd - row.fee_usd for row in true)
    assert abs(net(ended) - paid) < Decimal("0.01")


def test_one_that_finds_nobody_may_be_sent_again_at_the_next_candle() -> None:
    one, exchange = made()
    exchange.alone = 1
    tick(one)
    assert XBT not in one.loop.trades
    tick(one)
    assert XBT in one.loop.trades


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("ends", [False, True])
def test_one_that_a_killed_process_did_not_note_is_told_by_the_next(
    ends: bool, late: bool
) -> None:
    """Another may have ended in its moment, and its fills may be shown only after the start."""
    config = TraderConfig(lookback=120, max_hold_ms=600_000)
    one = session(config, TakesBack, paper=PaperConfig(rate_limited=False))
    exchange: Any = one.exchange
    idle(one)
    tick(one, 2)
    if ends:
        want(one)
        tick(one)
        idle(one)
        tick(one)
    want(one)
    exchange.refuses = 1
    loop: Any = one.loop
    loop.entries.on_nothing = killed
    with pytest.raises(KeyboardInterrupt):
        tick(one)
    one.stepper.disturb()
    idle(one)
    exchange.hides = late
    restart(one)
    exchange.hides = False
    tick(one, 9)
    rows = one.store.rows("trades", 0)
    assert len(rows) == 1 + ends
    assert abs(net(rows) - earned_usd(one)) < Decimal("0.01")


def test_what_is_taken_back_in_the_moment_of_a_start_is_booked_by_it() -> None:
    """The gateway goes on where the process that asked for it was killed."""
    one = session(
        TraderConfig(lookback=120), TakesBack, paper=PaperConfig(rate_limited=False)
    )
    idle(one)
    tick(one, 2)
    entry = f"pf-xbtusd-{one.stepper.now_ms}-entry-0"
    deal(one, XBT, "buy", Decimal("0.05"), entry)
    restart(one)
    deal(one, XBT, "sell", Decimal("0.05"), f"{entry}-undo")
    tick(one, 9)
    assert "drift" not in [kind for kind, _ in one.told]
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]
    assert abs(net([row]) - earned_usd(one)) < Decimal("0.01")


class Late(TakesBack):
    """Tells no fill and no entry of the account log of `late_ms` or later."""

    late_ms: int | None = None

    def fills(self, since_ms: int) -> list[Any]:
        return [f for f in super().fills(since_ms) if self._tells(f)]

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Any]:
        return [e for e in super().ledger(since_id, since_ms) if self._tells(e)]

    def _tells(self, row: Any) -> bool:
        return self.late_ms is None or row.time_ms < self.late_ms


def test_what_was_taken_back_in_the_moment_of_a_start_that_was_told_nothing() -> None:
    """An hour without anything before it: neither fills nor log tell of any moment."""
    paper = PaperConfig(rate_limited=False)
    one = session(TraderConfig(lookback=120), Late, paper=paper)
    exchange: Any = one.exchange
    idle(one)
    tick(one, 2)
    entry = f"pf-xbtusd-{one.stepper.now_ms}-entry-0"
    deal(one, XBT, "buy", Decimal("0.05"), entry)
    deal(one, XBT, "sell", Decimal("0.05"), f"{entry}-undo")
    exchange.late_ms = one.stepper.now_ms
    restart(one)
    exchange.late_ms = None
    tick(one, 2)
    assert one.loop.books.positions == {}
    assert "drift" not in [kind for kind, _ in one.told]


def want(one: Session) -> None:
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))


def killed(*_: Any) -> None:
    raise KeyboardInterrupt
