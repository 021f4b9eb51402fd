"""What trades now: halted or not, equity, open trades, the day, incidents. From our stores.

The exchange is not asked, so that looking costs none of its tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from architect.books import queried
from architect.config import Config
from architect.system.running_gateway import shown_halt
from core.plain_words import counted

if TYPE_CHECKING:
    from architect.books import Cursor

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
_ALL = (
    "select count(*) as trades, coalesce(sum(realised_usd - fees_usd + funding_usd), 0)"
    " as net_usd from trading_data.trades where closed_ms is not null"
)
_INCIDENTS = (
    "select count(*) as number from system_logs.incidents where closed_ms is null"
)


def overview(config: Config, database_url: str) -> dict[str, Any]:
    """Return how trading stands; amounts are Decimals in USD, None before the first tick.

    StoreUnavailable when the database does not answer.
    """
    halted = shown_halt(config.project)
    return {"halted": halted, **queried(database_url, _rows)}


def _rows(cursor: Cursor) -> dict[str, Any]:
    equity = cursor.execute(_EQUITY).fetchone()
    now_ms = equity["time_ms"] if equity else 0
    day = cursor.execute(_DAY, (now_ms // DAY_MS * DAY_MS,)).fetchone()
    incidents = cursor.execute(_INCIDENTS).fetchone()
    return {
        "equity": equity,
        "open": cursor.execute(_OPEN).fetchall(),
        "day": day,
        "all": cursor.execute(_ALL).fetchone(),
        "incidents": incidents["number"] if incidents else 0,
    }


def lines(found: dict[str, Any]) -> list[str]:
    """Return the overview for a person."""
    day = found["day"]
    today = (
        f"today  {counted(day['trades'], 'trade')} closed for {day['net_usd']:+.2f} USD net,"
        f" {counted(found['incidents'], 'incident')} open"
    )
    return _told(found, today)


def last_lines(found: dict[str, Any]) -> list[str]:
    """Return how things stand at the end of a run, for a person."""
    closed = found["all"]
    number, net_usd = closed["trades"], closed["net_usd"]
    return _told(
        found,
        f"in all {counted(number, 'trade')} closed for {net_usd:+.2f} USD net;"
        " architect trades lists them",
    )


def _told(found: dict[str, Any], trades: str) -> list[str]:
    told = [f"HALTED: {found['halted']}"] if found["halted"] else []
    equity = found["equity"]
    if equity is None:
        return [*told, "no candle was traded yet"]
    at = time.strftime("%Y-%m-%d %H:%M", time.gmtime(equity["time_ms"] / 1000))
    # Added to zero, what is rounded away has no sign.
    drift = round(equity["drift_usd"] or 0, 2) + 0
    told += [
        f"{at} UTC  equity {equity['equity_usd']:.2f} USD, floating"
        f" {equity['floating_usd']:+.2f}, books off by {drift:.2f}",
        trades,
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
