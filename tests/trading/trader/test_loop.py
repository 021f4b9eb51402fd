"""The trading loop with the shipped modules against the real paper exchange."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from trader_rig import CENT, Rig

from core.trading.trader import worth
from core.trading.trader.__main__ import summary
from core.trading.trader.loop import TradingLoop


def run(rig: Rig, loop: TradingLoop, ticks: int) -> None:
    for _ in range(ticks):
        loop.tick(rig.paper.step())


def run_until(rig: Rig, loop: TradingLoop, done: Any, at_most: int = 300) -> None:
    for _ in range(at_most):
        loop.tick(rig.paper.step())
        if done():
            return
    raise AssertionError(f"not within {at_most} ticks: {rig.kinds()[-5:]}")


@pytest.mark.slow
def test_trades_are_opened_and_closed_and_every_cent_is_accounted_for(rig: Rig) -> None:
    loop = rig.loop(max_hold_ms=3_600_000)
    run(rig, loop, 150)
    loop.books.sync()
    assert "trouble" not in rig.kinds(), rig.told
    assert loop.drifts == 0
    assert loop.closed >= 3
    rig.assert_books_equal(loop)
    equity = rig.rows("equity")
    assert len(equity) == 150
    for row in equity:
        assert abs(row["equity_usd"] - row["exchange_equity_usd"]) < CENT
    closed = [row for row in rig.rows("trades") if row["closed_ms"] is not None]
    assert len(closed) == loop.closed
    assert {row["exit_reason"] for row in closed} <= {"stop", "take", "time", "trail"}
    if not loop.trades:
        total = sum(
            r["realised_usd"] - r["fees_usd"] + r["funding_usd"] for r in closed
        )
        earned = loop.books.balance_usd - loop.books.start_balance_usd
        assert abs(total - earned) < CENT


@pytest.mark.slow
def test_lost_replies_send_no_order_twice(rig: Rig) -> None:
    for call in ("sendorder", "batchorder"):
        rig.paper.fault("reply_lost_after_accept", call, times=None)
    loop = rig.loop(max_hold_ms=900_000)
    run_until(rig, loop, lambda: loop.closed >= 1)
    rows, state = rig.rows("orders"), rig.paper.state()
    names = [row["client_id"] for row in rows]
    assert state["faults"]["reply_lost_after_accept"] >= 2
    # Each order was taken once, and has its row; each entry has one stop beside it.
    assert state["order_count"] == len(rows)
    entries = [name for name in names if name.rpartition("-")[0].endswith("-entry")]
    assert entries
    assert all(f"{name}-stop" in names for name in entries)
    sizes = {row["client_id"]: row["size"] for row in rows}
    filled: dict[str, Decimal] = {}
    for fill in rig.rows("fills"):
        name = fill["client_id"]
        filled[name] = filled.get(name, Decimal(0)) + fill["size"]
    assert filled
    assert all(size <= sizes[name] for name, size in filled.items())
    rig.assert_books_equal(loop)


def test_an_error_in_entries_leaves_exits_running(rig: Rig) -> None:
    loop = rig.loop(max_hold_ms=600_000)
    rig.trade("PF_ETHUSD", "buy", "0.5", "mine-1")
    rig.replace_module("market_scanner", 'raise ValueError("broken")')
    run(rig, loop, 4)
    assert loop.closed == 1
    assert rig.exchange.positions() == []
    parts = {d["part"] for kind, d in rig.told if kind == "trouble"}
    assert parts == {"entries"}


def test_a_module_that_fails_in_a_report_costs_only_its_figures(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = rig.loop()
    run(rig, loop, 3)

    def fail(books: object, marks: object) -> list[Any]:
        raise AttributeError("'decimal.Decimal' object has no attribute 'size'")

    assert summary(loop)["floating_usd"] == "0"
    monkeypatch.setattr(worth, "pnl", fail)
    told = summary(loop)
    assert (told["ticks"], told["floating_usd"], told["net_usd"]) == (3, "NaN", {})


def test_while_entries_are_stopped_exits_go_on(rig: Rig) -> None:
    loop = rig.loop(max_hold_ms=600_000)
    loop.stop_reason = lambda: "rsi has no safe answer"
    rig.replace_module("market_scanner", 'raise ValueError("it was asked")')
    rig.trade("PF_ETHUSD", "buy", "0.5", "mine-1")
    run(rig, loop, 4)
    assert (loop.closed, rig.exchange.positions()) == (1, [])
    assert "trouble" not in rig.kinds()
    assert loop.stopped == "rsi has no safe answer"
    loop.stop_reason = lambda: ""
    run(rig, loop, 1)
    assert loop.stopped == ""
    told = [
        (kind, d) for kind, d in rig.told if kind.startswith(("entries", "trouble"))
    ]
    assert told[:2] == [
        ("entries stopped", {"reason": "rsi has no safe answer"}),
        ("entries go on", {"reason": ""}),
    ]
    assert told[2][1]["error"] == "ValueError: it was asked"


def test_an_error_in_one_exit_leaves_the_others_running(rig: Rig) -> None:
    loop = rig.loop(max_hold_ms=300_000)
    rig.trade("PF_ETHUSD", "buy", "0.5", "mine-1")
    rig.trade("PF_SOLUSD", "sell", "5", "mine-2")
    loop.tick(rig.paper.step())
    assert sorted(loop.trades) == ["PF_ETHUSD", "PF_SOLUSD"]
    loop.trades["PF_ETHUSD"].levels = None
    run(rig, loop, 1)
    assert [p.symbol for p in rig.exchange.positions()] == ["PF_ETHUSD"]


def test_missing_candles_stop_entries_but_no_exit(rig: Rig) -> None:
    loop = rig.loop(max_hold_ms=300_000)
    rig.trade("PF_ETHUSD", "sell", "0.5", "mine-1")
    loop.tick(rig.paper.step())
    before = rig.paper.state()["order_count"]
    rig.gateway.process.poll()
    loop.market._exchange = _WithoutCandles(rig.exchange)
    loop.tick(rig.paper.step())
    assert rig.exchange.positions() == []
    assert rig.paper.state()["order_count"] == before + 1
    assert ("trouble", "candles") in {(k, d.get("part")) for k, d in rig.told}


class _WithoutCandles:
    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange

    def __getattr__(self, name: str) -> Any:
        if name == "candles":
            raise ConnectionError("charts are away")
        return getattr(self._exchange, name)


def test_a_position_turned_round_by_a_person_is_closed_in_the_books_and_adopted(
    rig: Rig,
) -> None:
    loop = rig.loop()
    rig.trade("PF_ETHUSD", "buy", "0.5", "mine-1")
    loop.tick(rig.paper.step())
    rig.trade("PF_ETHUSD", "sell", "0.8", "mine-2")
    run(rig, loop, 2)
    assert loop.trades["PF_ETHUSD"].side == "short"
    (row,) = [r for r in rig.rows("trades") if r["closed_ms"] is not None]
    assert (row["side"], row["exit_reason"]) == ("long", "closed elsewhere")


def test_a_drift_stops_entries_until_it_is_gone(rig: Rig) -> None:
    loop = rig.loop()
    loop.tick(rig.paper.step())
    loop.books.start_balance_usd += Decimal("0.02")
    loop.tick(rig.paper.step())
    assert "0.02" in loop.halted
    loop.books.start_balance_usd -= Decimal("0.02")
    loop.tick(rig.paper.step())
    assert (loop.halted, loop.drifts) == ("", 1)


def test_a_dead_exchange_stops_nothing_but_the_tick(rig: Rig) -> None:
    loop = rig.loop()
    rig.paper.fault("http_503", "*", times=None)
    loop.tick(rig.paper.step())
    assert [d["part"] for k, d in rig.told if k == "trouble"] == ["fetch"]
    rig.paper.ask("DELETE", "fault")
    loop.tick(rig.paper.step())
    assert len(rig.rows("equity")) == 1


def test_a_tick_asks_the_exchange_nothing_twice(rig: Rig) -> None:
    """Of a candle that closes later the gateway would have to ask what time it is."""
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop()
    run(rig, loop, 1)
    before = rig.paper.state()["calls"]
    run(rig, loop, 2)
    after = rig.paper.state()["calls"]
    made = {k: n - before.get(k, 0) for k, n in after.items() if n != before.get(k)}
    candles = {name: n for name, n in made.items() if "PF_" in name or n != 2}
    assert sum(candles.values()) == 3 * 2, made
    assert len(made) - len(candles) == 6, made
