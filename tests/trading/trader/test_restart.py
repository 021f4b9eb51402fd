"""What a new process makes of what the one before it left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from running_gateway import environment
from trader_rig import CENT, ROOT, Rig

from core.errors import StoreUnavailable
from core.trading.trader.leftovers import left_open
from core.trading.trader.plans import Plans

ETH, SOL = "PF_ETHUSD", "PF_SOLUSD"


def opened(rig: Rig, symbol: str, side: str, size: str, name: str) -> Any:
    """Return a loop that holds one adopted trade, and keep it from entering more."""
    loop = rig.loop()
    rig.replace_module("market_scanner", "return []")
    rig.trade(symbol, side, size, name)
    for _ in range(3):
        loop.tick(rig.paper.step())
    assert list(loop.trades) == [symbol]
    return loop


def ledger_sums(rig: Rig, symbol: str) -> tuple[Decimal, ...]:
    rows = [e for e in rig.exchange.ledger(0) if e.symbol == symbol]
    names = ("realised_usd", "fee_usd", "funding_usd")
    return tuple(sum((getattr(e, n) for e in rows), Decimal(0)) for n in names)


def test_an_open_trade_goes_on_under_its_id(rig: Rig) -> None:
    before = opened(rig, ETH, "sell", "0.5", "mine-1").trades[ETH]
    loop = rig.loop(max_hold_ms=5 * 300_000)
    loop.tick(rig.paper.step())
    after = loop.trades[ETH]
    assert (after.trade_id, after.opened_ms) == (before.trade_id, before.opened_ms)
    assert after.levels.stop_price > after.entry_price > after.levels.take_price
    loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "time"
    rig.assert_books_equal(loop)


def test_a_trade_that_ended_while_away_is_closed_with_its_price_and_sums(
    rig: Rig,
) -> None:
    opened(rig, ETH, "buy", "0.5", "mine-1")
    rig.paper.step(13)
    status = rig.trade(ETH, "sell", "0.5", "mine-2")
    loop = rig.loop()
    assert loop.trades == loop.left == {}
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "closed while away"
    assert row["exit_price"] == status.average_price
    realised, _, funding = ledger_sums(rig, ETH)
    assert abs(row["realised_usd"] - realised) < CENT
    assert abs(row["funding_usd"] - funding) < CENT


def test_a_trade_that_ends_while_a_process_starts_has_its_end_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the books were opened, before the trades of the process before were read."""
    opened(rig, ETH, "buy", "0.5", "mine-1")
    load = Plans.load

    def late(self: Plans, now_ms: int) -> None:
        rig.trade(ETH, "sell", "0.5", "mine-2")
        load(self, now_ms)

    monkeypatch.setattr(Plans, "load", late)
    loop = rig.loop()
    monkeypatch.undo()
    loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    realised, fees, funding = ledger_sums(rig, ETH)
    assert row["closed_ms"]
    assert abs(row["realised_usd"] - realised) < CENT
    assert abs(row["fees_usd"] - fees) < CENT
    assert abs(row["funding_usd"] - funding) < CENT


def test_a_trade_goes_on_with_what_the_last_hour_of_the_log_does_not_tell(
    rig: Rig,
) -> None:
    """Half of it was sold and funding paid before; then nothing came for an hour."""
    opened(rig, ETH, "buy", "0.5", "mine-1")
    rig.trade(ETH, "sell", "0.2", "mine-2")
    rig.paper.step(12)
    while rig.paper.step() % 3_600_000 != 3_300_000:
        pass
    rig.paper.fault("clock_skew", "tickers", skew_ms=400_000)
    loop = rig.loop()
    assert ledger_sums(rig, ETH)[2]
    rig.trade(ETH, "sell", "0.3", "mine-3")
    for _ in range(2):
        loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    realised, fees, funding = ledger_sums(rig, ETH)
    assert abs(row["realised_usd"] - realised) < CENT
    assert abs(row["fees_usd"] - fees) < CENT
    assert abs(row["funding_usd"] - funding) < CENT


