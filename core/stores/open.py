"""The stores of a project: existing ones by their URLs, or embedded ones of its own."""

from __future__ import annotations

from pathlib import Path

from core.stores import embedded
from core.stores.embedded import Stores

FOLDER = "stores"


def open_stores(
    project_data: Path,
    database_url: str | None = None,
    redis_url: str | None = None,
    *,
    join: bool = False,
) -> Stores:
    """Return stores to use as a context manager; those that we started end with it.

    A URL that is given replaces the embedded server of its kind. With `join`, servers
    that another process of this project runs are used where there are some.

    Raises Busy when another process owns the embedded ones and `join` is false, and
    StoreUnavailable when one cannot be started or reached.
    """
    if database_url and redis_url:
        return checked(Stores(database_url, redis_url))
    data_dir = project_data / FOLDER
    stores = (embedded.find(data_dir) if join else None) or embedded.start(data_dir)
    stores.database_url = database_url or stores.database_url
    stores.redis_url = redis_url or stores.redis_url
    if not database_url and not redis_url:
        return stores
    try:
        return checked(stores)
    except BaseException:
        stores.stop()
        raise


def checked(stores: Stores) -> Stores:
    """Return `stores` after both have answered."""
    from core.stores.inventory import connect_redis
    from core.stores.postgres import connect

    connect(stores.database_url).close()
    connect_redis(stores.redis_url).close()
    return stores
