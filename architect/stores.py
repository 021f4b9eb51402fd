"""The stores as a command finds them: given by URL, or those of a running system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from architect.config import Config
from core.errors import StoreUnavailable
from core.stores import embedded
from core.stores.embedded import Stores
from core.stores.open import FOLDER, open_stores
from core.stores.places import HOME_NOTE


@dataclass(frozen=True, slots=True)
class StoreUrls:
    """Where the stores of a running system are."""

    database_url: str
    redis_url: str


def running_stores(config: Config) -> StoreUrls:
    """Return the stores in use; StoreUnavailable when the system is not up."""
    found = find_stores(config)
    if found is None:
        raise StoreUnavailable(
            "the stores are not running",
            hint=f"architect up starts them, or {_missing(config)}",
        )
    return found


@contextmanager
def stores_to_read(config: Config) -> Iterator[StoreUrls]:
    """Give the stores in use; where none run, those of the last run for the while.

    StoreUnavailable when there never were any.
    """
    found, folder = find_stores(config), config.project.data / FOLDER
    if found is not None or not (folder / HOME_NOTE).exists():
        yield found or running_stores(config)
        return
    with joined_stores(config) as stores:
        yield StoreUrls(stores.database_url, stores.redis_url)


def joined_stores(config: Config) -> Stores:
    """Return the stores that are given or that run, else embedded ones that end with it."""
    settings = config.settings
    database, redis = settings.database_url, settings.redis_url
    return open_stores(
        config.project.data,
        database.get_secret_value() if database else None,
        redis.get_secret_value() if redis else None,
        join=True,
    )


def _missing(config: Config) -> str:
    """Return what is to be set for stores of one's own: it takes both URLs."""
    settings = config.settings
    if settings.database_url:
        return "set REDIS_URL too, beside DATABASE_URL"
    if settings.redis_url:
        return "set DATABASE_URL too, beside REDIS_URL"
    return "set DATABASE_URL and REDIS_URL"


def find_stores(config: Config) -> StoreUrls | None:
    """Return the stores in use, None when there are none."""
    settings = config.settings
    given_database = settings.database_url and settings.database_url.get_secret_value()
    given_redis = settings.redis_url and settings.redis_url.get_secret_value()
    if given_database and given_redis:
        return StoreUrls(given_database, given_redis)
    found = embedded.find(config.project.data / FOLDER)
    if found is None:
        return None
    return StoreUrls(
        given_database or found.database_url, given_redis or found.redis_url
    )