def test_the_store_holds_also_what_came_while_no_process_was_there(rig: Rig) -> None:
    loop = opened(rig, ETH, "buy", "0.5", "mine-1")
    # One dies after it has booked this and before it is written.
    rig.trade(ETH, "sell", "0.2", "mine-2")
    loop.books.sync()
    rig.paper.step(26)
    rig.trade(ETH, "sell", "0.1", "mine-3")
    for _ in range(2):
        again = rig.loop()
        again.tick(rig.paper.step())
    fills, entries = rig.exchange.fills(0), rig.exchange.ledger(0)
    assert [row["fill_id"] for row in rig.rows("fills")] == [f.fill_id for f in fills]
    rows = rig.rows("ledger")
    assert [row["entry_id"] for row in rows] == [e.entry_id for e in entries]
    for name in ("realised_usd", "fee_usd", "funding_usd"):
        assert sum(row[name] for row in rows) == sum(getattr(e, name) for e in entries)
    assert sum(row["funding_usd"] for row in rows) != 0
    assert {f.client_id for f in fills} >= {"mine-1", "mine-2", "mine-3"}


def test_what_is_older_than_the_books_is_not_in_them(rig: Rig) -> None:
    for side in ("sell", "buy"):
        rig.trade(SOL, side, "5", f"mine-{side}")
    rig.paper.step()
    opened(rig, ETH, "buy", "0.5", "mine-1")
    rig.loop().tick(rig.paper.step())
    names = [row["client_id"] for row in rig.rows("fills")]
    assert "mine-1" in names
    assert not {"mine-sell", "mine-buy"} & {*names}


def test_a_start_reads_no_more_of_the_account_log_than_it_needs(rig: Rig) -> None:
    """A log of years would take more calls than the exchange allows in ten minutes."""
    loop = opened(rig, ETH, "buy", "0.05", "mine-1")
    opened_ms = next(iter(loop.trades.values())).opened_ms
    for _ in range(3):
        rig.paper.step(60)
    asked: list[tuple[int, int]] = []
    ledger = rig.exchange.ledger

    def noted(since_id: int, since_ms: int = 0) -> Any:
        asked.append((since_id, since_ms))
        return ledger(since_id, since_ms)

    rig.exchange.ledger = noted  # type: ignore[method-assign]
    again = rig.loop()
    again.tick(rig.paper.step())
    assert again.halted == ""
    rig.assert_books_equal(again)
    now_ms = rig.paper.state()["time_ms"]
    oldest = opened_ms - 86_400_000
    assert asked
    assert all(since_ms >= oldest for _, since_ms in asked)
    # All but the sums of the trade that goes on, and what the store may lack.
    assert sum(since_ms < now_ms - 2 * 3_600_000 for _, since_ms in asked) <= 2


def test_a_position_without_a_trade_is_adopted_and_logged(rig: Rig) -> None:
    rig.trade(SOL, "sell", "5", "mine-1")
    loop = rig.loop()
    loop.tick(rig.paper.step())
    trade = loop.trades[SOL]
    assert (trade.side, trade.size) == ("short", Decimal(5))
    assert rig.rows("trades")[0]["trade_id"] == trade.trade_id


def test_a_level_that_the_price_passed_while_away_is_booked_as_it_is_filled(
    rig: Rig,
) -> None:
    """The exchange's clock stands while it is placed: it is filled in the very moment in
    which the books are opened, and was not shown by then."""
    rig.replace_module("market_scanner", "return []")
    rig.trade(ETH, "buy", "0.5", "mine-1")
    rig.paper.step(20)
    near = Decimal("0.1")
    loop = rig.loop(stop_multiple=near, take_multiple=near)
    filled = rig.exchange.positions() == []
    assert filled, "a level lay beyond the price"
    loop.tick(rig.paper.step())
    rig.assert_books_equal(loop)
    assert loop.drifts == 0
    (row,) = rig.rows("trades")
    assert row["exit_reason"] in ("stop", "take")
    realised, _, _ = ledger_sums(rig, ETH)
    assert realised != 0
    assert abs(row["realised_usd"] - realised) < CENT


