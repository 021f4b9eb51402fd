"""What of a system's lines becomes news, and that each day is summed up once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from listener import Listener

from architect.system.news import CAUGHT_UP_DAYS, DAY_MS, News, summary
from architect.system.told import Told
from core.stores.embedded import Stores

DAY = 20_000
TICK = {"kind": "tick"}


def books(url: str, *times_ms: int, usd: int = 10_000) -> None:
    """Write equity rows, as ticks do; times count from the first day."""
    with psycopg.connect(url, autocommit=True) as connection:
        for ms in times_ms:
            connection.execute(
                "insert into trading_data.equity values (%s, 0, 0, 0, %s)",
                (DAY * DAY_MS + ms, usd),
            )


def claim(url: str, kind: str = "live", name: str | None = None) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into trading_data.account (kind, since_ms, name) values (%s, 7, %s)",
            (kind, name),
        )


class Systems:
    """One system after another on the same books, with the same person."""

    def __init__(self, url: str, file: Path) -> None:
        self.url, self.file, self.person = url, file, Listener()

    def start(self) -> News:
        news = News(self.person, Told(self.file), self.url)
        news.look()
        return news

    def days(self) -> list[str]:
        """Return which days were told, and forget them."""
        heard, self.person.heard = self.person.heard, []
        return [text[:10] for kind, text in heard if kind == "day"]


@pytest.fixture
def systems(fresh_stores: Stores, tmp_path: Path) -> Systems:
    return Systems(fresh_stores.database_url, tmp_path / "told.json")


def test_the_lines_of_a_system_become_news(systems: Systems) -> None:
    url, news = systems.url, systems.start()
    lines: list[tuple[str, dict[str, Any]]] = [
        ("gateway", {"kind": "silence", "reason": "no beat for 60 s"}),
        ("trader", {"kind": "silence", "reason": "not the gateway's"}),
        ("wick1", {"kind": "incident", "incident": 3, "module": "rsi", "state": "x"}),
        ("trader", {"kind": "transfer", "usd": "-12.5", "what": "withdrawal"}),
        ("trader", {"kind": "stuck", "part": "fetch", "error": "no", "ticks": 3}),
        ("trader", {"kind": "unstuck", "part": "fetch"}),
    ]
    for name, line in lines:
        news.line(name, line)
    for ms, usd in ((1, 10_000), (2, 10_050), (DAY_MS + 1, 10_010)):
        books(url, ms, usd=usd)
        if ms == 2:
            news.line("trader", TICK)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into trading_data.trades (trade_id, symbol, side, size, entry_price,"
            " opened_ms, closed_ms, realised_usd, fees_usd, funding_usd)"
            " values ('a', 'X', 'long', 1, 1, 1, %s, 60, 8, -2)",
            (DAY * DAY_MS + 5,),
        )
    news.line("trader", TICK)
    news.line("trader", TICK)
    assert systems.person.heard == [
        ("silence", "silence: no beat for 60 s"),
        ("incident", "incident 3 of rsi: x"),
        (
            "transfer",
            "12.50 USD were taken out of the account (withdrawal); the books know of it",
        ),
        ("trouble", "fetch has failed at 3 candles in a row, and is tried on: no"),
        ("trouble", "fetch works again"),
        (
            "day",
            "2024-10-04: equity 10050.00 USD (+50.00), 1 trade closed for 50.00 USD net",
        ),
    ]
    assert summary(url, DAY + 5)["equity_usd"] == "unknown"


def test_a_first_day_that_is_over_before_anybody_looks_is_told(
    systems: Systems,
) -> None:
    claim(systems.url)
    news = systems.start()
    books(systems.url, 1, DAY_MS + 1)
    news.look()
    news.look()
    assert systems.days() == ["2024-10-04"]


def test_live_books_go_on_with_their_days_once_they_know_the_account(
    systems: Systems,
) -> None:
    claim(systems.url, name="a-uid")
    books(systems.url, 1, DAY_MS + 1)
    Told(systems.file).note_day("live 7", DAY - 1)
    systems.start()
    assert systems.days() == ["2024-10-04"]


def test_a_store_that_was_away_at_the_start_is_gone_on_with_later(
    systems: Systems,
) -> None:
    claim(systems.url)
    books(systems.url, 1, DAY_MS + 1)
    Told(systems.file).note_day("live 7", DAY - 1)
    news = News(systems.person, Told(systems.file), "postgresql://127.0.0.1:1/x")
    news.look()
    assert systems.days() == []
    news.database_url = systems.url
    news.look()
    assert systems.days() == ["2024-10-04"]


def test_a_day_over_whose_midnight_it_was_restarted_is_told_once(
    systems: Systems,
) -> None:
    """The first time: nobody has told anything yet."""
    claim(systems.url)
    books(systems.url, 1, 2)
    news = systems.start()
    assert systems.days() == []
    books(systems.url, DAY_MS + 1)
    news.line("trader", TICK)
    assert systems.days() == ["2024-10-04"]
    news.line("trader", TICK)
    systems.start().line("trader", TICK)
    assert systems.days() == []


@pytest.mark.parametrize("name", ["paper-1", None])
def test_a_day_that_was_over_but_not_told_is_told_at_the_next_start(
    systems: Systems, name: str | None
) -> None:
    """The row of a new day was written, and the system ended before it was looked at."""
    claim(systems.url, "paper" if name else "live", name)
    books(systems.url, 1, DAY_MS + 1)
    Told(systems.file).note_day(name or "live 7", DAY - 1)
    news = systems.start()
    assert systems.days() == ["2024-10-04"]
    books(systems.url, 4 * DAY_MS)
    news.line("trader", TICK)
    assert systems.days() == ["2024-10-05"], "days without trading are none"


def test_a_day_that_did_not_arrive_is_told_again_by_the_next_system(
    systems: Systems,
) -> None:
    claim(systems.url)
    books(systems.url, 1)
    Told(systems.file).note_day("live 7", DAY - 1)
    news, systems.person.reached = systems.start(), False
    books(systems.url, DAY_MS + 1)
    news.line("trader", TICK)
    news.line("trader", TICK)
    assert systems.days() == ["2024-10-04"]
    systems.person.reached = True
    systems.start()
    systems.start()
    assert systems.days() == ["2024-10-04"]


def test_after_long_silence_only_the_last_days_are_told(systems: Systems) -> None:
    claim(systems.url)
    books(systems.url, *(day * DAY_MS for day in range(30)))
    Told(systems.file).note_day("live 7", DAY)
    systems.start()
    assert len(systems.days()) == CAUGHT_UP_DAYS


def test_another_account_does_not_inherit_what_was_told(systems: Systems) -> None:
    """A paper run begins anew at its first candle, which may be years ago."""
    claim(systems.url, "paper")
    Told(systems.file).note_day("live 7", DAY + 900)
    news = systems.start()
    for ms in (1, DAY_MS, 2 * DAY_MS):
        books(systems.url, ms)
        news.line("trader", TICK)
    assert systems.days() == ["2024-10-04", "2024-10-05"]
