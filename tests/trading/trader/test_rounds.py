"""What came and went while no process was there to tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from test_execution import run
from test_trade_sums import told, true
from trader_rig import CENT, Rig

from core.trading.trader.rounds import rounds

ETH, SOL = "PF_ETHUSD", "PF_SOLUSD"


@pytest.fixture
def dead(rig: Rig) -> Any:
    """A loop that has traded a candle and does not get to write what it enters."""
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop()
    loop.tick(rig.paper.step())
    return loop


def stopped_out(rig: Rig) -> Any:
    """Let the position go as by its stop, a candle later."""
    return rig.trade(ETH, "sell", "0.5", f"pf-ethusd-{rig.paper.step()}-stop-7")


def test_an_entry_that_was_stopped_out_while_nobody_was_there_is_a_trade(
    rig: Rig, dead: Any
) -> None:
    (entered,) = run(dead, "0.5", rig.paper.state()["time_ms"])
    left = stopped_out(rig)
    loop = rig.loop()
    assert loop.trades == {}
    (row,) = rig.rows("trades")
    assert (row["exit_reason"], row["side"]) == ("stop", "long")
    assert row["size"] == Decimal("0.5")
    assert row["entry_price"] == entered.average_price
    assert row["exit_price"] == left.average_price
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))
    for _ in range(2):
        rig.loop().tick(rig.paper.step())
    assert len(rig.rows("trades")) == 1
    assert "trouble" not in rig.kinds()


def test_so_it_is_when_its_fills_are_shown_only_after_the_start(
    rig: Rig, dead: Any
) -> None:
    run(dead, "0.5", rig.paper.state()["time_ms"])
    stopped_out(rig)
    rig.paper.fault("late_fills", "fills", times=None, candles=2)
    loop = rig.loop()
    assert rig.rows("trades") == []
    for _ in range(4):
        loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "stop"
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))


def test_so_it_is_when_the_account_log_tells_what_it_cost_only_after_the_start(
    rig: Rig, dead: Any
) -> None:
    """It was sold in the moment of the start, and of that moment the log tells nothing yet."""
    run(dead, "0.5", rig.paper.state()["time_ms"])
    stopped_out(rig)
    rig.paper.fault("late_log", "account-log", times=99)
    loop = rig.loop()
    assert rig.rows("trades") == []
    assert "does not tell yet" in loop.halted
    rig.paper.ask("DELETE", "fault")
    for _ in range(2):
        loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "stop"
    assert loop.halted == ""
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))


def test_one_that_was_taken_back_before_a_kill_is_told_by_the_next(
    rig: Rig, dead: Any
) -> None:
    rig.paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    run(dead, "0.5", rig.paper.state()["time_ms"])
    rig.loop()
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "closed while away"
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))


def test_each_of_several_is_one(rig: Rig, dead: Any) -> None:
    for _ in range(2):
        run(dead, "0.5", rig.paper.step())
        stopped_out(rig)
    rig.paper.step()
    rig.loop()
    assert [row["exit_reason"] for row in rig.rows("trades")] == ["stop", "stop"]
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))


def test_what_is_told_is_not_told_again(rig: Rig, dead: Any) -> None:
    """By its row, by that of an adopted one, and by one whose first slice was taken back."""
    run(dead, "0.5", rig.paper.state()["time_ms"])
    loop = rig.loop()
    (adopted,) = loop.trades.values()
    stopped_out(rig)
    rig.loop()
    (row,) = rig.rows("trades")
    assert row["trade_id"] == adopted.trade_id
    rig.loop().tick(rig.paper.step())
    assert len(rig.rows("trades")) == 1


def test_the_trips_of_others_and_of_before_the_books_are_not_told(rig: Rig) -> None:
    rig.replace_module("market_scanner", "return []")
    rig.trade(ETH, "buy", "0.5", "pf-ethusd-1700000000000-entry-0")
    rig.trade(ETH, "sell", "0.5", "pf-ethusd-1700000000000-entry-0-stop")
    loop = rig.loop()
    assert rig.rows("trades") == []
    rig.paper.step()
    loop.tick(rig.paper.step())
    rig.trade(ETH, "buy", "0.5", "mine-1")
    rig.trade(ETH, "sell", "0.5", "mine-2")
    rig.trade(SOL, "buy", "5", "pf-solusd-1700000000000-entry-0")
    rig.trade(SOL, "sell", "3", "pf-solusd-1700000000000-entry-0-stop")
    rig.paper.step()
    (trade,) = rig.loop().trades.values()
    assert [row["trade_id"] for row in rig.rows("trades")] == [trade.trade_id]


def fills(*words: str) -> list[Any]:
    """Return fills from words like "E+2": symbol, side and size."""
    return [
        SimpleNamespace(
            symbol=word[0],
            side="buy" if word[1] == "+" else "sell",
            size=Decimal(word[2:]),
            word=word,
        )
        for word in words
    ]


@pytest.mark.parametrize(
    ("given", "sizes", "found"),
    [
        (["E+2", "E-2"], {}, [["E+2", "E-2"]]),
        (["E+2", "S-1", "E-2"], {"S": -1}, [["E+2", "E-2"]]),
        (["E+2", "S-1", "E-2", "S+1"], {}, [["E+2", "E-2"], ["S-1", "S+1"]]),
        (["E+1", "E+1", "E-2", "E-3"], {"E": -3}, [["E+1", "E+1", "E-2"]]),
        (["E-2", "E+2", "E-2"], {}, [["E+2", "E-2"]]),
        (["E+2"], {"E": 2}, []),
        (["E+2", "E-3", "E+1"], {}, []),
        (["E+2", "E-2", "E+1", "E-2", "E+1"], {}, [["E+2", "E-2"]]),
        ([], {"E": 2}, []),
    ],
)
def test_a_round_trip_is_what_lies_between_flat_and_flat(
    given: Sequence[str], sizes: dict[str, int], found: list[list[str]]
) -> None:
    at = {symbol: Decimal(size) for symbol, size in sizes.items()}
    got = rounds(fills(*given), at)
    assert [[fill.word for fill in one] for one in got] == found
