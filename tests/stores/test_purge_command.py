"""`architect db purge` at a real terminal: a typed yes empties, anything else does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "chat"))

from pty_terminal import CTRL_C, CTRL_D, ENTER, Terminal

from core.stores.embedded import Stores

QUESTION = "Empty all of this? Type yes:"


class Books:
    """A project whose stores hold one equity row and one key."""

    def __init__(self, root: Path, stores: Stores) -> None:
        self.root, self.stores = root, stores
        (root / "specs").mkdir()
        (root / "manifest.yaml").write_text("modules: {}\n")
        with psycopg.connect(stores.database_url, autocommit=True) as connection:
            connection.execute(
                "insert into trading_data.equity values (1, 2, 3, 5, null)"
            )
        with redis.Redis.from_url(stores.redis_url) as client:
            client.set("architect:kept", "here")

    def purge(self) -> Terminal:
        return Terminal("db", "purge", cwd=self.root, settings=self.urls)

    def db(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `architect db` where nobody can be asked."""
        return subprocess.run(
            [sys.executable, "-m", "architect", "db", *words],
            cwd=self.root, env={**os.environ, **self.urls}, text=True,
            capture_output=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    @property
    def urls(self) -> dict[str, str]:
        """The settings that name the stores."""
        urls = {"DATABASE_URL": self.stores.database_url}
        return {**urls, "REDIS_URL": self.stores.redis_url}

    @property
    def rows(self) -> int:
        with psycopg.connect(self.stores.database_url) as connection:
            (count,) = connection.execute(
                "select count(*) from trading_data.equity"
            ).fetchone() or (0,)
        return int(count)

    @property
    def key(self) -> bytes | None:
        with redis.Redis.from_url(self.stores.redis_url) as client:
            return client.get("architect:kept")

    @property
    def dumps(self) -> list[Path]:
        return list((self.root / ".architect/dumps").glob("*"))


@pytest.fixture
def books(tmp_path: Path, fresh_stores: Stores) -> Books:
    return Books(tmp_path, fresh_stores)


def test_a_typed_yes_empties_after_a_dump(books: Books) -> None:
    with books.purge() as terminal:
        terminal.until(QUESTION)
        assert "trading_data.equity: 1 rows" in terminal.text
        assert (books.rows, books.dumps) == (1, [])
        terminal.type("yes" + ENTER)
        assert terminal.end() == 0
    assert "emptied; the dump is in" in terminal.text
    assert books.rows == 0
    (dump,) = books.dumps
    assert list(dump.glob("*equity*"))


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("y" + ENTER, 1),
        ("YES" + ENTER, 1),
        (CTRL_D, 1),
        (CTRL_C, 130),
    ],
)
def test_anything_else_is_no(books: Books, keys: str, code: int) -> None:
    with books.purge() as terminal:
        terminal.until(QUESTION)
        terminal.type(keys)
        assert terminal.end() == code
    assert ("nothing was emptied" in terminal.text) == (code == 1)
    assert "error" not in terminal.text
    assert (books.rows, books.dumps) == (1, [])


def test_a_yes_that_was_typed_before_the_question_is_none(books: Books) -> None:
    with books.purge() as terminal:
        terminal.type("yes" + ENTER)
        terminal.until(QUESTION)
        terminal.type("no" + ENTER)
        assert terminal.end() == 1
    assert books.rows == 1


def test_the_dump_of_a_purge_is_brought_back(books: Books) -> None:
    assert books.db("purge", "--yes").returncode == 0
    (dump,) = books.dumps
    assert books.rows == 0
    done = books.db("restore", str(dump))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"1 row and all keys of {dump} are back\n"
    assert (books.rows, books.key) == (1, b"here")
    again = books.db("restore", str(dump))
    assert (again.returncode, "not empty" in again.stderr) == (1, True)
    # The stores are in use: a start leaves them as they are.
    assert books.db("init").returncode == 0
    assert books.rows == 1


@pytest.mark.parametrize("part", ["trading_data.equity.csv.gz", "redis.jsonl.gz"])
@pytest.mark.parametrize("how", ["cut", "no gzip", "gone", "empty"])
def test_a_damaged_dump_brings_nothing_back(books: Books, part: str, how: str) -> None:
    assert books.db("purge", "--yes").returncode == 0
    (dump,) = books.dumps
    file = dump / part
    data = file.read_bytes()
    file.unlink()
    if how != "gone":
        made = {"cut": data[: len(data) // 2], "no gzip": b"no", "empty": b""}
        file.write_bytes(made[how])
    done = books.db("restore", str(dump))
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: the dump in {dump} ")
    assert "hint: " in done.stderr
    assert (books.rows, books.key) == (0, None)


@pytest.mark.parametrize("words", [("restore",), ("init", "x"), ("purge", "x")])
def test_a_dump_is_named_with_restore_alone(
    books: Books, words: tuple[str, ...]
) -> None:
    done = books.db(*words)
    assert (done.returncode, "hint: architect db restore" in done.stderr) == (2, True)
    assert books.rows == 1
