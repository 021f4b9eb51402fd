"""The Store port over Postgres: the books in schema trading_data.

Column names come from the database itself, so a row with an unknown key is an error
and nothing of a module's making reaches the SQL text.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from core.errors import StoreError, StoreUnavailable
from core.stores.unanswered import Unanswered

T = TypeVar("T")
_LOCKS = b"set lock_timeout = 3000"
_END = b"select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s"
_GAVE_UP = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)
# What is wrong with the row itself; of all else the server may recover.
_REFUSED = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)
# One that was switched to reading alone stays so for this connection.
_BROKEN = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
)

SCHEMA = "trading_data"
# The loop waits for a row no longer than this; of readings only a start has large ones.
WRITE_S, READ_S, CONNECT_S = 3.0, 30.0, 2
# Tables that modules and the loop may write, with their keys and their time column.
TABLES = {
    "orders": ("client_id", "created_ms"),
    "fills": ("fill_id", "time_ms"),
    "trades": ("trade_id", "opened_ms"),
    "equity": ("time_ms", "time_ms"),
    "ledger": ("entry_id", "time_ms"),
    "plans": ("trade_id", "started_ms"),
    "levels": ("trade_id", "opened_ms"),
}


class PostgresStore:
    """One connection, in autocommit, safe to use from several threads.

    A server that does not answer (a stalled disk, a table that somebody locked, a network
    that is gone) is one that is away: StoreUnavailable after a few seconds.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._lock = threading.Lock()
        self._unanswered = Unanswered()
        self._name = ""
        self._connection = self._connect()
        self._statements: dict[tuple[str, tuple[str, ...]], bytes] = {}
        self._columns = self._read_columns()

    def _connect(self) -> psycopg.Connection[Any]:
        """Return a new connection, and end what hangs of the one before: it must not be
        carried out later, over what is newer.
        """
        before, self._name = self._name, f"architect books {secrets.token_hex(8)}"
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_S,
            application_name=self._name,
        )
        with self._unanswered.watched(connection, WRITE_S):
            connection.execute(_LOCKS)
            if before:
                connection.execute(_END, (before,))
        return connection

    def _read_columns(self) -> dict[str, set[str]]:
        rows = self._connection.execute(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = %s",
            (SCHEMA,),
        )
        columns: dict[str, set[str]] = {}
        for table, column in rows:
            columns.setdefault(table, set()).add(column)
        return columns

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Write one row; a row with the same key is replaced."""
        statement = self._upsert(table, tuple(row))
        with self._lock:
            self._run(statement, list(row.values()))

    def _run(self, statement: bytes, values: list[Any]) -> None:
        try:
            self._repeated(lambda: self._connection.execute(statement, values), WRITE_S)
        except _REFUSED as error:
            raise StoreError(f"Postgres refused a row: {error}") from None
        except psycopg.Error as error:
            raise StoreUnavailable(f"Postgres takes no row now: {error}") from None

    def _repeated(self, run: Callable[[], T], most_s: float) -> T:
        """Run, and once more over a new connection if this one broke."""
        try:
            return self._watched(run, most_s)
        except _BROKEN as error:
            self._connection.close()
            if self._unanswered.ended or isinstance(error, _GAVE_UP):
                raise StoreUnavailable(
                    f"Postgres does not answer within {most_s:g} s"
                ) from None
        try:
            self._connection = self._connect()
            return self._watched(run, most_s)
        except _BROKEN as error:
            self._connection.close()
            raise StoreUnavailable(f"Postgres does not answer: {error}") from None

    def _watched(self, run: Callable[[], T], most_s: float) -> T:
        with self._unanswered.watched(self._connection, most_s):
            return run()

    def _upsert(self, table: str, columns: tuple[str, ...]) -> bytes:
        known = self._statements.get((table, columns))
        if known is None:
            # As text at once: psycopg would put it together anew for every row.
            known = self._compose(table, columns).as_bytes(None)
            self._statements[(table, columns)] = known
        return known

    def _compose(self, table: str, columns: tuple[str, ...]) -> sql.Composed:
        key, _ = self._table(table)
        if unknown := set(columns) - self._columns.get(table, set()):
            raise StoreError(f"table {table} has no column {min(unknown)!r}")
        names = [sql.Identifier(column) for column in columns]
        changes = sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c))
            for c in columns
            if c != key
        )
        return sql.SQL(
            "insert into {} ({}) values ({}) on conflict ({}) do update set {}"
        ).format(
            sql.Identifier(SCHEMA, table),
            sql.SQL(", ").join(names),
            sql.SQL(", ").join(sql.Placeholder() for _ in columns),
            sql.Identifier(key),
            changes,
        )

    def _table(self, table: str) -> tuple[str, str]:
        if table not in TABLES:
            raise StoreError(
                f"there is no table {table!r}", hint=f"tables: {', '.join(TABLES)}"
            )
        return TABLES[table]

    def rows(self, table: str, since_ms: int) -> list[dict[str, Any]]:
        """Return rows at or after since_ms, oldest first."""
        _, time_column = self._table(table)
        statement = sql.SQL("select * from {} where {} >= %s order by {}").format(
            sql.Identifier(SCHEMA, table),
            sql.Identifier(time_column),
            sql.Identifier(time_column),
        )
        with self._lock:
            return self._repeated(lambda: self._read(statement, since_ms), READ_S)

    def _read(self, statement: sql.Composed, since_ms: int) -> list[dict[str, Any]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, (since_ms,)).fetchall()

    def close(self) -> None:
        """Close the connection."""
        self._unanswered.close()
        self._connection.close()
