"""What tests of several parts share: one pair of real stores for a whole run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="session")
def make_stores(stores: Stores) -> Callable[[], Stores]:
    """Return a maker of empty stores on the session's servers: a migrated database of
    its own (30 ms) and a Redis database of its own, shared again after 63 makings.
    """
    numbers = count(1)

    def make(template: str = "migrated") -> Stores:
        number = next(numbers)
        name = f"test_{number}"
        with psycopg.connect(stores.database_url, autocommit=True) as connection:
            connection.execute(f"create database {name} template {template}".encode())
        redis_number = (number - 1) % REDIS_DATABASES + 1
        redis_url = stores.redis_url.replace("db=0", f"db={redis_number}")
        with redis.Redis.from_url(redis_url) as client:
            client.flushdb()
        return Stores(with_database(stores.database_url, name), redis_url)

    return make


@pytest.fixture
def fresh_stores(make_stores: Callable[[], Stores]) -> Stores:
    """Empty, migrated stores for one test."""
    return make_stores()


def with_database(database_url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
