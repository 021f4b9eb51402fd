"""Rows of the trading books, for commands that show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from architect import config
from architect.stores import stores_to_read
from core.errors import StoreUnavailable
from core.stores.postgres import connect

if TYPE_CHECKING:
    import psycopg

    Cursor = psycopg.Cursor[dict[str, Any]]

_Answer = TypeVar("_Answer")
TRADES = """
select trade_id, symbol, side, size, entry_price, exit_price, opened_ms, closed_ms,
    realised_usd - fees_usd + funding_usd as net_usd, exit_reason
from trading_data.trades order by closed_ms desc nulls first, opened_ms desc limit %s
"""


def rows(
    root: Path | None, query: str, values: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """Return the rows of a query on the books, those of the last run where none runs;
    StoreUnavailable if there are none."""
    with stores_to_read(config.load(root)) as stores:
        return rows_at(stores.database_url, query, values)


def rows_at(url: str, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Return the rows of a query on the database at `url`; StoreUnavailable if it is not."""
    return queried(
        url, lambda cursor: list(cursor.execute(query.encode(), values).fetchall())
    )


def queried(url: str, ask: Callable[[Cursor], _Answer]) -> _Answer:
    """Return what `ask` reads with a cursor; StoreUnavailable if that cannot be read."""
    import psycopg
    from psycopg.rows import dict_row

    try:
        with (
            connect(url, timeout_s=5) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            return ask(cursor)
    except psycopg.Error as error:
        why = str(error).partition("\n")[0]
        raise StoreUnavailable(
            f"the books cannot be read: {why}", hint="architect db init"
        ) from None


def trade_line(row: dict[str, Any]) -> str:
    """Return one trade in a line: when, what, how it ended and what it brought."""
    opened = datetime.fromtimestamp(row["opened_ms"] / 1000, UTC)
    if row["closed_ms"] is None:
        end, why = "open", "so far, without what floats"
    else:
        end, why = _bare(row["exit_price"]), row["exit_reason"] or ""
    return (
        f"{opened:%Y-%m-%d %H:%M}  {row['symbol']:12} {row['side']:5} {_bare(row['size'])}"
        f" at {_bare(row['entry_price'])} -> {end}  {row['net_usd']:+.2f} USD"
        f"  {why}"
    ).rstrip()


def _bare(number: Decimal) -> str:
    """Return a number without the zeros that only the column's scale makes."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
