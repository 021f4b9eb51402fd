"""Entries that are spread over time, and what a new process makes of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from in_process import deal, decide, idle, restart, session, size_of, tick

from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig

XBT = "PF_XBTUSD"
SPREAD = TraderConfig(
    lookback=120, twap_usd=Decimal(1000), clip_usd=Decimal(1500), trail_frac=Decimal(0)
)


@pytest.fixture
def one() -> Session:
    """A session with an entry that is not all sent yet."""
    made = session(SPREAD)
    decide(made, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(made)
    trade = made.loop.trades[XBT]
    assert trade.size < trade.plan.size
    idle(made)
    return made


def over(one: Session) -> list[bool]:
    return [row["over"] for row in one.store.rows("plans", 0)]


def test_a_restart_goes_on_with_one_that_nobody_touched(one: Session) -> None:
    before = size_of(one, XBT)
    restart(one)
    assert over(one) == [False]
    tick(one)
    assert size_of(one, XBT) > before


def test_nothing_more_goes_in_of_which_was_sold_while_no_process_lived(
    one: Session,
) -> None:
    """By a stop, by the exchange that liquidates, or by a person."""
    deal(one, XBT, "sell", size_of(one, XBT) / 3)
    left = size_of(one, XBT)
    restart(one)
    assert (one.loop.trades[XBT].plan, over(one)) == (None, [True])
    tick(one)
    assert size_of(one, XBT) == left
    # Nor does the process after that.
    restart(one)
    tick(one)
    assert (one.loop.trades[XBT].plan, size_of(one, XBT)) == (None, left)