@pytest.mark.parametrize("when", ["before the start", "while it runs"])
def test_an_adopted_trade_has_all_that_its_position_has_cost(
    rig: Rig, when: str
) -> None:
    """A process that dies between an entry and its row leaves the entry's fee to nobody."""
    rig.replace_module("market_scanner", "return []")
    rig.trade(ETH, "buy", "1", "mine-0")
    rig.trade(ETH, "sell", "1", "mine-1")
    rig.paper.step()
    before = ledger_sums(rig, ETH)
    loop = rig.loop() if when == "while it runs" else None
    for name in ("mine-2", "mine-3"):
        rig.trade(ETH, "buy", "0.25", name)
        began_ms = rig.paper.state()["time_ms"]
        rig.paper.step(14)
    loop = loop or rig.loop()
    loop.tick(rig.paper.step())
    assert loop.trades[ETH].opened_ms == began_ms - 14 * 300_000
    rig.trade(ETH, "sell", "0.5", "mine-4")
    loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    names = ("realised_usd", "fees_usd", "funding_usd")
    after = ledger_sums(rig, ETH)
    for name, now, then in zip(names, after, before, strict=True):
        assert abs(row[name] - (now - then)) < CENT, name
    assert row["fees_usd"] > Decimal("1.5")
    rig.assert_books_equal(loop)


def test_a_stop_is_placed_again_by_a_restart_within_the_candle(rig: Rig) -> None:
    """Its id tells of the candle, and that of the process before is used up."""
    rig.replace_module("market_scanner", "return []")
    rig.trade(SOL, "sell", "5", "mine-1")
    rig.loop()
    (stop,) = [o for o in rig.exchange.open_orders() if o.kind == "stop"]
    rig.exchange.cancel(stop.client_id)
    rig.loop()
    (again,) = [o for o in rig.exchange.open_orders() if o.kind == "stop"]
    assert again.client_id != stop.client_id
    assert again.size == 5


def triggers(rig: Rig) -> dict[str, Decimal]:
    found = {o.kind: o.stop_price for o in rig.exchange.open_orders()}
    assert found.keys() == {"stop", "take_profit"}
    return found


@pytest.mark.parametrize("moved", [False, True])
def test_levels_that_the_exchange_lost_meanwhile_come_back_where_they_were(
    rig: Rig, moved: bool
) -> None:
    loop = opened(rig, ETH, "buy", "0.5", "mine-1")
    trade = loop.trades[ETH]
    if moved:
        trade.move_stop(trade.levels.stop_price + 3)
        loop.guard(rig.paper.step())
    before = triggers(rig)
    assert before["stop"] == trade.levels.stop_price
    rig.paper.step(7)
    for order in rig.exchange.open_orders():
        rig.exchange.cancel(order.client_id)
    # Its volatility would set them elsewhere.
    wide = {"stop_multiple": Decimal(9), "take_multiple": Decimal(20)}
    after = rig.loop(**wide).trades[ETH]
    assert triggers(rig) == before
    assert after.trail_usd == trade.trail_usd
    assert after.has_trailed is moved
    # What rests comes first: a person may have set it otherwise.
    (stop,) = [o for o in rig.exchange.open_orders() if o.kind == "stop"]
    rig.exchange.edit(stop.client_id, None, None, stop.stop_price - 2)
    assert rig.loop(**wide).trades[ETH].levels.stop_price == before["stop"] - 2
    assert triggers(rig)["stop"] == before["stop"] - 2


def test_levels_that_no_store_kept_are_set_by_volatility(rig: Rig) -> None:
    opened(rig, ETH, "buy", "0.5", "mine-1")
    before = triggers(rig)
    for order in rig.exchange.open_orders():
        rig.exchange.cancel(order.client_id)
    rows = rig.store.rows

    def away(table: str, since_ms: int) -> Any:
        if table == "levels":
            raise StoreUnavailable("away")
        return rows(table, since_ms)

    rig.store.rows = away  # type: ignore[method-assign]
    rig.loop(take_multiple=Decimal(20))
    after = triggers(rig)
    assert after["stop"] < after["take_profit"] > before["take_profit"]


