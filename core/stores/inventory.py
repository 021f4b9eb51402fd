"""What in a database and in a Redis server is ours: these names and nothing else.

Both may be shared with other programs. A table is ours when it is named here; a key when
it starts with our prefix. Whatever else lies in our schemas is reported, never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import redis
from psycopg import sql

from core.errors import StoreUnavailable
from core.passwords import without_password, without_passwords_of
from core.stores.postgres import Connection

PREFIX = "architect:"
SCHEMAS = ("trading_data", "system_logs")
# In an order in which restored rows find the rows that they refer to.
TABLES = (
    "trading_data.orders",
    "trading_data.fills",
    "trading_data.trades",
    "trading_data.equity",
    "trading_data.ledger",
    "trading_data.plans",
    "trading_data.levels",
    "trading_data.account",
    "system_logs.reflections",
    "system_logs.reflection_writers",
    "system_logs.incidents",
    "system_logs.incident_events",
    "system_logs.gate_verdicts",
    "system_logs.llm_calls",
)
# Ours too, but they say what was done to the store, so a purge keeps them.
KEPT = ("system_logs.migrations", "system_logs.purges")


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a purge would empty, and what it would leave although it is near."""

    tables: dict[str, int]  # name -> rows
    keys: int
    foreign: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to empty."""
        return not self.keys and not any(self.tables.values())

    def describe(self) -> str:
        """Return the list for a person."""
        lines = [f"{name}: {rows} rows" for name, rows in self.tables.items()]
        lines.append(f"redis keys {PREFIX}*: {self.keys}")
        lines += [f"not ours, left alone: {name}" for name in self.foreign]
        return "\n".join(lines)


def take(connection: Connection, client: redis.Redis) -> Inventory:
    """Count what is ours in both stores."""
    there = tables_in_schemas(connection)
    tables = {name: count(connection, name) for name in TABLES if name in there}
    foreign = sorted(there - set(TABLES) - set(KEPT))
    return Inventory(tables, sum(1 for _ in our_keys(client)), foreign)


def tables_in_schemas(connection: Connection) -> set[str]:
    """Return the tables in our schemas, whoever made them; a partition is none."""
    rows = connection.execute(
        "select nspname || '.' || relname from pg_class"
        " join pg_namespace on pg_namespace.oid = relnamespace"
        " where nspname = any(%s) and relkind in ('r', 'p') and not relispartition",
        (list(SCHEMAS),),
    )
    return {str(name) for (name,) in rows}


def count(connection: Connection, table: str) -> int:
    """Return the number of rows in `table`."""
    query = sql.SQL("select count(*) from {}").format(identifier(table))
    row = connection.execute(query).fetchone()
    return int(str(row[0])) if row else 0


def identifier(table: str) -> sql.Identifier:
    """Return a quoted `schema.table`."""
    return sql.Identifier(*table.split("."))


def our_keys(client: redis.Redis) -> Iterator[bytes]:
    """Yield each of our keys."""
    seen = set()
    for key in client.scan_iter(match=f"{PREFIX}*", count=1000):
        if key not in seen:  # a scan may give one twice
            seen.add(key)
            yield key


def connect_redis(redis_url: str) -> redis.Redis:
    """Return a client that has been answered once, with bytes in its answers.

    Raises StoreUnavailable with the URL, its password hidden.
    """
    try:
        client = redis.Redis.from_url(redis_url, socket_timeout=10.0)
        client.ping()
    except (redis.RedisError, ValueError) as error:
        said = without_passwords_of(redis_url, str(error))
        raise StoreUnavailable(
            f"cannot reach Redis at {without_password(redis_url)}: {said}",
            hint="start it, or unset REDIS_URL to use the embedded one",
        ) from None
    return client
