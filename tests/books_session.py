"""The session that holds the books' lock, ended as a restart of the database ends it."""

from __future__ import annotations

import time

import psycopg


def end_session(url: str) -> None:
    """End the session that holds the lock on this database, and wait until it has ended."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = holders(connection)
        assert found
        for pid in found:
            connection.execute("select pg_terminate_backend(%s)", (pid,))
        until = time.monotonic() + 10
        while set(holders(connection)) & set(found):
            assert time.monotonic() < until, "the session does not end"
            time.sleep(0.01)


def holders(connection: psycopg.Connection) -> list[int]:
    """Return the processes of the server whose sessions hold an advisory lock."""
    rows = connection.execute(
        "select pid from pg_locks join pg_database on pg_database.oid = database"
        " where locktype = 'advisory' and granted and datname = current_database()"
    ).fetchall()
    return [int(pid) for (pid,) in rows]
