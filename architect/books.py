"""Rows of the trading books, for commands that show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from architect import config
from architect.stores import running_stores
from core.errors import StoreUnavailable
from core.stores.postgres import connect

TRADES = """
select trade_id, symbol, side, size, entry_price, exit_price, opened_ms, closed_ms,
    realised_usd - fees_usd + funding_usd as net_usd, exit_reason
from trading_data.trades order by closed_ms desc nulls first, opened_ms desc limit %s
"""


def rows(
    root: Path | None, query: str, values: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """Return the rows of a query on the running stores; StoreUnavailable if they are not."""
    return rows_at(running_stores(config.load(root)).database_url, query, values)


def rows_at(url: str, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Return the rows of a query on the database at `url`; StoreUnavailable if it is not."""
    import psycopg
    from psycopg.rows import dict_row

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


def trade_line(row: dict[str, Any]) -> str:
    """Return one trade in a line: when, what, how it ended and what it brought."""
    opened = datetime.fromtimestamp(row["opened_ms"] / 1000, UTC)
    end = "open" if row["closed_ms"] is None else _bare(row["exit_price"])
    return (
        f"{opened:%Y-%m-%d %H:%M}  {row['symbol']:12} {row['side']:5} {_bare(row['size'])}"
        f" at {_bare(row['entry_price'])} -> {end}  {row['net_usd']:+.2f} USD"
        f"  {row['exit_reason'] or ''}"
    ).rstrip()


def _bare(number: Decimal) -> str:
    """Return a number without the zeros that only the column's scale makes."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
