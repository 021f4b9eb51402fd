"""The Store port in memory: the books of one backtest."""

from __future__ import annotations

from typing import Any

from core.errors import StoreError
from core.trading.store import TABLES


class MemoryStore:
    """Rows by table and key, as the tables in Postgres hold them."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[Any, dict[str, Any]]] = {t: {} for t in TABLES}

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Write one row; a row with the same key is replaced."""
        self._tables[_known(table)][row[TABLES[table][0]]] = row

    def rows(self, table: str, since_ms: int) -> list[dict[str, Any]]:
        """Return rows at or after since_ms, oldest first."""
        time_column = TABLES[_known(table)][1]
        found = self._tables[table].values()
        later = [row for row in found if row[time_column] >= since_ms]
        return sorted(later, key=lambda row: int(row[time_column]))


def _known(table: str) -> str:
    if table not in TABLES:
        raise StoreError(
            f"there is no table {table!r}", hint=f"tables: {', '.join(TABLES)}"
        )
    return table
