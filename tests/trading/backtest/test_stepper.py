"""Passing calm candles at once leaves the engine as it is after passing each by itself."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from core.trading.backtest.stepper import Stepper
from core.trading.paper import NewOrder, PaperConfig, PaperExchange
from core.trading.synthetic import synthetic_candles

CANDLES = synthetic_candles(3, 1200)
SIZES = {"PF_XBTUSD": "0.3", "PF_ETHUSD": "8", "PF_SOLUSD": "150"}


def engine(balance_usd: str) -> PaperExchange:
    config = PaperConfig(next_open=True, balance_usd=Decimal(balance_usd), warmup=100)
    return PaperExchange(CANDLES, config)


def send(paper: PaperExchange, draws: random.Random, scale: Decimal) -> None:
    """Send an order of any kind, at a price that may be reached soon, late or never."""
    symbol = draws.choice(list(SIZES))
    kind = draws.choice(["mkt", "mkt", "lmt", "stp", "take_profit", "post"])
    contract = paper.market.contracts[symbol]
    away = Decimal(str(round(draws.uniform(-0.02, 0.02), 4)))
    price = contract.price_down(paper.market.price[symbol] * (1 + away))
    priced: dict[str, Any] = {
        "lmt": {"limit_price": price},
        "post": {"limit_price": price},
    }
    more = priced.get(kind, {} if kind == "mkt" else {"stop_price": price})
    size = contract.size_down(Decimal(SIZES[symbol]) * scale * Decimal(draws.random()))
    if size:
        side, closes = draws.choice(["buy", "sell"]), draws.random() < 0.3
        paper.send(NewOrder(symbol, side, kind, size, reduce_only=closes, **more))


@pytest.mark.parametrize("balance_usd", ["1500", "20000", "500000"])
@pytest.mark.parametrize("seed", range(3))
def test_the_engine_ends_where_it_would_have(seed: int, balance_usd: str) -> None:
    plain, fast = engine(balance_usd), engine(balance_usd)
    stepper = Stepper(fast)
    draws = random.Random(seed)
    calm = 0
    # The smallest account trades all that its margin carries, and loses it.
    scale = Decimal("1.5") if balance_usd == "1500" else Decimal(1)
    while plain.market.has_next:
        before = len(plain.venue.events)
        plain.step()
        changed = stepper.step()
        calm += fast.market.count < stepper.count
        assert changed or len(plain.venue.events) == before
        if draws.random() < 0.04:
            stepper.settle()
            assert fast.market.price == plain.market.price
            assert fast.margin() == plain.margin()
            state = draws.getstate()
            for paper in (plain, fast):
                draws.setstate(state)
                send(paper, draws, scale)
                if draws.random() < 0.1:
                    paper.cancel_all_after(draws.choice([0, 900, 4000]))
            stepper.disturb()
    stepper.settle()
    assert fast.books.ledger == plain.books.ledger
    assert fast.books.fills == plain.books.fills
    assert fast.venue.events == plain.venue.events
    assert fast.margin() == plain.margin()
    assert len(plain.books.fills) > 5
    assert calm > 20


def test_a_liquidation_comes_where_it_would_have() -> None:
    found = []
    for side in ("buy", "sell"):
        plain, fast = engine("2000"), engine("2000")
        stepper = Stepper(fast)
        for paper in (plain, fast):
            paper.send(NewOrder("PF_XBTUSD", side, "mkt", Decimal("0.6")))
        while plain.market.has_next:
            plain.step()
            stepper.step()
        stepper.settle()
        assert fast.books.ledger == plain.books.ledger
        found.append(plain.venue.liquidations)
    assert 1 in found
