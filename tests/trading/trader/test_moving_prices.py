"""Prices move while a tick reads: that is no drift, and hides none."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from in_process import BacktestExchange, deal, idle, session, size_of, tick

from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig

XBT, ZERO = "PF_XBTUSD", Decimal(0)


class Moving(BacktestExchange):
    """Reads the account at a mark that is `there_frac` away and back before the next call;
    its equity is `less_usd` than the books say, its entry prices `dearer_usd` more.
    """

    there_frac = less_usd = dearer_usd = ZERO

    def positions(self) -> list[Any]:
        return [
            dataclasses.replace(p, entry_price=p.entry_price + self.dearer_usd)
            for p in super().positions()
        ]

    def account(self) -> Any:
        found = super().account()
        price, books = self.engine.market.price, self.engine.books.holdings
        held = sum((h.size * price[s] for s, h in books.items()), ZERO)
        sizes = sum((h.size for h in books.values()), ZERO)
        moved = held * self.there_frac - sizes * self.dearer_usd
        return dataclasses.replace(
            found,
            floating_usd=found.floating_usd + moved,
            equity_usd=found.equity_usd + moved - self.less_usd,
        )


@pytest.fixture
def one() -> Session:
    """A session that holds what a person bought, with its stop far away."""
    far = {"stop_multiple": Decimal(400), "take_multiple": Decimal(400)}
    made = session(TraderConfig(lookback=120, **far), Moving)
    idle(made)
    tick(made)
    deal(made, XBT, "buy", Decimal("0.05"))
    tick(made)
    assert size_of(made, XBT)
    return made


def drifts(one: Session, there: str, less: str = "0") -> list[str]:
    exchange: Any = one.exchange
    exchange.there_frac, exchange.less_usd = Decimal(there), Decimal(less)
    tick(one)
    return [detail["what"] for kind, detail in one.told if kind == "drift"]


@pytest.mark.parametrize("there", ["0.005", "-0.005"])
def test_a_price_that_goes_there_and_back_is_no_drift(one: Session, there: str) -> None:
    assert drifts(one, there) == []
    assert one.loop.halted == ""


@pytest.mark.parametrize(
    ("there", "less"),
    [("0", "1"), ("0.005", "100"), ("0.03", "0"), ("-0.03", "0")],
    ids=["money", "money behind a move", "too far a move", "too far down"],
)
def test_what_no_price_explains_is_a_drift_still(
    one: Session, there: str, less: str
) -> None:
    assert drifts(one, there, less) == ["equity"]
    assert one.loop.halted


def test_another_entry_price_is_no_move_of_the_market(one: Session) -> None:
    exchange: Any = one.exchange
    exchange.dearer_usd = Decimal(100)
    assert drifts(one, "0") == ["equity"]
