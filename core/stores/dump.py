"""Copy what is ours out of both stores into a folder, and back.

Rows go through COPY as gzipped CSV, keys through Redis' own DUMP; the tables themselves
come from the migrations, whose digests are noted, so a dump is restored only into the
schema from which it came. It is no backup of a whole server: only of what is ours.
"""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import time
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql

from core.errors import StoreError
from core.stores import inventory
from core.stores.migrate import applied_migrations
from core.stores.postgres import Connection

NOTE = "dump.json"
# What reading a file that was cut or changed may raise.
_UNREADABLE = (OSError, EOFError, ValueError, zlib.error)


def dump(
    connection: Connection,
    client: redis.Redis,
    found: inventory.Inventory,
    folder: Path,
) -> Path:
    """Write what was found of ours under `folder`; return the new dump's own folder.

    In a transaction of the caller's that lets nobody change what was found. The dump
    appears whole or not at all.
    """
    name = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime())
    target = folder / f"{name}-{time.time_ns() % 1_000_000_000:09d}"
    made = target.with_suffix(".new")
    made.mkdir(parents=True, mode=0o700)
    try:
        for table in found.tables:
            dump_table(connection, table, made / f"{table}.csv.gz")
        migrations = applied_migrations(connection)
        note = {"migrations": migrations, "rows": found.tables}
        note["keys"] = dump_keys(client, made / "redis.jsonl.gz")
        (made / NOTE).write_text(json.dumps(note, indent=2) + "\n")
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return target


def dump_table(connection: Connection, table: str, path: Path) -> None:
    """Write one table as gzipped CSV with a header."""
    copy = "copy (select * from {}) to stdout (format csv, header)"
    query = sql.SQL(copy).format(inventory.identifier(table))
    with (
        gzip.open(path, "wb", compresslevel=3) as file,
        connection.cursor().copy(query) as rows,
    ):
        for row in rows:
            file.write(bytes(row))


def dump_keys(client: redis.Redis, path: Path) -> int:
    """Write our keys, one JSON line each; return how many there are."""
    written = 0
    with gzip.open(path, "wt") as file:
        for key in inventory.our_keys(client):
            value: Any = client.dump(key)
            if value is None:  # expired since it was listed
                continue
            ttl_ms: Any = client.pttl(key)
            line = [b64(key), b64(value), max(0, ttl_ms)]
            file.write(json.dumps(line) + "\n")
            written += 1
    return written


def restore(connection: Connection, client: redis.Redis, folder: Path) -> int:
    """Put the dump in `folder` back into stores that hold nothing of ours; return its rows.

    Raises StoreError when they do, when the schema is not the dump's or the dump is damaged.
    Rows come back all or none.
    """
    try:
        note = json.loads((folder / NOTE).read_text())
    except (OSError, ValueError) as error:
        raise StoreError(
            f"no dump in {folder}: {error}",
            hint="a dump is a folder of .architect/dumps",
        ) from error
    if note["migrations"] != applied_migrations(connection):
        raise StoreError(
            f"the dump in {folder} was made with other migrations",
            hint="check out the release that made it, then: architect db init",
        )
    if not inventory.take(connection, client).is_empty:
        raise StoreError(
            "the stores are not empty, and a dump is not mixed with what is there",
            hint="architect db purge",
        )
    try:
        keys = read_keys(folder / "redis.jsonl.gz")
        with connection.transaction():
            for table in (name for name in inventory.TABLES if name in note["rows"]):
                restore_table(connection, table, folder / f"{table}.csv.gz")
            found = inventory.take(connection, client).tables
            if _filled(found) != _filled(note["rows"]) or len(keys) != note["keys"]:
                raise ValueError("it holds other rows or keys than it says")
            restore_keys(client, keys)
    except (*_UNREADABLE, psycopg.DataError, psycopg.ProgrammingError) as error:
        raise StoreError(
            f"the dump in {folder} is damaged: {error}", hint="take another dump"
        ) from error
    return sum(found.values())


def _filled(rows: dict[str, int]) -> dict[str, int]:
    return {table: number for table, number in rows.items() if number}


def restore_table(connection: Connection, table: str, path: Path) -> None:
    """Read one table back, and set its identity column past what was read."""
    with gzip.open(path, "rb") as file:
        header = file.readline().decode().strip().split(",")
        columns = sql.SQL(", ").join(map(sql.Identifier, header))
        copy = sql.SQL("copy {} ({}) from stdin (format csv)")
        query = copy.format(inventory.identifier(table), columns)
        with connection.cursor().copy(query) as rows:
            while block := file.read(1 << 16):
                rows.write(block)
    identity = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass"
        " and attidentity <> ''",
        (table,),
    ).fetchone()
    if identity:
        reset = "select setval(pg_get_serial_sequence(%s, %s), max({})) from {}"
        column = sql.Identifier(str(identity[0]))
        last = sql.SQL(reset).format(column, inventory.identifier(table))
        connection.execute(last, (table, identity[0]))


def read_keys(path: Path) -> list[tuple[bytes, bytes, int]]:
    """Return names, values and the time that is left to live in ms, 0 for ever."""
    with gzip.open(path, "rt") as file:
        lines = [json.loads(line) for line in file]
    return [
        (base64.b64decode(key), base64.b64decode(value), ttl_ms)
        for key, value, ttl_ms in lines
    ]


def restore_keys(client: redis.Redis, keys: Iterable[tuple[bytes, bytes, int]]) -> None:
    """Put keys back, with the time that they had left to live."""
    for name, data, ttl_ms in keys:
        client.restore(name, ttl_ms, data, replace=True)


def b64(data: bytes) -> str:
    """Return `data` as text."""
    return base64.b64encode(data).decode()
