"""Postgres and Redis: started or joined, migrated, dumped, emptied and restored."""

from core.stores.embedded import Stores, find, start
from core.stores.open import open_stores

__all__ = ["Stores", "find", "open_stores", "start"]
