"""The claim of a backtest: on the same candles it is what the live system would have done.

The live side is whole: paper exchange, HTTP, ccxt, gateway, Postgres. Every trade, order,
fill and log entry must be the same, ids and all.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trader_rig import ROOT, Rig

from core.stores.embedded import Stores
from core.trading.backtest.run import PAPER, Session, Setup
from core.trading.paper import PaperConfig
from core.trading.synthetic import synthetic_candles
from core.trading.trader.config import TraderConfig

SEED, COUNT, TICKS = 7, 1500, 220
CONFIG: dict[str, Any] = {"max_hold_ms": 3_600_000, "stop_multiple": Decimal(4)}
TABLES = ("trades", "orders", "fills", "ledger")


def backtest(every_candle: bool) -> Session:
    """Return a session that has gone through the same candles as the live loop."""
    end = PAPER.warmup + TICKS
    candles = {
        symbol: c.between(0, int(c.time_ms[end]))
        for symbol, c in synthetic_candles(SEED, COUNT).items()
    }
    paper = PaperConfig(next_open=True, rate_limited=False, seed=SEED)
    config = TraderConfig(**CONFIG)
    session = Session(Setup(ROOT, candles, config, paper, "", every_candle))
    session.run()
    return session


def rows_of(store: Any, table: str) -> list[dict[str, Any]]:
    """Return a table's rows in one order."""
    rows = store.rows(table, 0)
    return sorted(rows, key=lambda row: str(next(iter(row.values()))))


def assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Compare exactly, but the score, a float, to the last digits of a double."""
    score = ours.get("score")
    if score is not None:
        assert abs(score - float(theirs["score"])) < 1e-12
        ours = {**ours, "score": theirs["score"]}
    assert ours == {key: theirs[key] for key in ours}


@pytest.mark.slow
def test_every_trade_order_fill_and_fee_is_that_of_the_live_loop(
    make_stores: Callable[[], Stores], tmp_path: Path
) -> None:
    with Rig(tmp_path, make_stores(), ("--next-open",)) as rig:
        loop = rig.loop(**CONFIG)
        for _ in range(TICKS - 1):
            loop.tick(rig.paper.step())
        # The backtest's last candle has none after it to be filled in, so no tick.
        loop.finish(rig.paper.step())
        assert "trouble" not in rig.kinds(), rig.told
        fast, slow = backtest(every_candle=False), backtest(every_candle=True)
        for table in TABLES:
            live = rows_of(rig.store, table)
            assert len(live) > 10, table
            for session in (fast, slow):
                mine = rows_of(session.store, table)
                assert len(mine) == len(live), table
                for ours, theirs in zip(mine, live, strict=True):
                    assert_same(ours, theirs)
        equity = Decimal(rig.paper.state()["equity_usd"])
    assert abs(fast.engine.margin().equity - equity) < Decimal("1e-6")
    assert fast.loop.ticks < TICKS / 2 < slow.loop.ticks
