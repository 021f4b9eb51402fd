"""What trades now: halted or not, equity, open trades, the day, incidents. From our stores.

The exchange is not asked, so that looking costs none of its tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from architect.config import Config
from architect.system.kill_switch import switch_file
from core.trading import kill_file

DAY_MS = 86_400_000
_EQUITY = (
    "select time_ms, equity_usd, balance_usd, floating_usd,"
    " equity_usd - exchange_equity_usd as drift_usd"
    " from trading_data.equity order by time_ms desc limit 1"
)
_OPEN = (
    "select symbol, side, size, entry_price from trading_data.trades"
    " where closed_ms is null order by opened_ms"
)
_DAY = (
    "select count(*) as trades, coalesce(sum(realised_usd - fees_usd + funding_usd), 0)"
    " as net_usd from trading_data.trades where closed_ms >= %s"
)
_INCIDENTS = (
    "select count(*) as number from system_logs.incidents where closed_ms is null"
)


def overview(config: Config, database_url: str) -> dict[str, Any]:
    """Return how trading stands; amounts are Decimals in USD, None before the first tick."""
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        equity = connection.execute(_EQUITY).fetchone()
        now_ms = equity["time_ms"] if equity else 0
        day = connection.execute(_DAY, (now_ms // DAY_MS * DAY_MS,)).fetchone()
        incidents = connection.execute(_INCIDENTS).fetchone()
        return {
            "halted": kill_file.read(switch_file(config.project)),
            "equity": equity,
            "open": connection.execute(_OPEN).fetchall(),
            "day": day,
            "incidents": incidents["number"] if incidents else 0,
        }


def lines(found: dict[str, Any]) -> list[str]:
    """Return the overview for a person."""
    equity, day = found["equity"], found["day"]
    told = [f"HALTED: {found['halted']}"] if found["halted"] else []
    if equity is None:
        return [*told, "no candle was traded yet"]
    at = time.strftime("%Y-%m-%d %H:%M", time.gmtime(equity["time_ms"] / 1000))
    drift = equity["drift_usd"]
    told += [
        f"{at} UTC  equity {equity['equity_usd']:.2f} USD, floating"
        f" {equity['floating_usd']:+.2f}, books off by {drift or 0:.2f}",
        f"today  {day['trades']} trades closed for {day['net_usd']:+.2f} USD net,"
        f" {found['incidents']} incidents open",
    ]
    told += [
        f"open   {row['side']} {row['size'].normalize():f} {row['symbol']}"
        f" at {row['entry_price']:.2f}"
        for row in found["open"]
    ]
    return told if found["open"] else [*told, "open   nothing"]


def follow(
    look: Callable[[], dict[str, Any]],
    wait: Callable[[float], object] = time.sleep,
    every_s: float = 1.0,
) -> Iterator[dict[str, Any]]:
    """Yield an overview whenever it has changed, for as long as it is asked for."""
    before: dict[str, Any] | None = None
    while True:
        found = look()
        if found != before:
            yield found
        before = found
        wait(every_s)
