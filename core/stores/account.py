"""Whose books they are: those of a live account, or of one run on the paper exchange.

What earlier trades were like decides how large the next one is, and a trade without an
end is looked for at the exchange. So simulated trades never stand among real ones, and
a paper account, which begins anew with each run, begins with empty books.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from psycopg import sql

from core.errors import StoreError
from core.stores import inventory
from core.stores.dump import dump_table
from core.stores.postgres import Connection, connect

Kind = Literal["paper", "live"]
ACCOUNT = "trading_data.account"
BOOKS = tuple(
    name for name in inventory.TABLES if name.startswith("trading_") and name != ACCOUNT
)
# Held by who trades with these books.
_LOCK = 0x0A7C_B00C


@contextmanager
def claimed(database_url: str, kind: Kind, folder: Path) -> Iterator[Path | None]:
    """Hold the books for an account of this kind, for as long as the block runs.

    Yields where the books of the paper run before were put under `folder`, None if there
    was nothing of it. StoreError when the books are another's, or held by another.
    """
    with connect(database_url) as connection:
        held = connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,))
        if held.fetchone() != (True,):
            raise StoreError(
                "another system trades with these books",
                hint="end it first, or give this one a DATABASE_URL of its own",
            )
        with connection.transaction():
            aside = _take(connection, kind, folder)
        yield aside


def check(database_url: str, kind: Kind) -> None:
    """Raise StoreError where `claimed` would not give the books to this kind."""
    with connect(database_url) as connection:
        _check(_kind(connection), _rows(connection), kind)


def _take(connection: Connection, kind: Kind, folder: Path) -> Path | None:
    known, rows = _kind(connection), _rows(connection)
    _check(known, rows, kind)
    aside = _set_aside(connection, folder) if known == "paper" and rows else None
    if known is None:
        connection.execute(
            "insert into trading_data.account (kind, since_ms) values (%s, %s)",
            (kind, time.time_ns() // 1_000_000),
        )
    return aside


def _kind(connection: Connection) -> str | None:
    row = connection.execute("select kind from trading_data.account").fetchone()
    return None if row is None else str(row[0])


def _rows(connection: Connection) -> int:
    return sum(inventory.count(connection, name) for name in BOOKS)


def _check(known: str | None, rows: int, kind: Kind) -> None:
    if known == kind or (known is None and not rows):
        return
    whose = {
        "paper": "the paper exchange's",
        "live": "those of a live account",
    }.get(known or "", "of before, and nobody knows of which account")
    raise StoreError(
        f"the books are {whose}, and {kind} trades do not belong among them",
        hint="architect db purge (it keeps a dump), or another DATABASE_URL",
    )


def _set_aside(connection: Connection, folder: Path) -> Path:
    """Write the books as gzipped CSV, and empty them; all of it or nothing."""
    stamp = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime())
    target = folder / f"paper-{stamp}-{time.time_ns() % 1_000_000_000:09d}"
    made = target.with_suffix(".new")
    made.mkdir(parents=True, mode=0o700)
    try:
        for name in BOOKS:
            dump_table(connection, name, made / f"{name}.csv.gz")
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    tables = sql.SQL(", ").join(map(inventory.identifier, BOOKS))
    connection.execute(sql.SQL("truncate {}").format(tables))
    return target
