"""Postgres and Redis: started or joined, migrated, dumped, emptied and restored."""
