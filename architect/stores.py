"""The stores as a command finds them: given by URL, or those of a running system."""

from __future__ import annotations

from dataclasses import dataclass

from architect.config import Config
from core.errors import StoreUnavailable
from core.stores import embedded
from core.stores.open import FOLDER


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
            hint="architect up starts them, or set DATABASE_URL",
        )
    return found


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