def test_nothing_is_entered_while_a_position_has_no_trade(rig: Rig) -> None:
    rig.trade(SOL, "sell", "5", "mine-1")
    rig.replace_module("taken_up_levels", 'raise ValueError("broken")')
    loop = rig.loop()
    asked: list[int] = []
    loop.entries.run = lambda now_ms, equity, trades: asked.append(now_ms)  # type: ignore[method-assign]
    loop.tick(rig.paper.step())
    assert (asked, loop.trades) == ([], {})
    rig.restore_module("taken_up_levels")
    loop.tick(rig.paper.step())
    assert list(loop.trades) == [SOL]
    assert len(asked) == 1


@pytest.mark.parametrize("module", ["taken_up_levels", "protection_changes"])
def test_a_module_that_fails_at_the_start_is_waited_for(rig: Rig, module: str) -> None:
    before = opened(rig, ETH, "buy", "0.5", "mine-1").trades[ETH]
    rig.trade(SOL, "sell", "5", "mine-2")
    rig.replace_module(module, 'raise ValueError("broken")')
    loop = rig.loop()
    told = [detail["part"] for kind, detail in rig.told if kind == "trouble"]
    part = "adoption" if module == "taken_up_levels" else "protection"
    assert set(told) == {part}, "and the loop is open all the same"
    loop.tick(rig.paper.step())
    rig.restore_module(module)
    loop.tick(rig.paper.step())
    assert loop.trades[ETH].trade_id == before.trade_id
    stops = [o for o in rig.exchange.open_orders() if o.kind == "stop"]
    assert sorted(o.symbol for o in stops) == [ETH, SOL]
    rig.assert_books_equal(loop)


def test_a_trade_that_ended_while_its_logger_failed_is_written_afterwards(
    rig: Rig,
) -> None:
    loop = opened(rig, ETH, "buy", "0.5", "mine-1")
    rig.replace_module("trade_logger", 'raise ValueError("broken")')
    rig.trade(ETH, "sell", "0.5", "mine-2")
    for _ in range(2):
        loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    assert (loop.closed, row["closed_ms"]) == (1, None)
    rig.replace_module("trade_logger", "return False")
    loop.tick(rig.paper.step())
    assert len(loop.journal.unwritten) == 1, "False says that it is not written"
    rig.restore_module("trade_logger")
    loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "closed elsewhere"
    assert loop.journal.unwritten == {}


def test_a_trade_begun_in_the_tick_of_anothers_end_keeps_its_own_sums(rig: Rig) -> None:
    """The account log tells them apart by nothing but time, which is the same."""
    now_ms = rig.paper.state()["time_ms"]
    first = rig.trade(ETH, "buy", "0.5", "mine-1")
    fee_in = rig.exchange.ledger(0)[-1].fee_usd
    later_ms = rig.paper.step()
    rig.trade(ETH, "sell", "0.5", "mine-2")
    sums = ledger_sums(rig, ETH)
    trade = {"symbol": ETH, "side": "long", "size": 1, "entry_price": 1}
    names = ("realised_usd", "fees_usd", "funding_usd")
    ended = {"trade_id": "a", "opened_ms": now_ms, "closed_ms": later_ms}
    rig.store.insert(
        "trades", {**trade, **ended, **dict(zip(names, sums, strict=True))}
    )
    rig.store.insert("trades", {**trade, "trade_id": "b", "opened_ms": later_ms})
    rig.trade(ETH, "buy", "0.5", "mine-3")
    fee = rig.exchange.ledger(0)[-1].fee_usd
    (left,) = left_open(rig.store, partial(rig.exchange.ledger, 0))
    assert left.trade_id == "b"
    assert (left.base_realised_usd, left.base_fees_usd) == (0, -fee)
    assert first.filled
    assert fee_in != fee


class Killed(BaseException):
    """Ends a loop on the spot, as SIGKILL would: nothing of it runs after this."""


def test_an_entry_that_nobody_lived_to_book_is_taken_up_with_its_stop(rig: Rig) -> None:
    dead = rig.loop()

    def die(trade: Any) -> None:
        raise Killed

    def live() -> None:
        for _ in range(300):
            dead.tick(rig.paper.step())

    dead.entries.on_open = die
    with pytest.raises(Killed):
        live()
    assert rig.rows("trades") == []
    (before,) = (o for o in rig.exchange.open_orders() if o.kind == "stop")
    loop = rig.loop()
    (trade,) = loop.trades.values()
    assert trade.levels.stop_price == before.stop_price
    assert {o.kind for o in rig.exchange.open_orders()} == {"stop", "take_profit"}
    (row,) = rig.rows("trades")
    assert row["trade_id"] == trade.trade_id
    loop.tick(rig.paper.step())
    assert loop.drifts == 0
    rig.assert_books_equal(loop)


