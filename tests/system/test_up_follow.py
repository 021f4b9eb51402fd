"""`architect up --follow`: on paper with the candles of another market, as they close.

That market is a paper exchange too, whose time this test moves; to the system it is the
exchange of EXCHANGE_URL, with public charts and nothing else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest
from running_system import (
    Command,
    alive,
    architect,
    copy_project,
    descendants,
    stores_of,
    wait_for,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "trading"))

from paper_process import Paper

from core.trading.candles import load_folder

pytestmark = pytest.mark.slow


def ticks(root: Path) -> list[int]:
    """Return the times of all ticks that have been booked."""
    with psycopg.connect(stores_of(root).database_url) as connection:
        rows = connection.execute(
            "select time_ms from trading_data.equity order by time_ms"
        )
        return [time_ms for (time_ms,) in rows]


def test_it_trades_each_candle_that_closes_and_goes_on_without_the_market(
    reachable_tmp: Path,
) -> None:
    root = copy_project(reachable_tmp / "follow")
    keys = reachable_tmp / "market-keys.json"
    with Paper(keys, "--warmup", "1000", count=1200) as market:
        settings = {"EXCHANGE_URL": market.url}
        with Command("up", "--root", str(root), "--follow", settings=settings) as up:
            up.until("trading; Ctrl-C stops everything")
            assert ticks(root) == []
            for steps in (1, 3):
                market.step(steps)
                now_ms = market.state()["time_ms"]
                wait_for(lambda now=now_ms: now in ticks(root), 60)  # type: ignore[misc]
            # The newest of the three decided.
            assert len(ticks(root)) == 2
            last, *_ = load_folder(root / ".architect/candles").values()
            assert int(last.time_ms[-1]) + last.interval_ms == now_ms
            assert len(last) == 864 + 4
            market.process.kill()
            up.until("it is tried on", 60)
            below = alive(descendants(up.process.pid))
            assert any("core.trading.trader" in row for row in below)
            up.ctrl_c()
            assert up.end() == 0, up.text
    assert "error:" not in up.text


def test_it_is_refused_live_and_told_without_a_market(reachable_tmp: Path) -> None:
    root = copy_project(reachable_tmp / "nomarket")
    live = architect("up", "--live", "--follow", "--root", str(root))
    assert (live.returncode, "--follow is for mode paper" in live.stderr) == (1, True)
    nobody = {"EXCHANGE_URL": "http://127.0.0.1:9"}
    done = architect("up", "--follow", "--root", str(root), **nobody)
    assert done.returncode == 1
    assert "candles did not start" in done.stderr
    assert "the exchange does not answer" in done.stderr
