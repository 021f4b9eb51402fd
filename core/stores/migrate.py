"""Bring the schemas to the state that this release needs.

A migration is a file `NNNN_name.sql`, applied once, in a transaction of its own, and
noted with its digest. There are no downward migrations: a store that is newer than this
release, or a file that changed after it was applied, is an error, never a guess.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from core.errors import StoreError
from core.stores.postgres import Connection, connect

FOLDER = Path(__file__).parent / "migrations"
LOCK_KEY = 0x6172636869746563  # "architec": one migration run at a time in a database
TABLE = """
create schema if not exists system_logs;
create table if not exists system_logs.migrations (
    name text primary key,
    sha256 text not null,
    applied_ms bigint not null
);
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step: file name, text, and the digest of the text."""

    name: str
    text: str
    sha256: str


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return the migrations of `folder` in order."""
    found = []
    for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql")):
        text = path.read_text()
        digest = hashlib.sha256(text.encode()).hexdigest()
        found.append(Migration(path.name, text, digest))
    return found


def migrate(database_url: str, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing; return the names of what was applied.

    Raises StoreError when the store was migrated by another release, or when something
    that is not ours is in the way.
    """
    with connect(database_url) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
        missing = missing_of(connection, read_migrations(folder))
        for migration in missing:
            apply(connection, migration)
    return [migration.name for migration in missing]


def missing_of(connection: Connection, migrations: list[Migration]) -> list[Migration]:
    """Return what is not applied yet, after checking what is."""
    # In a database that is up to date nothing is created, so no right to create is asked.
    if not applied_table(connection):
        with connection.transaction():
            connection.execute(TABLE)
    applied = applied_migrations(connection)
    known = {migration.name: migration.sha256 for migration in migrations}
    for name, sha256 in applied.items():
        if name not in known:
            raise StoreError(
                f"the database was set up by a newer release: it has {name}",
                hint="update the checkout, or use another database: DATABASE_URL",
            )
        if known[name] != sha256:
            raise StoreError(
                f"migration {name} was changed after it was applied",
                hint=f"git checkout -- core/stores/migrations/{name}; put changes in a new one",
            )
    return [migration for migration in migrations if migration.name not in applied]


def applied_table(connection: Connection) -> bool:
    """Whether the table of applied migrations is there."""
    row = connection.execute("select to_regclass('system_logs.migrations')").fetchone()
    return row is not None and row[0] is not None


def applied_migrations(connection: Connection) -> dict[str, str]:
    """Return name and digest of every applied migration; none where there is no table."""
    if not applied_table(connection):
        return {}
    rows = connection.execute("select name, sha256 from system_logs.migrations")
    return {str(name): str(sha256) for name, sha256 in rows}


def apply(connection: Connection, migration: Migration) -> None:
    """Apply one migration and note it, both or neither."""
    try:
        with connection.transaction():
            connection.execute(migration.text.encode())
            connection.execute(
                "insert into system_logs.migrations values (%s, %s, %s)",
                (migration.name, migration.sha256, time.time_ns() // 1_000_000),
            )
    except psycopg.Error as error:
        taken = isinstance(error, psycopg.errors.DuplicateObject) or (
            "already exists" in str(error)
        )
        raise StoreError(
            f"migration {migration.name} failed: {error}",
            hint=(
                "the database holds somebody else's tables: use one of its own"
                if taken
                else None
            ),
        ) from error
