"""Reflections by the day: partitions made ahead of time, and dropped when they are old.

Books (orders, fills, trades, equity, ledger) and incidents are kept for good: they grow
by a few rows a candle, and profit and tax are computed from them years later.

Who looks after a running system calls this, so it waits for nobody for long: what is not
done now is done the next time, and until then the default partition takes all rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from psycopg import sql

from core.errors import StoreUnavailable
from core.stores.postgres import Connection, connect
from core.stores.unanswered import Unanswered

DAY_MS = 86_400_000
AHEAD = 2
PARENT = sql.Identifier("system_logs", "reflections")
REST = sql.Identifier("system_logs", "reflections_rest")
_PREFIX = "reflections_day_"
# Whoever writes or reads reflections waits behind us while we wait for a lock.
LOCK_MS = 3000
_CONNECT_S, _SILENT_S = 5, 10
MOST_S = 30.0


def keep(
    database_url: str, now_ms: int, days: int, most_s: float = MOST_S
) -> list[str]:
    """Make the partitions of today and the next days; drop those older than `days`.

    Returns the names of those dropped. Rows of old days in the default partition go too.
    StoreUnavailable where the database takes no writes, somebody holds a table, or all of
    it takes longer than `most_s`; each day is done whole or not at all.
    """
    today = now_ms // DAY_MS
    with _limited(database_url, most_s) as connection:
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


@contextlib.contextmanager
def _limited(database_url: str, most_s: float) -> Iterator[Connection]:
    """Connect for at most so long; whatever fails meanwhile is a StoreUnavailable."""
    unanswered = Unanswered()
    try:
        with (
            connect(
                database_url, timeout_s=_CONNECT_S, silent_s=_SILENT_S
            ) as connection,
            unanswered.watched(connection, most_s),
        ):
            # The server's own limit ends what it works at; ours is for one that hangs.
            limits_ms = {"lock_timeout": LOCK_MS, "statement_timeout": most_s * 1000}
            for name, ms in limits_ms.items():
                set_to = "select set_config(%s, %s, false)"
                connection.execute(set_to, (name, str(int(ms))))
            yield connection
    except psycopg.Error as error:
        why = str(error).partition("\n")[0]
        if unanswered.ended:
            why = f"no answer within {most_s:g} s"
        raise StoreUnavailable(f"reflections cannot be sorted by day: {why}") from error
    finally:
        unanswered.close()


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
