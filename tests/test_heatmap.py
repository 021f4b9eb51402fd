"""`architect heatmap`: how trades went by hour of the day, from a real store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from architect import command_line
from architect.hours import z_of
from core.stores.embedded import Stores
from core.stores.postgres import connect

ROOT = Path(__file__).resolve().parents[1]
HOUR_MS = 3_600_000


def run(*words: str) -> int:
    return command_line.main(["heatmap", "--root", str(ROOT), *words])


@pytest.fixture
def books(fresh_stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Stores:
    monkeypatch.setenv("DATABASE_URL", fresh_stores.database_url)
    monkeypatch.setenv("REDIS_URL", fresh_stores.redis_url)
    return fresh_stores


def trade(stores: Stores, name: str, opened: int, closed: int | None, net: str) -> None:
    """Write a trade that was opened and closed in these hours since 1970."""
    ended = None if closed is None else closed * HOUR_MS
    with connect(stores.database_url) as connection:
        connection.execute(
            "insert into trading_data.trades (trade_id, symbol, side, size, entry_price,"
            " opened_ms, closed_ms, realised_usd) values"
            " (%s, 'PF_XBTUSD', 'long', 1, 100, %s, %s, %s)",
            (name, opened * HOUR_MS, ended, net),
        )


def test_nothing_closed_is_said_and_no_data(
    books: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    trade(books, "open", 1, None, "7")
    assert run() == 0
    out, told = capsys.readouterr()
    assert (out, told) == ("", "no trade has closed yet\n")
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_hours_are_shown_with_their_intervals(
    books: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(4):
        trade(books, f"w{n}", 2, 24 * n + 3, "10.5" if n < 3 else "-4")
    trade(books, "night", 23, 23, "-2.25")
    assert run() == 0
    assert capsys.readouterr().out == (
        "hour  trades  wins  win rate    95% interval       net USD\n"
        "03         4     3       75%      30% to 95%         27.50\n"
        "23         1     0        0%       0% to 79%         -2.25\n"
        "all        5     3       60%                         25.25\n"
    )
    assert run("--json", "--by", "opened", "--confidence", "0.5") == 0
    first, last = json.loads(capsys.readouterr().out)
    assert (first["hour"], first["trades"], first["net_usd"]) == (2, 4, "27.5")
    assert (last["hour"], last["win_low"]) == (23, 0.0)
    # One loss, z^2 / (1 + z^2) by hand for the upper end.
    z = 0.6744897501960817
    assert last["win_high"] == pytest.approx(z * z / (1 + z * z))


def test_it_is_drawn_on_request(
    books: Stores, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trade(books, "a", 0, 0, "1")
    picture = tmp_path / "deep" / "hours.png"
    assert run("--plot", str(picture)) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert f"wrote {picture}" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--confidence", "1"), ("--by", "moon")])
def test_a_wrong_option_is_a_wrong_call(words: tuple[str, ...]) -> None:
    assert run(*words) == 2


def test_the_quantile_of_95_percent_is_that_of_the_tables() -> None:
    assert z_of(0.95) == pytest.approx(1.959963984540054)


@pytest.mark.parametrize("text", ["abc", "0", "1", "nan"])
def test_a_confidence_that_is_none_is_refused(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--confidence", text) == 2
    assert capsys.readouterr().err == (
        f"error: argument --confidence: {text!r} is not between 0 and 1\n"
        "hint: architect heatmap --help\n"
    )


def test_a_picture_of_no_known_kind_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--plot", "hours.foo") == 2
    assert "'hours.foo' does not end in .png, .svg or .pdf" in capsys.readouterr().err
