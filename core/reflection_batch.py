"""A numbered batch of reflections in one transaction with its number.

So one whose fate is unknown is sent again without harm: the number says that it is there.
"""

from __future__ import annotations

from uuid import UUID

import psycopg

from core.stores.postgres import Connection

MARK = """
insert into system_logs.reflection_writers as known values (%s, %s)
on conflict (writer) do update set last_batch = excluded.last_batch
where known.last_batch < excluded.last_batch returning 1
"""
COPY = """
copy system_logs.reflections (time_ms, module, version, tick, duration_us, outcome,
    error, args, result) from stdin
"""


def commit(connection: Connection, writer: UUID, number: int, rows: list[bytes]) -> int:
    """Write a batch unless it is there; return how many of its rows Postgres refuses."""
    with connection.transaction():
        marked = connection.execute(MARK, (writer, number)).fetchone()
        return _copy(connection, rows) if marked else 0


def _copy(connection: Connection, rows: list[bytes]) -> int:
    """Write rows; return how many of them Postgres refuses, halving to find them."""
    try:
        with connection.transaction(), connection.cursor().copy(COPY) as copy:
            copy.write(b"".join(rows))
    except psycopg.DataError:
        if len(rows) == 1:
            return 1
        middle = len(rows) // 2
        return sum(_copy(connection, part) for part in (rows[:middle], rows[middle:]))
    return 0
