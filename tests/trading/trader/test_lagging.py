"""Readings of positions lag behind answers and fills: what is there has its stop and counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_process import Noting, deal, decide, entries, idle, look, session, size_of, tick

from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig
from core.trading.trader.standing import standing

XBT = "PF_XBTUSD"
PART = Decimal("0.01")
FAR = {"stop_multiple": Decimal(60), "take_multiple": Decimal(60)}
MANY = Decimal(10**6)


class Lagging(Noting):
    """Its positions are for `lag` readings those of before a person's order, or of an entry's
    first clip, as they are also for so many `after_entry`; fills at or after `until_ms` are
    not shown. So many orders that are `unseen` are not changed, for they are not shown then.
    """

    lag = after_entry = unseen = 0
    until_ms: int | None = None

    def __init__(self, engine: Any, records: Any) -> None:
        super().__init__(engine, records)
        self.before: list[Any] = []

    def place(self, order: Any) -> Any:
        if not order.reduce_only:
            clips = sum(sent.symbol == order.symbol for sent in self.entries)
            if clips <= 1 or order.client_id.startswith("web"):
                self.before = super().positions()
            self.lag = max(self.lag, self.after_entry)
        return super().place(order)

    def positions(self) -> list[Any]:
        if self.lag:
            self.lag -= 1
            return self.before
        return super().positions()

    def fills(self, since_ms: int) -> list[Any]:
        until = self.until_ms
        found = super().fills(since_ms)
        return [f for f in found if until is None or f.time_ms < until]

    def edit(self, *args: Any) -> Any:
        if self.unseen:
            self.unseen -= 1
            return None
        return super().edit(*args)


def made(**config: Any) -> tuple[Session, Any]:
    """Return a session that wants to be long in clips, and its exchange."""
    words = {"clip_usd": Decimal(100), "max_notional_usd": MANY, "twap_usd": MANY}
    one = session(TraderConfig(lookback=120, **{**FAR, **words, **config}), Lagging)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    return one, one.exchange


def holding() -> tuple[Session, Any]:
    """Return a session that is long and enters nothing more, and its exchange."""
    one, exchange = made()
    tick(one)
    idle(one)
    tick(one)
    return one, exchange


def stopped(one: Session) -> Decimal:
    """Return how much the stops end, negative where they buy."""
    live = [o for o in one.engine.venue.live.values() if o.kind == "stp"]
    return sum((-o.size if o.is_buy else o.size for o in live), Decimal(0))


@pytest.mark.parametrize("fills", ["told", "late"])
def test_all_clips_of_an_entry_keep_their_stops(fills: str) -> None:
    one, exchange = made()
    exchange.after_entry = 1
    if fills == "late":
        exchange.until_ms = one.stepper.now_ms
    tick(one)
    assert len(entries(one)) > 1
    assert exchange.lag == 0
    assert stopped(one) == size_of(one, XBT)
    exchange.lag = 1
    look(one)
    assert stopped(one) == size_of(one, XBT)
    exchange.until_ms = None
    idle(one)
    tick(one)
    assert stopped(one) == size_of(one, XBT)


@pytest.mark.parametrize("fills", ["told", "late"])
def test_the_next_symbol_is_sized_beside_all_of_them(fills: str) -> None:
    def risked(readings: int) -> list[Any]:
        room = {"ceiling_frac": Decimal("0.012"), "pool_frac": Decimal(100)}
        one, exchange = made(clip_usd=Decimal(200), **room)
        if fills == "late":
            exchange.until_ms = one.stepper.now_ms
        exchange.after_entry = readings
        decide(one, lambda *_: ("long", 1.0))
        tick(one)
        return [(o.symbol, o.size) for o in entries(one)]

    sent = risked(0)
    assert risked(1) == sent
    assert len({symbol for symbol, _ in sent}) > 1


@pytest.mark.parametrize("late", [False, True], ids=["told", "told late"])
def test_what_a_person_made_smaller_is_seen_when_its_fill_is(late: bool) -> None:
    one, exchange = holding()
    size = size_of(one, XBT)
    exchange.until_ms = one.stepper.now_ms if late else None
    deal(one, XBT, "sell", PART)
    tick(one)
    assert stopped(one) == (size if late else size - PART)
    exchange.until_ms = None
    tick(one)
    assert stopped(one) == size_of(one, XBT) == size - PART


def test_a_stop_that_is_not_shown_at_its_change_is_changed_at_the_next_look() -> None:
    one, exchange = holding()
    size = size_of(one, XBT)
    deal(one, XBT, "sell", PART / 2)
    exchange.unseen = 1
    tick(one)
    assert (exchange.unseen, stopped(one)) == (0, size)
    look(one)
    assert stopped(one) == size_of(one, XBT) == size - PART / 2


def test_what_the_exchange_says_counts_once_the_books_are_opened_anew() -> None:
    """A person made it smaller by a fill that is never shown."""
    one, exchange = holding()
    size = size_of(one, XBT)
    exchange.until_ms = one.stepper.now_ms
    deal(one, XBT, "sell", PART)
    tick(one, one.setup.config.reopen_after + 1)
    assert "books reopened" in [kind for kind, _ in one.told]
    assert stopped(one) == size_of(one, XBT) == size - PART
    (position,) = standing(one.loop.books, one.loop.trades).values()
    assert position.size == size - PART


def test_a_reading_of_before_it_was_turned_costs_no_stop() -> None:
    one, exchange = holding()
    size = size_of(one, XBT)
    deal(one, XBT, "sell", 2 * size)
    look(one)
    assert stopped(one) == -size
    exchange.lag = 2
    look(one)
    assert (exchange.lag, stopped(one)) == (0, -size)


def test_what_an_answer_told_ends_when_the_books_are_opened_anew() -> None:
    """A person sold some of an entry before any of its fills was shown."""
    one, exchange = made()
    exchange.until_ms = one.stepper.now_ms
    tick(one)
    idle(one)
    deal(one, XBT, "sell", PART)
    tick(one, one.setup.config.reopen_after + 1)
    assert "books reopened" in [kind for kind, _ in one.told]
    exchange.until_ms = None
    tick(one)
    assert 0 < size_of(one, XBT) == stopped(one)
