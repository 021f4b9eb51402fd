"""What the books missed is found, booked or stopped at, and never traded on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from stakes import Resting, lost_at_stops
from trader_rig import CENT, Rig

from core.stores.postgres import connect
from core.trading.trader import worth

ETH = "PF_ETHUSD"


def quiet(rig: Rig) -> Any:
    rig.replace_module("market_scanner", "return []")
    return rig.loop()


def test_a_fill_that_is_shown_late_stops_entries_until_it_is_booked(rig: Rig) -> None:
    loop = quiet(rig)
    rig.paper.fault("late_fills", "fills", times=2, candles=5)
    rig.trade(ETH, "buy", "0.5", "mine-1")
    loop.tick(rig.paper.step())
    assert "size PF_ETHUSD is 0, there 0.5" in loop.halted
    loop.tick(rig.paper.step())
    assert (loop.halted, loop.drifts) == ("", 1)
    rig.assert_books_equal(loop)


def test_what_came_between_two_calls_is_booked_in_the_same_tick(rig: Rig) -> None:
    loop = quiet(rig)
    loop.tick(rig.paper.step())
    account = loop.reconciler.exchange.account

    class Between:
        """Somebody trades after the fills were asked for and before the account is."""

        def account(self) -> Any:
            if not rig.exchange.positions():
                rig.trade(ETH, "buy", "0.5", "mine-1")
            return account()

    between: Any = Between()
    loop.reconciler.exchange = between
    loop.tick(rig.paper.step())
    assert (loop.halted, loop.drifts) == ("", 0)
    (told,) = [d for kind, d in rig.told if kind == "booked late" and not d["symbol"]]
    assert (told["what"], told["fills"]) == ("balance", 1)


@pytest.mark.parametrize("usd", ["2500.5", "-1200.25"])
def test_money_that_comes_or_goes_is_booked_and_is_no_drift(rig: Rig, usd: str) -> None:
    loop = quiet(rig)
    rig.trade(ETH, "buy", "0.5", "mine-1")
    loop.tick(rig.paper.step())
    before = rig.exchange.account().balance_usd
    rig.paper.ask("POST", "transfer", usd=usd)
    loop.tick(rig.paper.step())
    loop.tick(rig.paper.step())
    assert (loop.halted, loop.drifts) == ("", 0)
    assert rig.exchange.account().balance_usd - before == Decimal(usd)
    told = [detail for kind, detail in rig.told if kind == "transfer"]
    assert [Decimal(detail["usd"]) for detail in told] == [Decimal(usd)]
    assert told[0]["what"] == "cross-exchange transfer"
    rig.assert_books_equal(loop)
    # A restart takes it as part of what it begins with.
    again = quiet(rig)
    again.tick(rig.paper.step())
    assert (again.halted, again.drifts) == ("", 0)
    rig.assert_books_equal(again)


def test_a_drift_that_stays_is_ended_by_opening_the_books_anew(rig: Rig) -> None:
    loop = quiet(rig)
    loop.books.start_balance_usd += 50
    for _ in range(loop.config.reopen_after - 1):
        loop.tick(rig.paper.step())
        assert loop.halted
    assert "books reopened" not in rig.kinds()
    loop.tick(rig.paper.step())
    assert (loop.halted, loop.drifts) == ("", 1)
    assert "books reopened" in rig.kinds()
    rig.assert_books_equal(loop)


def test_a_drift_that_comes_again_throws_the_kill_switch(rig: Rig) -> None:
    """Opened anew the books are right, so what makes them wrong never shows for long."""
    loop = quiet(rig)
    for _ in range(4 * loop.config.reopen_after):
        if not loop.reconciler.halted:
            loop.books.start_balance_usd += 1
        loop.tick(rig.paper.step())
        if halted := rig.exchange.status()["halted"]:
            break
    assert "books differ from the exchange by 1" in halted
    assert rig.kinds().count("books reopened") == 2


def test_sizes_that_differ_are_reported_though_they_are_worth_nothing(
    rig: Rig,
) -> None:
    loop = quiet(rig)
    told: list[Decimal] = []
    loop.reconciler.exchange.report_drift = told.append  # type: ignore[method-assign]
    loop.reconciler._compare = (  # type: ignore[method-assign]
        lambda now_ms, *, looked_again: (
            SimpleNamespace(
                equity_usd=Decimal(5),
                balance_usd=Decimal(5),
                floating_usd=0,
                funding_usd=0,
            ),
            SimpleNamespace(equity_usd=Decimal(5)),
            [SimpleNamespace(kind="size", symbol=ETH, ours=1, theirs=2)],
        )
    )
    loop.reconciler.run(1)
    assert told == [CENT]


def test_a_balance_that_nothing_explains_sizes_by_the_smaller_sum(rig: Rig) -> None:
    loop = quiet(rig)
    loop.books.start_balance_usd += 50
    equity = loop.reconciler.run(rig.paper.state()["time_ms"])
    assert equity == rig.exchange.account().equity_usd
    assert "balance is" in loop.halted


def test_profit_and_loss_are_those_of_the_exchange(rig: Rig) -> None:
    loop = quiet(rig)
    rig.trade(ETH, "buy", "2", "mine-1")
    rig.trade("PF_SOLUSD", "sell", "9", "mine-2")
    for number in range(3):
        loop.tick(rig.paper.step(5))
        rig.trade(ETH, "sell", "0.5", f"part-{number}")
    loop.tick(rig.paper.step())
    account, pnl = rig.exchange.account(), worth.pnl(loop.books, loop.market.marks)
    assert abs(sum(p.floating_usd for p in pnl) - account.floating_usd) < CENT
    earned = account.equity_usd - loop.books.start_balance_usd
    assert abs(sum(p.net_usd for p in pnl) - earned) < CENT
    assert all(p.fees_usd > 0 for p in pnl)
    last = rig.rows("equity")[-1]
    names = ("balance_usd", "floating_usd", "funding_usd")
    assert sum(last[name] for name in names) == last["equity_usd"]
    assert any(row["funding_usd"] for row in rig.rows("equity"))
    # And the settled part of it by SQL, from the account log.
    with connect(rig.stores.database_url) as connection:
        found = connection.execute(
            "select symbol, sum(realised_usd), sum(fees_usd), sum(funding_usd),"
            " sum(net_usd) from trading_data.pnl group by symbol order by symbol"
        ).fetchall()
        paid = connection.execute(
            "select sum(funding_usd) from trading_data.funding"
        ).fetchone()
    totals = loop.books.by_symbol
    assert found == [
        (symbol, t.realised_usd, t.fees_usd, t.funding_usd,
         t.realised_usd - t.fees_usd + t.funding_usd)
        for symbol, t in sorted(totals.items()) if symbol
    ]  # fmt: skip
    assert paid == (sum(t.funding_usd for t in totals.values()),)


def test_a_missed_losing_exit_sizes_the_next_trade_from_what_is_there(
    rig: Rig,
) -> None:
    """Phantom compounding: the process sleeps while its stop loses money."""
    loop = quiet(rig)
    rig.trade(ETH, "buy", "2", "mine-1")
    loop.tick(rig.paper.step())
    trade, mark = loop.trades[ETH], loop.market.mark(ETH)
    trade.levels = replace(trade.levels, stop_price=mark - Decimal("0.1"))
    loop._protect(0)
    before = worth.equity(loop.books, 0, loop.market.marks).equity_usd
    while rig.exchange.positions():
        rig.paper.step()
    sized: list[Decimal] = []
    loop.entries.run = lambda now_ms, equity, trades: sized.append(equity)  # type: ignore[method-assign]
    loop.tick(rig.paper.step())
    truth = Decimal(rig.paper.state()["equity_usd"])
    assert abs(sized[0] - truth) < CENT
    assert truth < before
    assert loop.closed == 1
    rig.assert_books_equal(loop)


def stakes(state: Any) -> Decimal:
    """Return what is lost at the stops, by what the exchange holds itself."""
    return lost_at_stops(
        {p["symbol"]: Decimal(p["size"]) for p in state["positions"]},
        [
            Resting(
                o["symbol"], o["side"] == "buy", o["orderType"], o["reduceOnly"],
                Decimal(o["unfilledSize"]), Decimal(o.get("stopPrice") or o["limitPrice"]),
            )
            for o in state["open_orders"]
        ],
        {symbol: Decimal(price) for symbol, price in state["prices"].items()},
    )  # fmt: skip


@pytest.mark.slow
def test_no_entry_passes_the_ceiling_on_open_risk_through_faults(rig: Rig) -> None:
    """With lost replies, partial fills and errors, as each entry is sent, counted in full.

    What is open may grow past the ceiling between entries, as prices rise from the stops.
    """
    frac = Decimal("0.005")
    loop = rig.loop(ceiling_frac=frac, max_hold_ms=3_600_000)
    place, report = rig.exchange.place, rig.exchange.report_drift
    ceiling: list[Decimal] = []
    used: list[Decimal] = []

    def reported(drift_usd: Decimal) -> None:
        ceiling.append(Decimal(rig.paper.state()["equity_usd"]) * frac)
        report(drift_usd)

    def placed(order: Any) -> Any:
        if not order.reduce_only:
            risk = order.size * abs(order.limit_price - order.protect_price)
            used.append((stakes(rig.paper.state()) + risk) / ceiling[-1])
        return place(order)

    rig.exchange.report_drift, rig.exchange.place = reported, placed
    for name, call in (
        ("partial_fill", "batchorder"),
        ("reply_lost_after_accept", "batchorder"),
        ("http_503", "*"),
        ("late_fills", "fills"),
    ):
        rig.paper.fault(name, call, times=None, probability=0.1)
    for _ in range(150):
        loop.tick(rig.paper.step())
    assert Decimal("0.9") < max(used) <= 1
    assert len(used) > 10
    ids = [row["client_id"] for row in rig.rows("orders")]
    assert len(ids) == len(set(ids))
