"""Reflections by the day: partitions made ahead of time, and dropped when they are old.

Books (orders, fills, trades, equity, ledger) and incidents are kept for good: they grow
by a few rows a candle, and profit and tax are computed from them years later.
"""

from __future__ import annotations

from psycopg import sql

from core.stores.postgres import Connection, connect

DAY_MS = 86_400_000
AHEAD = 2
PARENT = sql.Identifier("system_logs", "reflections")
REST = sql.Identifier("system_logs", "reflections_rest")
_PREFIX = "reflections_day_"


def keep(database_url: str, now_ms: int, days: int) -> list[str]:
    """Make the partitions of today and the next days; drop those older than `days`.

    Returns the names of those dropped. Rows of old days in the default partition go too.
    """
    today = now_ms // DAY_MS
    with connect(database_url) as connection:
        there = partitions(connection)
        for day in range(today, today + AHEAD + 1):
            if day not in there:
                _make(connection, day)
        old = [day for day in there if day < today - days]
        for day in old:
            connection.execute(sql.SQL("drop table {}").format(_name(day)))
        cutoff = (today - days) * DAY_MS
        delete = sql.SQL("delete from {} where time_ms < %s").format(REST)
        connection.execute(delete, (cutoff,))
    return [f"{_PREFIX}{day}" for day in old]


def partitions(connection: Connection) -> list[int]:
    """Return the days (since 1970, UTC) that have a partition, oldest first."""
    rows = connection.execute(
        "select tablename from pg_tables where schemaname = 'system_logs'"
        " and tablename ~ '^reflections_day_[0-9]+$'"
    )
    return sorted(int(str(name).removeprefix(_PREFIX)) for (name,) in rows)


def _name(day: int) -> sql.Identifier:
    return sql.Identifier("system_logs", f"{_PREFIX}{day}")


def _make(connection: Connection, day: int) -> None:
    """Make a day's partition, and move into it what was written before it was there."""
    first, last = day * DAY_MS, (day + 1) * DAY_MS
    steps = (
        # Nothing may be written into the rest between the move and the attachment.
        "lock table {rest} in access exclusive mode",
        "create table {day} (like {parent} including defaults)",
        "with moved as (delete from {rest} where time_ms >= {first} and time_ms < {last}"
        " returning *) insert into {day} select * from moved",
        "alter table {parent} attach partition {day} for values from ({first}) to ({last})",
    )
    with connection.transaction():
        for step in steps:
            connection.execute(
                sql.SQL(step).format(
                    rest=REST,
                    parent=PARENT,
                    day=_name(day),
                    first=sql.Literal(first),
                    last=sql.Literal(last),
                )
            )
