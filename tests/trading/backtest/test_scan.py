"""A tick only where it acts gives what a tick at every candle gives, to the last event."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.trading.backtest.run import PAPER, Session, Setup
from core.trading.synthetic import synthetic_candles
from core.trading.trader.config import TraderConfig
from core.trading.trader.loop import TradingLoop

ROOT = Path(__file__).resolve().parents[3]
# What makes loop and exchange do different things: entries spread over candles and
# filled in part, stops that never move, trades that end by time, an account that is poor.
CASES: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "large": {
        "max_notional_usd": Decimal(60_000),
        "clip_usd": Decimal(9000),
        "risk_frac": Decimal("0.02"),
        "ceiling_frac": Decimal("0.2"),
    },
    "fixed stops": {"trail_frac": Decimal(0), "max_hold_ms": 3_600_000},
    "poor": {"stop_multiple": Decimal(3)},
}


def gone_through(case: str, seed: int, every_candle: bool) -> Session:
    paper = replace(PAPER, balance_usd=Decimal(300)) if case == "poor" else PAPER
    candles = synthetic_candles(seed, 800)
    if seed % 2:
        candles = {"PF_ETHUSD": candles["PF_ETHUSD"]}
    config = TraderConfig(**CASES[case])
    session = Session(Setup(ROOT, candles, config, paper, "", every_candle))
    session.run()
    return session


@pytest.mark.parametrize(("case", "seed"), list(zip(CASES, range(4), strict=True)))
def test_nothing_is_missed(case: str, seed: int) -> None:
    fast, slow = (gone_through(case, seed, every) for every in (False, True))
    assert fast.engine.venue.events == slow.engine.venue.events
    assert fast.engine.books.ledger == slow.engine.books.ledger
    assert fast.engine.books.fills == slow.engine.books.fills
    assert fast.engine.margin() == slow.engine.margin()
    for table in ("trades", "orders", "fills", "ledger"):
        assert fast.store.rows(table, 0) == slow.store.rows(table, 0), table
    assert fast.told == slow.told
    assert repr(fast.loop.trades) == repr(slow.loop.trades)
    assert len(slow.store.rows("trades", 0)) > 5
    assert fast.loop.ticks < slow.loop.ticks / 3


def test_a_tick_that_is_needed_and_left_out_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The comparison above can fail: without the moves of stops it does."""
    monkeypatch.setattr(TradingLoop, "follow", lambda loop, now_ms: None)
    blind = gone_through("as it comes", 1, False)
    monkeypatch.undo()
    assert (
        blind.engine.venue.events
        != gone_through("as it comes", 1, False).engine.venue.events
    )
