"""`architect up --follow`: on paper with the candles of another market, as they close.

That market is a paper exchange too, whose time this test moves; to the system it is the
exchange of EXCHANGE_URL, with public charts and nothing else.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt  # type: ignore[import-untyped]
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
from webhook import Hook

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "trading"))

from paper_process import Paper

from core.trading.candles import load_folder

pytestmark = pytest.mark.slow
# Candles until 25 minutes before a midnight.
LATE = 4 * 288 - 5


def ticks(root: Path) -> list[int]:
    """Return the times of all ticks that have been booked."""
    rows = query(root, "select time_ms from trading_data.equity order by time_ms")
    return [time_ms for (time_ms,) in rows]


def query(root: Path, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stores_of(root).database_url) as connection:
        return connection.execute(text).fetchall()  # type: ignore[call-overload, no-any-return]


def buy(root: Path, up: Command) -> None:
    """Buy on the paper account, as a person might with the run's own key."""
    found = re.search(r"paper exchange at (\S+)", up.text)
    assert found is not None
    keys = json.loads((root / ".architect/run/paper-keys.json").read_text())
    trading = f"{found[1]}/derivatives/api/"
    client = ccxt.krakenfutures(
        {
            "apiKey": keys["api_key"],
            "secret": keys["secret"],
            "urls": {"api": {"public": trading, "private": trading}},
        }
    )
    client.create_order("BTC/USD:USD", "market", "buy", 0.01)
    client.close()


def told_account(up: Command) -> tuple[str, int]:
    """Return the account's name, and how many calls it has had."""
    found = re.search(r"account (paper-\w+) of .* UTC: (\d+) calls so far", up.text)
    assert found is not None, up.text
    return found[1], int(found[2])


OPEN = "select trade_id, size from trading_data.trades where symbol = 'PF_XBTUSD'"


def test_it_trades_each_candle_that_closes_and_the_account_goes_on_the_next_time(
    reachable_tmp: Path,
) -> None:
    root = copy_project(reachable_tmp / "follow")
    keys = reachable_tmp / "market-keys.json"
    words = ("--warmup", str(LATE))
    with Paper(keys, *words, count=LATE + 200) as market, Hook() as hook:
        settings = {"EXCHANGE_URL": market.url, "NOTIFY_WEBHOOK_URL": hook.url}

        def stepped(steps: int) -> int:
            market.step(steps)
            now_ms: int = market.state()["time_ms"]
            wait_for(lambda: now_ms in ticks(root), 60)
            return now_ms

        with Command("up", "--root", str(root), "--follow", settings=settings) as up:
            up.until("trading; Ctrl-C stops everything")
            assert ticks(root) == []
            stepped(1)
            buy(root, up)
            now_ms = stepped(3)
            # The newest of the three decided.
            assert len(ticks(root)) == 2
            last, *_ = load_folder(root / ".architect/candles").values()
            assert int(last.time_ms[-1]) + last.interval_ms == now_ms
            assert len(last) == 864 + 4
            [(trade_id, size)] = query(root, OPEN)
            assert size == Decimal("0.01")
            up.ctrl_c()
            assert up.end() == 0, up.text
        name, calls = told_account(up)
        assert calls == 0
        assert hook.told("day") == []
        market.step(2)
        with Command("up", "--root", str(root), "--follow", settings=settings) as up:
            up.until("trading; Ctrl-C stops everything")
            # The order that was bought with, and at least the stop that it was given.
            again, calls = told_account(up)
            assert (again, calls >= 2) == (name, True)
            stepped(1)
            assert len(ticks(root)) == 3
            assert trade_id in {row[0] for row in query(root, OPEN)}
            [(ours, theirs)] = query(
                root,
                "select equity_usd, exchange_equity_usd from trading_data.equity"
                " order by time_ms desc limit 1",
            )
            # The exchange tells it to twelve places.
            assert round(ours, 10) == round(theirs, 10)
            market.process.kill()
            up.until("it is tried on", 60)
            below = alive(descendants(up.process.pid))
            assert any("core.trading.trader" in row for row in below)
            up.ctrl_c()
            assert up.end() == 0, up.text
    assert "error:" not in up.text
    # The day over whose midnight nothing ran.
    (told,) = hook.told("day")
    day = f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d}"
    assert told.startswith(f"architect: {day}: equity ")
    assert name in json.loads((root / ".architect/told.json").read_text())["days"]


def test_it_is_refused_live_and_told_without_a_market(reachable_tmp: Path) -> None:
    root = copy_project(reachable_tmp / "nomarket")
    lost = architect("up", "--new-account", "--root", str(root))
    assert (lost.returncode, "--new-account goes with" in lost.stderr) == (1, True)
    adopts = architect("up", "--adopt", "--root", str(root))
    assert (adopts.returncode, "--adopt goes with" in adopts.stderr) == (1, True)
    for words in (["--follow"], ["--candles", "x"], ["--seed", "0"], ["--pace", "0"]):
        live = architect("up", "--live", *words, "--root", str(root))
        told = f"{words[0]} is for mode paper"
        assert (live.returncode, told in live.stderr) == (1, True), live.stderr
    nobody = {"EXCHANGE_URL": "http://127.0.0.1:9"}
    done = architect("up", "--follow", "--root", str(root), **nobody)
    assert done.returncode == 1
    assert "candles did not start" in done.stderr
    assert "the exchange does not answer" in done.stderr
