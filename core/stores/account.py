"""Whose books they are: those of a live account, of a paper account, of one paper run.

What earlier trades were like decides how large the next one is, and a trade without an
end is looked for at the exchange. So simulated trades never stand among real ones, and
a paper account that begins anew begins with empty books. One that outlives its process
has a name, by which it finds its books again; also those that another has put aside. A
live account's name is the exchange's: the keys of another one do not get its books.
"""

from __future__ import annotations

import json
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from core.errors import StoreError
from core.stores import inventory
from core.stores.books_lock import BooksLock
from core.stores.dump import dump_table, restore_table
from core.stores.postgres import Connection, connect

Kind = Literal["paper", "live"]
ACCOUNT = "trading_data.account"
BOOKS = tuple(
    name for name in inventory.TABLES if name.startswith("trading_") and name != ACCOUNT
)
NOTE = "account.json"


@dataclass(frozen=True, slots=True)
class Claim:
    """What became of the books: where those of the paper account before were put, and from
    where this account's own were taken back, each None if there was nothing of it; and
    whether they are empty now. `lock` is what holds them.
    """

    aside: Path | None = None
    back: Path | None = None
    empty: bool = True
    lock: BooksLock | None = field(default=None, compare=False, repr=False)


@contextmanager
def claimed(
    database_url: str, kind: Kind, folder: Path, name: str | None = None
) -> Iterator[Claim]:
    """Hold the books for an account of this kind, for as long as the block runs.

    `name` is that of a live account, or of a paper account that outlives its process; books
    of another on paper are put under `folder`. StoreError when they are of another kind or
    another live account, or held by another.
    """
    with closing(BooksLock(database_url)) as lock:
        with lock.connection.transaction():
            claim = _take(lock.connection, kind, folder, name)
        yield replace(claim, lock=lock)


def check(database_url: str, kind: Kind, name: str | None = None) -> None:
    """Raise StoreError where `claimed` would not give the books to this kind, or to the
    live account of this name.
    """
    with connect(database_url) as connection:
        _check(connection, kind, name)


def _take(connection: Connection, kind: Kind, folder: Path, name: str | None) -> Claim:
    _check(connection, kind, name)
    known, rows = _kind(connection), _rows(connection)
    if known is None:
        connection.execute(
            "insert into trading_data.account (kind, since_ms, name) values (%s, %s, %s)",
            (kind, time.time_ns() // 1_000_000, name),
        )
        return Claim()
    before = _name(connection)
    if known == "live" and before is None:
        # An earlier release claimed them: their account is the first that has a name.
        connection.execute("update trading_data.account set name = %s", (name,))
    if known == "live" or (name is not None and name == before):
        return Claim(empty=not rows)
    aside = _set_aside(connection, folder, before) if rows else None
    connection.execute("update trading_data.account set name = %s", (name,))
    try:
        back = _take_back(connection, folder, name) if name else None
    except StoreError:
        if aside is not None:  # the rows stay where they are
            shutil.rmtree(aside, ignore_errors=True)
        raise
    return Claim(aside, back, empty=back is None)


def _kind(connection: Connection) -> str | None:
    row = connection.execute("select kind from trading_data.account").fetchone()
    return None if row is None else str(row[0])


def _name(connection: Connection) -> str | None:
    row = connection.execute("select name from trading_data.account").fetchone()
    return None if row is None or row[0] is None else str(row[0])


def _rows(connection: Connection) -> int:
    return sum(inventory.count(connection, name) for name in BOOKS)


def _check(connection: Connection, kind: Kind, name: str | None) -> None:
    known = _kind(connection)
    if known == kind == "live":
        _check_account(_name(connection), name)
    if known == kind or (known is None and not _rows(connection)):
        return
    whose = {
        "paper": "the paper exchange's",
        "live": "those of a live account",
    }.get(known or "", "of before, and nobody knows of which account")
    raise StoreError(
        f"the books are {whose}, and {kind} trades do not belong among them",
        hint="architect db purge (it keeps a dump), or another DATABASE_URL",
    )


def _check_account(known: str | None, name: str | None) -> None:
    # Each account's log counts from 1: the rows of one would replace those of another.
    if known is not None and name is not None and known != name:
        raise StoreError(
            f"the books are those of live account {known}, and the keys are of account {name}",
            hint="put the keys of that account back into .env, or architect db purge (it keeps a"
            " dump), or trade this one with a DATABASE_URL of its own",
        )


def _set_aside(connection: Connection, folder: Path, name: str | None) -> Path:
    """Write the books as gzipped CSV, and empty them; all of it or nothing."""
    stamp = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime())
    target = folder / f"paper-{stamp}-{time.time_ns() % 1_000_000_000:09d}"
    made = target.with_suffix(".new")
    made.mkdir(parents=True, mode=0o700)
    try:
        for table in BOOKS:
            dump_table(connection, table, made / f"{table}.csv.gz")
        note = {"account": name, "time_ms": time.time_ns() // 1_000_000}
        (made / NOTE).write_text(json.dumps(note) + "\n")
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    tables = sql.SQL(", ").join(map(inventory.identifier, BOOKS))
    connection.execute(sql.SQL("truncate {}").format(tables))
    return target


def _take_back(connection: Connection, folder: Path, name: str) -> Path | None:
    """Fill the books, which are empty, with those of an account that were put aside last.

    What was put aside before a purge is the past: trades went on after it.
    """
    row = connection.execute("select max(purged_ms) from system_logs.purges").fetchone()
    purged_ms = int(str(row[0])) if row and row[0] else 0
    mine = [(_put_aside_ms(path, name), path) for path in folder.glob("paper-*")]
    last_ms, found = max(mine, default=(0, folder))
    if last_ms <= purged_ms:
        return None
    try:
        for table in BOOKS:
            restore_table(connection, table, found / f"{table}.csv.gz")
    except (OSError, EOFError, zlib.error, psycopg.Error) as error:
        raise StoreError(
            f"the books of {name} in {found} cannot be taken back: {error}",
            hint="move that folder away: the account goes on with empty books",
        ) from None
    return found


def _put_aside_ms(found: Path, name: str) -> int:
    """Return when books were put aside, UTC ms; 0 where they are not an account's."""
    if found.suffix == ".new":
        return 0
    try:
        note = json.loads((found / NOTE).read_text())
        return int(note["time_ms"]) if note["account"] == name else 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0
