"""Rows of the trading books, for commands that show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from architect import config
from architect.stores import running_stores
from core.errors import StoreUnavailable
from core.stores.postgres import connect


def rows(
    root: Path | None, query: str, values: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """Return the rows of a query on the running stores; StoreUnavailable if they are not."""
    import psycopg
    from psycopg.rows import dict_row

    url = running_stores(config.load(root)).database_url
    try:
        with (
            connect(url, timeout_s=5) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            return list(cursor.execute(query.encode(), values).fetchall())
    except psycopg.Error as error:
        raise StoreUnavailable(
            f"the books cannot be read: {error}", hint="architect db init"
        ) from None
