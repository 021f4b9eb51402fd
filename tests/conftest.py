"""What tests of several parts share: one pair of real stores for a whole run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis

from core.stores import embedded
from core.stores.embedded import Stores
from core.stores.migrate import migrate

REDIS_DATABASES = 63  # 0 is the session's own


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run files with slow tests first: what runs side by side should end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def reachable_tmp() -> Iterator[Path]:
    """A folder with a short path that servers of another user can enter too."""
    folder = Path(tempfile.mkdtemp(prefix="architect-test-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stores(reachable_tmp: Path) -> Iterator[Stores]:
    """One embedded pair for the whole run, migrated. Tests that count rows or keys take
    `fresh_stores` instead.
    """
    # A database a test is much to write to disk at the end, and nobody will read it.
    embedded.POSTGRES_SETTINGS["fsync"] = "off"
    with embedded.start(reachable_tmp / "stores") as pair:
        with psycopg.connect(pair.database_url, autocommit=True) as connection:
            connection.execute("create database migrated")
        migrate(with_database(pair.database_url, "migrated"))
        migrate(pair.database_url)
        yield pair


class Making:
    """Makes empty stores on the session's servers: a migrated database of its own and a
    Redis database of its own, shared again after 63 makings.

    A database costs 100 ms and 400 files, so one that is given back is emptied and taken
    again, unless somebody is still connected to it or its tables are not what they were.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores, self._numbers = stores, count(1)
        self._free: list[str] = []
        self._columns: list[str] = []

    def __call__(self, template: str = "migrated") -> Stores:
        number = next(self._numbers)
        name = self._free.pop() if self._free and template == "migrated" else ""
        if not name:
            name = f"test_{number}"
            with psycopg.connect(self._stores.database_url, autocommit=True) as server:
                server.execute(f"create database {name} template {template}".encode())
        redis_number = (number - 1) % REDIS_DATABASES + 1
        redis_url = self._stores.redis_url.replace("db=0", f"db={redis_number}")
        with redis.Redis.from_url(redis_url) as client:
            client.flushdb()
        return Stores(with_database(self._stores.database_url, name), redis_url)

    def give_back(self, made: Stores) -> None:
        """Take back what nobody needs any more."""
        if not self._columns:
            migrated = with_database(self._stores.database_url, "migrated")
            with psycopg.connect(migrated, autocommit=True) as template:
                self._columns = _columns(template)
        with psycopg.connect(made.database_url, autocommit=True) as database:
            others = database.execute(
                "select 1 from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid()"
            ).fetchone()
            if others is None and _columns(database) == self._columns:
                tables = {column.partition(" ")[0] for column in self._columns}
                # What has been migrated stays so.
                names = ", ".join(tables - {"system_logs.migrations"})
                database.execute(f"truncate {names} restart identity".encode())
                self._free.append(urlsplit(made.database_url).path.strip("/"))


def _columns(connection: psycopg.Connection) -> list[str]:
    """Return what the tables of ours are: each column with its table and type."""
    rows = connection.execute(
        "select format('%I.%I %s %s', table_schema, table_name, column_name, data_type)"
        " from information_schema.columns join information_schema.tables"
        " using (table_schema, table_name) where table_type = 'BASE TABLE'"
        " and table_schema in ('trading_data', 'system_logs') order by 1"
    ).fetchall()
    return [text for (text,) in rows]


@pytest.fixture(scope="session")
def make_stores(stores: Stores) -> Making:
    """Return a maker of empty stores on the session's servers."""
    return Making(stores)


@pytest.fixture
def fresh_stores(make_stores: Making) -> Iterator[Stores]:
    """Empty, migrated stores for one test."""
    made = make_stores()
    yield made
    make_stores.give_back(made)


def with_database(database_url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