def test_a_fill_of_before_that_is_shown_after_the_start_is_not_booked_again(
    rig: Rig,
) -> None:
    """The position is there already; its fill comes late."""
    dead = rig.loop()
    dead.entries.on_open = lambda trade: None
    while not rig.exchange.positions():
        dead.tick(rig.paper.step())
    rig.replace_module("market_scanner", "return []")
    rig.paper.fault("late_fills", "fills", times=3, candles=3)
    loop = rig.loop()
    for _ in range(5):
        loop.tick(rig.paper.step())
        rig.assert_books_equal(loop)
    assert (loop.drifts, loop.books.totals.fees_usd) == (0, 0) or not loop.trades


class Trader:
    """A trader process on a copy of the project."""

    def __init__(self, rig: Rig, root: Path, ticks: int) -> None:
        words = ["--root", str(root), "--gateway", str(rig.gateway.socket_path)]
        words += ["--paper-url", rig.paper.ready["url"], "--ticks", str(ticks)]
        env = environment(
            DATABASE_URL=rig.stores.database_url,
            REDIS_URL=rig.stores.redis_url,
            PAPER_TOKEN=rig.paper.token,
        )
        env = {k: v for k, v in env.items() if not k.startswith("EXCHANGE_API")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.trading.trader", *words],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self) -> Any:
        assert self.process.stdout is not None
        return (json.loads(line) for line in self.process.stdout)

    def finish(self) -> dict[str, Any]:
        out, errors = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, errors
        last: dict[str, Any] = json.loads(out.splitlines()[-1])
        return last


def project_copy(folder: Path) -> Path:
    root = folder / "project"
    for name in ("specs", "generated"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "manifest.yaml", root)
    return root


@pytest.mark.slow
def test_a_killed_trader_leaves_no_orphan_and_the_next_one_trades_on(
    rig: Rig, tmp_path: Path
) -> None:
    root = project_copy(tmp_path)
    killed = Trader(rig, root, ticks=2000)
    for line in killed.lines():
        if line["kind"] == "tick" and line["open"]:
            break
    killed.process.kill()
    killed.process.communicate()
    held = {p["symbol"] for p in rig.paper.state()["positions"]}
    assert held
    done = Trader(rig, root, ticks=30).finish()
    assert (done["kind"], done["drifts"], done["halted"]) == ("done", 0, "")
    positions = {p["symbol"] for p in rig.paper.state()["positions"]}
    unended = [row["symbol"] for row in rig.rows("trades") if row["closed_ms"] is None]
    assert sorted(unended) == sorted(positions)
    assert done["open"] == len(positions)
    last = rig.rows("equity")[-1]
    state = rig.paper.state()
    assert abs(last["exchange_equity_usd"] - Decimal(state["equity_usd"])) < CENT
    assert abs(last["equity_usd"] - last["exchange_equity_usd"]) < CENT
    orders = rig.rows("orders")
    assert len({row["client_id"] for row in orders}) == len(orders)
    assert os.path.isdir(root / ".architect")


def test_what_earlier_trades_tell_is_the_same_after_a_restart(rig: Rig) -> None:
    loop = rig.loop(max_hold_ms=3 * 300_000)
    for _ in range(60):
        loop.tick(rig.paper.step())
    before, after = loop.history.standing(), rig.loop().history.standing()
    assert before.closed > 0
    assert before.hours
    assert [score_left_out(c) for c in after.clusters] == [
        score_left_out(c) for c in before.clusters
    ]
    # Postgres makes 15 digits of a float that becomes numeric.
    scores = [c.score for c in before.clusters]
    assert [c.score for c in after.clusters] == pytest.approx(scores, abs=1e-12)
    assert replace(after, clusters=[]) == replace(before, clusters=[])


def score_left_out(cluster: Any) -> Any:
    return replace(cluster, score=0.0)
