"""`architect db purge` at a real terminal: a typed yes empties, anything else does not."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "chat"))

from pty_terminal import CTRL_C, CTRL_D, ENTER, Terminal

from core.stores.embedded import Stores

QUESTION = "Empty all of this? Type yes:"


class Books:
    """A project whose stores hold one equity row."""

    def __init__(self, root: Path, stores: Stores) -> None:
        self.root, self.stores = root, stores
        (root / "specs").mkdir()
        (root / "manifest.yaml").write_text("modules: {}\n")
        with psycopg.connect(stores.database_url, autocommit=True) as connection:
            connection.execute(
                "insert into trading_data.equity values (1, 2, 3, 5, null)"
            )

    def purge(self) -> Terminal:
        urls = {"DATABASE_URL": self.stores.database_url}
        urls["REDIS_URL"] = self.stores.redis_url
        return Terminal("db", "purge", cwd=self.root, settings=urls)

    @property
    def rows(self) -> int:
        with psycopg.connect(self.stores.database_url) as connection:
            (count,) = connection.execute(
                "select count(*) from trading_data.equity"
            ).fetchone() or (0,)
        return int(count)

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
