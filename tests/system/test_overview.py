"""What architect status --watch shows, from stores that hold a day of trading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from running_system import copy_project

from architect.config import load
from architect.system.kill_switch import switch_file
from architect.system.overview import DAY_MS, follow, last_lines, lines, overview
from core.stores.embedded import Stores
from core.trading import kill_file

NOON_MS = 20_000 * DAY_MS + DAY_MS // 2
TRADE = (
    "insert into trading_data.trades (trade_id, symbol, side, size, entry_price,"
    " opened_ms, closed_ms, realised_usd) values (%s, 'PF_XBTUSD', 'long', 0.0500, 98000, 1,"
    " %s, 12.5)"
)


def test_it_shows_equity_the_day_and_what_is_open(
    make_stores: Callable[[], Stores], reachable_tmp: Path
) -> None:
    config = load(copy_project(reachable_tmp / "overview"), process={})
    url = make_stores().database_url
    assert lines(overview(config, url)) == ["no candle was traded yet"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into trading_data.equity values (%s, 10000, -5, 9995, 9995.0000001)",
            (NOON_MS,),
        )
        connection.execute(TRADE, ("yesterday's", NOON_MS - DAY_MS))
        connection.execute(TRADE, ("today's", NOON_MS - 1))
        connection.execute(TRADE, ("open", None))
    switch_file(config.project).parent.mkdir(parents=True)
    kill_file.write(switch_file(config.project), "news")
    assert lines(overview(config, url)) == [
        "HALTED: news",
        "2024-10-04 12:00 UTC  equity 9995.00 USD, floating -5.00, books off by 0.00",
        "today  1 trade closed for +12.50 USD net, 0 incidents open",
        "open   long 0.05 PF_XBTUSD at 98000.00",
    ]
    assert last_lines(overview(config, url))[1:] == [
        "2024-10-04 12:00 UTC  equity 9995.00 USD, floating -5.00, books off by 0.00",
        "in all 2 trades closed for +25.00 USD net; architect trades lists them",
        "open   long 0.05 PF_XBTUSD at 98000.00",
    ]


def test_only_changes_are_yielded() -> None:
    states: list[dict[str, Any]] = [{"n": 1}, {"n": 1}, {"n": 2}]
    waited: list[float] = []
    seen = follow(lambda: states.pop(0), waited.append)
    assert [next(seen), next(seen)] == [{"n": 1}, {"n": 2}]
    assert waited == [1.0, 1.0]
