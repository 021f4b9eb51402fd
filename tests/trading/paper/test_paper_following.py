"""A paper market that follows a folder to which candles are added while it is traded."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.trading.candles import Candles, load_folder
from core.trading.paper import PaperConfig, PaperExchange, growing
from core.trading.paper.charts import Charts
from core.trading.paper.growing import GrowingFolder
from core.trading.paper.requests import NewOrder
from core.trading.synthetic import synthetic_candles

WARMUP, ALL = 120, 160
XBT = "PF_XBTUSD"
MARKET = synthetic_candles(3, ALL)


def line(candles: Candles, index: int) -> str:
    columns = (
        candles.time_ms, candles.open, candles.high, candles.low, candles.close,
        candles.volume,
    )  # fmt: skip
    return ",".join(str(column[index].item()) for column in columns) + "\n"


def add(folder: Path, start: int, end: int) -> None:
    for symbol, candles in MARKET.items():
        with (folder / f"{symbol}_5m.csv").open("a") as file:
            if start == 0:
                file.write("timestamp,open,high,low,close,volume\n")
            file.writelines(line(candles, index) for index in range(start, end))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add(tmp_path, 0, WARMUP)
    return tmp_path


def following(folder: Path) -> PaperExchange:
    config = PaperConfig(warmup=WARMUP)
    return PaperExchange(load_folder(folder), config, GrowingFolder(folder))


def order(side: str, kind: str, size: str, **more: Decimal | bool) -> NewOrder:
    return NewOrder(XBT, side, kind, Decimal(size), **more)  # type: ignore[arg-type]


def trade(exchange: PaperExchange) -> None:
    """Buy, with a stop below that some of the later candles may reach."""
    exchange.send(order("buy", "mkt", "0.05"))
    price = exchange.market.price[XBT]
    stop = exchange.market.contracts[XBT].price_down(price * Decimal("0.99"))
    exchange.send(order("sell", "stp", "0.05", stop_price=stop, reduce_only=True))


def test_it_ends_with_the_same_account_as_one_that_knew_all(folder: Path) -> None:
    follows = following(folder)
    knows = PaperExchange(MARKET, PaperConfig(warmup=WARMUP))
    for exchange in (follows, knows):
        trade(exchange)
    assert follows.step() == 0
    for start, end in [(120, 121), (121, 130), (130, 160)]:
        add(folder, start, end)
        assert follows.step(1000) == end - start
        assert follows.step(1000) == 0
    assert knows.step(1000) == ALL - WARMUP
    assert follows.now_ms == knows.now_ms
    assert follows.margin() == knows.margin()
    assert [f.price for f in follows.books.fills] == [
        f.price for f in knows.books.fills
    ]
    assert follows.market.day(XBT) == knows.market.day(XBT)


def test_its_charts_show_what_has_closed_since(folder: Path) -> None:
    exchange = following(folder)
    charts = Charts(exchange.market)

    def shown(interval: str) -> int:
        answer = charts.answer(XBT, interval, None, None)
        assert answer is not None
        return int(json.loads(answer)["candles"][-1]["time"])

    before, hour = shown("5m"), shown("1h")
    add(folder, WARMUP, WARMUP + 13)
    assert (shown("5m"), shown("1h")) == (before, hour)
    exchange.step(1000)
    assert shown("5m") == before + 13 * 300_000
    assert shown("1h") == hour + 3_600_000


def test_a_candle_is_played_once_every_symbol_has_it(folder: Path) -> None:
    exchange = following(folder)
    path = folder / f"{XBT}_5m.csv"
    with path.open("a") as file:
        file.write(line(MARKET[XBT], WARMUP))
    assert exchange.step(1000) == 0
    for symbol in set(MARKET) - {XBT}:
        with (folder / f"{symbol}_5m.csv").open("a") as file:
            file.write(line(MARKET[symbol], WARMUP))
    assert exchange.step(1000) == 1


def test_a_half_written_line_is_waited_for_and_one_that_stays_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = following(folder)
    add(folder, WARMUP, WARMUP + 2)
    path = folder / f"{XBT}_5m.csv"
    whole = path.read_text()
    path.write_text(whole[:-25].rpartition(",")[0] + "\n")
    assert exchange.step(1000) == 0
    path.write_text(whole)
    assert exchange.step(1000) == 2
    path.write_text(whole + "what\n")
    assert exchange.step(1000) == 0
    monkeypatch.setattr(growing, "PATIENCE_S", 0.0)
    with pytest.raises(ConfigError, match="what"):
        exchange.step(1000)


def test_other_candles_in_their_place_are_refused(folder: Path) -> None:
    exchange = following(folder)
    for path in folder.iterdir():
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([lines[0], *lines[5:]]))
    with pytest.raises(ConfigError, match="not those of before"):
        exchange.step(1000)
