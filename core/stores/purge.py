"""Empty exactly what is ours in both stores, and set fresh stores up.

Nothing is emptied without a yes, and nothing without a dump from which `restore` brings
it back. Other schemas, other tables in our schemas and other keys are never touched.

Whoever trades would write on into books that are not there any more, so both hold the
books meanwhile. Others write too (reflections, incidents, what models cost): they wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from psycopg import errors, sql

from core.errors import StoreError
from core.stores import dump, inventory
from core.stores.books_lock import BooksLock
from core.stores.migrate import migrate
from core.stores.postgres import Connection, connect

Confirm = Callable[[inventory.Inventory], bool]
# Whoever reads or writes our tables waits behind us while we wait for them.
LOCK_MS = 5000


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did; `dump` is None when there was nothing to keep."""

    found: inventory.Inventory
    dump: Path | None


def init(database_url: str, redis_url: str, dumps: Path, confirm: Confirm) -> list[str]:
    """Make the schemas ready; purge both stores before their first use.

    Returns the names of the migrations applied. A store that has been purged once is
    in use and is left as it is. `confirm` is asked only when there is something to lose.
    """
    applied = migrate(database_url)
    with connect(database_url) as connection:
        in_use = connection.execute("select from system_logs.purges limit 1").fetchone()
    if in_use is None and purge(database_url, redis_url, dumps, confirm) is None:
        raise StoreError(
            "the stores hold data of an earlier use, and purging it was declined",
            hint="say yes to `architect db init`, or use another DATABASE_URL, REDIS_URL",
        )
    return applied


def purge(
    database_url: str, redis_url: str, dumps: Path, confirm: Confirm
) -> Purged | None:
    """Dump and empty what is ours, if `confirm` says yes to the inventory.

    Returns None when it says no. `dumps` is the folder for the dump. Raises StoreError
    while a system trades with these books, when somebody holds a table of ours, and when a
    table that is not ours refers to one that is.
    """
    migrate(database_url)
    client = inventory.connect_redis(redis_url)
    with closing(client), closing(BooksLock(database_url)) as lock:
        found = inventory.take(lock.connection, client)
        if not found.is_empty and not confirm(found):
            return None
        return empty(lock.connection, client, list(found.tables), dumps)


def empty(
    connection: Connection, client: redis.Redis, tables: list[str], dumps: Path
) -> Purged:
    """Dump our tables and keys, empty and remove them, and note it.

    In one transaction that has the tables for itself: no row comes between.
    """
    with _alone(connection, tables) as names:
        found = inventory.take(connection, client)
        kept = None if found.is_empty else dump.dump(connection, client, found, dumps)
        connection.execute(sql.SQL("truncate {} restart identity").format(names))
        connection.execute(
            "insert into system_logs.purges values (%s, %s, %s, %s)",
            (
                time.time_ns() // 1_000_000,
                sum(found.tables.values()),
                found.keys,
                str(kept) if kept else None,
            ),
        )
    for key in inventory.our_keys(client):
        client.unlink(key)
    return Purged(found, kept)


@contextmanager
def _alone(connection: Connection, tables: list[str]) -> Iterator[sql.Composed]:
    """Hold tables of ours in a transaction; yield their names as SQL."""
    names = sql.SQL(", ").join(map(inventory.identifier, tables))
    try:
        with connection.transaction():
            limit = sql.SQL("set local lock_timeout = {}").format(sql.Literal(LOCK_MS))
            connection.execute(limit)
            locked = "lock table {} in access exclusive mode"
            connection.execute(sql.SQL(locked).format(names))
            yield names
    except errors.FeatureNotSupported as error:
        raise StoreError(
            f"a table that is not ours refers to one of ours: {error}",
            hint="drop that reference, or use a database of its own: DATABASE_URL",
        ) from error
    except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
        raise StoreError(
            f"somebody else holds a table of ours, so nothing was emptied: {error}",
            hint="end what reads or writes there (pg_stat_activity tells), and purge again",
        ) from error


def restore(database_url: str, redis_url: str, folder: Path) -> int:
    """Bring the dump in `folder` back and return its rows; see `core.stores.dump.restore`."""
    migrate(database_url)
    client = inventory.connect_redis(redis_url)
    with closing(client), closing(BooksLock(database_url)) as lock:
        return dump.restore(lock.connection, client, folder)
