"""One way to connect to Postgres, with errors that a person can act on.

It hands out plain psycopg connections; queries belong to those who use them.
"""

from __future__ import annotations

import psycopg

from core.errors import StoreUnavailable
from core.passwords import without_password, without_passwords_of

Connection = psycopg.Connection[tuple[object, ...]]


def connect(
    database_url: str, *, timeout_s: int = 10, silent_s: int | None = None
) -> Connection:
    """Return a connection in autocommit mode; use `.transaction()` for more.

    One whose host has been silent for `silent_s` is lost; else it is waited for as long as
    the system does, many minutes. Raises StoreUnavailable with the URL, its password hidden.
    """
    try:
        return psycopg.connect(
            database_url,
            autocommit=True,
            connect_timeout=timeout_s,
            application_name="architect",
            tcp_user_timeout=None if silent_s is None else silent_s * 1000,
        )
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        # What libpq says, and with it the error behind ours, may hold the password.
        said = without_passwords_of(database_url, str(error)).strip().splitlines()[0]
        raise StoreUnavailable(
            f"cannot reach Postgres at {without_password(database_url)}: {said}",
            hint="start it, or unset DATABASE_URL to use the embedded one",
        ) from None
