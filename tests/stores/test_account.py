"""Paper trades and real ones never stand in the same books."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from core.errors import StoreError
from core.stores.account import BOOKS, Claim, check, claimed
from core.stores.embedded import Stores
from core.stores.inventory import count
from core.stores.postgres import connect
from core.stores.purge import purge


@pytest.fixture
def url(fresh_stores: Stores) -> str:
    return fresh_stores.database_url


def trade(url: str, trade_id: str = "t") -> None:
    with connect(url) as connection:
        connection.execute(
            "insert into trading_data.trades (trade_id, symbol, side, size, entry_price,"
            " opened_ms) values (%s, 'PF_XBTUSD', 'long', 1, 2, 3)",
            (trade_id,),
        )


def rows(url: str) -> int:
    with connect(url) as connection:
        return sum(count(connection, name) for name in BOOKS)


def test_a_paper_run_begins_with_empty_books_and_keeps_those_of_before(
    url: str, tmp_path: Path
) -> None:
    with claimed(url, "paper", tmp_path) as claim:
        assert claim == Claim()
        trade(url)
    with claimed(url, "paper", tmp_path) as claim:
        assert claim.aside is not None
        assert claim.back is None
        assert rows(url) == 0
    with gzip.open(claim.aside / "trading_data.trades.csv.gz", "rt") as file:
        assert "t,PF_XBTUSD,long,1,2" in file.read()
    with claimed(url, "paper", tmp_path) as claim:
        assert claim == Claim()


def test_a_paper_account_with_a_name_goes_on_with_its_books(
    url: str, tmp_path: Path
) -> None:
    for _ in range(2):
        with claimed(url, "paper", tmp_path, "one") as claim:
            assert claim == Claim(empty=not rows(url))
            if not rows(url):
                trade(url)
    assert rows(url) == 1
    with claimed(url, "paper", tmp_path, "two") as claim:
        assert claim.aside is not None
        assert rows(url) == 0
        trade(url)
        trade(url, "t2")
    # A run without a name knows no books of before.
    with claimed(url, "paper", tmp_path) as claim:
        assert (claim.aside is not None, claim.back) == (True, None)
        assert rows(url) == 0
        trade(url, "t3")
    for name, trades in [("one", 1), ("two", 2), ("one", 1), ("one", 1)]:
        with claimed(url, "paper", tmp_path, name):
            assert rows(url) == trades
    with claimed(url, "paper", tmp_path, "three") as claim:
        assert (claim.back, rows(url)) == (None, 0)


@pytest.mark.parametrize("between", [None, "two"])
def test_books_of_before_a_purge_do_not_come_back(
    fresh_stores: Stores, tmp_path: Path, between: str | None
) -> None:
    url = fresh_stores.database_url
    with claimed(url, "paper", tmp_path, "one"):
        trade(url)
    with claimed(url, "paper", tmp_path):
        pass
    purge(url, fresh_stores.redis_url, tmp_path / "dumps", lambda found: True)
    if between is not None:
        with claimed(url, "paper", tmp_path, between):
            trade(url)
    with claimed(url, "paper", tmp_path, "one") as claim:
        assert (claim.back, claim.empty, rows(url)) == (None, True, 0)


def test_books_that_cannot_be_taken_back_are_told_and_kept(
    url: str, tmp_path: Path
) -> None:
    with claimed(url, "paper", tmp_path, "one"):
        trade(url)
    with claimed(url, "paper", tmp_path, "two") as claim:
        trade(url, "mine")
    assert claim.aside is not None
    (claim.aside / "trading_data.trades.csv.gz").write_bytes(b"no gzip")
    with (
        pytest.raises(StoreError, match="cannot be taken back") as caught,
        claimed(url, "paper", tmp_path, "one"),
    ):
        raise AssertionError
    assert "move that folder away" in str(caught.value.hint)
    assert [*tmp_path.iterdir()] == [claim.aside]
    with claimed(url, "paper", tmp_path, "two") as claim:
        assert (claim, rows(url)) == (Claim(empty=False), 1)


def test_a_live_account_goes_on_with_its_books(url: str, tmp_path: Path) -> None:
    for _ in range(2):
        with claimed(url, "live", tmp_path) as claim:
            assert claim == Claim(empty=not rows(url))
        if not rows(url):
            trade(url)
    assert rows(url) == 1
    with (
        pytest.raises(StoreError, match="those of a live account"),
        claimed(url, "paper", tmp_path),
    ):
        raise AssertionError
    assert rows(url) == 1


def test_live_books_are_of_the_first_account_that_has_a_name(
    url: str, tmp_path: Path
) -> None:
    with claimed(url, "live", tmp_path):
        trade(url)
    check(url, "live", "one")
    for _ in range(2):
        with claimed(url, "live", tmp_path, "one") as claim:
            assert claim == Claim(empty=False)
    with pytest.raises(StoreError, match=r"live account one, .* of account two") as why:
        check(url, "live", "two")
    assert "keys of that account back" in str(why.value.hint)
    with (
        pytest.raises(StoreError, match="live account one"),
        claimed(url, "live", tmp_path, "two"),
    ):
        raise AssertionError
    check(url, "live")
    check(url, "live", "one")
    assert rows(url) == 1


def test_new_live_books_are_of_the_account_that_claims_them(
    url: str, tmp_path: Path
) -> None:
    with claimed(url, "live", tmp_path, "one"):
        pass
    with pytest.raises(StoreError, match="live account one"):
        check(url, "live", "two")


def test_live_is_refused_the_books_of_the_paper_exchange(
    url: str, tmp_path: Path
) -> None:
    with claimed(url, "paper", tmp_path):
        pass
    with pytest.raises(StoreError, match="the paper exchange's") as caught:
        check(url, "live")
    assert "architect db purge" in str(caught.value.hint)
    with (
        pytest.raises(StoreError, match="the paper exchange's"),
        claimed(url, "live", tmp_path),
    ):
        raise AssertionError


@pytest.mark.parametrize("kind", ["paper", "live"])
def test_books_of_which_nobody_knows_are_touched_by_none(
    url: str, tmp_path: Path, kind: str
) -> None:
    trade(url)
    with pytest.raises(StoreError, match="nobody knows"):
        check(url, kind)  # type: ignore[arg-type]
    assert rows(url) == 1


def test_looking_claims_nothing(url: str, tmp_path: Path) -> None:
    check(url, "live")
    with claimed(url, "paper", tmp_path):
        pass


def test_two_systems_do_not_trade_with_the_same_books(url: str, tmp_path: Path) -> None:
    with claimed(url, "paper", tmp_path):
        trade(url)
        with (
            pytest.raises(StoreError, match="another system trades"),
            claimed(url, "paper", tmp_path),
        ):
            raise AssertionError
        assert rows(url) == 1
    with claimed(url, "paper", tmp_path):
        pass


def test_a_folder_that_cannot_be_written_leaves_the_books(
    url: str, tmp_path: Path
) -> None:
    with claimed(url, "paper", tmp_path):
        trade(url)
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(NotADirectoryError),
        claimed(url, "paper", tmp_path / "file"),
    ):
        raise AssertionError
    assert rows(url) == 1
