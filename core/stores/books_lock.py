"""The lock of who trades with the books: one system at a time, from whatever host.

It is the database's and lasts as long as the session that took it. A server that restarts
ends that session, and whoever trades connects again and goes on. So the lock has to be
looked at again and again, and taken anew.
"""

from __future__ import annotations

import contextlib

import psycopg

from core.errors import StoreError, StoreUnavailable
from core.stores.postgres import Connection, connect
from core.stores.unanswered import Unanswered

_KEY = 0x0A7C_B00C
# Who looks after the processes must not wait long for a store that is away.
_PATIENCE_S = 5


class BooksLock:
    """Held until `close`; StoreError where another system holds it. A server that does not
    answer within `answer_s` seconds, though its line stands, is one that is away.
    """

    def __init__(self, database_url: str, answer_s: float = 10.0) -> None:
        self._database_url, self._answer_s = database_url, answer_s
        self._unanswered = Unanswered()
        self.connection = connect(database_url, timeout_s=_PATIENCE_S, silent_s=10)
        try:
            if not _lock(self.connection):
                raise StoreError(
                    "another system trades with these books",
                    hint="end it first, or give this one a DATABASE_URL of its own",
                )
            self._session = _session(self.connection)
        except BaseException:
            self.connection.close()
            raise

    def keep(self) -> None:
        """Take the lock again where its session has ended.

        StoreUnavailable while the database is away: look again later. StoreError when
        another system has taken it meanwhile.
        """
        try:
            with self._in_time():
                self.connection.execute("select 1")
            return
        except psycopg.Error:
            self.connection.close()
        self.connection = connect(
            self._database_url, timeout_s=_PATIENCE_S, silent_s=10
        )
        try:
            with self._in_time():
                self._take_again()
        except psycopg.Error as error:
            self.connection.close()
            raise StoreUnavailable(f"the books are not held: {error}") from error
        except StoreError:
            self.connection.close()
            raise

    def _take_again(self) -> None:
        # A server that has not noticed that the line was cut lets the old session live.
        ended = self.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where (pid, backend_start) = (%s, %s)",
            self._session,
        ).fetchone()
        if not _lock(self.connection):
            if ended is not None:
                raise StoreUnavailable("the session before has not ended yet")
            raise StoreError(
                "another system has taken these books while the database was away",
                hint="two must not trade on one account: see which one is to go on; the"
                " stops rest at the exchange meanwhile",
            )
        self._session = _session(self.connection)

    def close(self) -> None:
        """Give the lock back; who comes next at once finds it free."""
        with contextlib.suppress(psycopg.Error), self._in_time():
            self.connection.execute("select pg_advisory_unlock(%s)", (_KEY,))
        self._unanswered.close()
        self.connection.close()

    def _in_time(self) -> contextlib.AbstractContextManager[None]:
        return self._unanswered.watched(self.connection, self._answer_s)


def _lock(connection: Connection) -> bool:
    row = connection.execute("select pg_try_advisory_lock(%s)", (_KEY,)).fetchone()
    return row == (True,)


def _session(connection: Connection) -> tuple[object, ...]:
    """Return what tells this session from all others of the server."""
    row = connection.execute(
        "select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()"
    ).fetchone()
    assert row is not None
    return row
