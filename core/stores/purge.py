"""Empty exactly what is ours in both stores, and set fresh stores up.

Nothing is emptied without a yes, and nothing without a dump from which `restore` brings
it back. Other schemas, other tables in our schemas and other keys are never touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis
from psycopg import errors, sql

from core.errors import StoreError
from core.stores import dump, inventory
from core.stores.migrate import migrate
from core.stores.postgres import Connection, connect

Confirm = Callable[[inventory.Inventory], bool]


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
    when a table that is not ours refers to one that is.
    """
    migrate(database_url)
    client = inventory.connect_redis(redis_url)
    try:
        with connect(database_url) as connection:
            found = inventory.take(connection, client)
            if not found.is_empty and not confirm(found):
                return None
            kept = None
            if not found.is_empty:
                kept = dump.dump(connection, client, dumps)
            empty(connection, client, Purged(found, kept))
    finally:
        client.close()
    return Purged(found, kept)


def empty(connection: Connection, client: redis.Redis, purged: Purged) -> None:
    """Empty our tables and remove our keys, and note it."""
    tables = sql.SQL(", ").join(map(inventory.identifier, purged.found.tables))
    try:
        with connection.transaction():
            query = sql.SQL("truncate {} restart identity").format(tables)
            connection.execute(query)
            connection.execute(
                "insert into system_logs.purges values (%s, %s, %s, %s)",
                (
                    time.time_ns() // 1_000_000,
                    sum(purged.found.tables.values()),
                    purged.found.keys,
                    str(purged.dump) if purged.dump else None,
                ),
            )
    except errors.FeatureNotSupported as error:
        raise StoreError(
            f"a table that is not ours refers to one of ours: {error}",
            hint="drop that reference, or use a database of its own: DATABASE_URL",
        ) from error
    for key in inventory.our_keys(client):
        client.unlink(key)


def restore(database_url: str, redis_url: str, folder: Path) -> int:
    """Bring the dump in `folder` back and return its rows; see `core.stores.dump.restore`."""
    migrate(database_url)
    client = inventory.connect_redis(redis_url)
    try:
        with connect(database_url) as connection:
            return dump.restore(connection, client, folder)
    finally:
        client.close()
