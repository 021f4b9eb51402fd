"""What an entry costs is in a trade, whatever becomes of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from test_execution import run
from trader_rig import CENT, Rig

ETH = "PF_ETHUSD"


def told(rig: Rig) -> Decimal:
    return sum(
        (
            r["realised_usd"] - r["fees_usd"] + r["funding_usd"]
            for r in rig.rows("trades")
        ),
        Decimal(0),
    )


def true(rig: Rig) -> Decimal:
    state = rig.paper.state()
    assert state["positions"] == []
    names = ("realised_usd", "fees_usd", "funding_usd")
    realised, fees, funding = (Decimal(state[name]) for name in names)
    return realised - fees + funding


def test_an_entry_that_was_taken_back_costs_a_trade(rig: Rig) -> None:
    """The exchange refuses its stop: the gateway sells it again, at a spread and two fees."""
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop()
    rig.paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    run(loop, "0.5", loop.books._since_ms)
    for _ in range(2):  # a candle later its fees are surely told
        loop.tick(rig.paper.step())
    assert rig.exchange.positions() == []
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))
    (row,) = rig.rows("trades")
    assert (row["exit_reason"], row["size"]) == ("taken back", Decimal("0.5"))
    assert row["fees_usd"] > 1
    loop.tick(rig.paper.step())
    assert len(rig.rows("trades")) == 1
    assert "trouble" not in rig.kinds()


def test_an_entry_whose_reply_was_lost_pays_its_fee_in_its_trade(rig: Rig) -> None:
    """Its fate is unknown at first; it is adopted a tick later, its fee booked before."""
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop()
    now_ms = rig.paper.state()["time_ms"]
    rig.paper.fault("reply_lost_after_accept", "batchorder", times=1)
    # The first is asked before it is sent, of the ids of its stop.
    rig.paper.fault("http_503", "orders/status", times=None, skip=1)
    run(loop, "0.5", now_ms)
    rig.paper.ask("DELETE", "fault")
    loop.tick(rig.paper.step())
    trade = loop.trades[ETH]
    loop.exits.close(trade, now_ms)
    for _ in range(2):
        loop.tick(rig.paper.step())
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))


def test_an_entry_by_a_process_that_died_pays_its_fee_in_its_trade(rig: Rig) -> None:
    """Killed after the order was accepted, before the trade's row was written."""
    rig.replace_module("market_scanner", "return []")
    run(rig.loop(), "0.5", rig.paper.state()["time_ms"])
    loop = rig.loop()
    loop.exits.close(loop.trades[ETH], rig.paper.state()["time_ms"])
    for _ in range(2):
        loop.tick(rig.paper.step())
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))


def test_one_whose_fees_are_told_before_its_fills_has_them_too(rig: Rig) -> None:
    """By the loop's own way in: the decision is forced, the rest is as ever."""
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop()
    loop.tick(rig.paper.step())
    rig.paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    rig.paper.fault("late_fills", "fills", times=None, candles=3)
    base = replace(loop.books.totals_of(ETH))
    run(loop, "0.5", rig.paper.state()["time_ms"])
    loop.entries.on_nothing(ETH, base)
    for _ in range(6):
        loop.tick(rig.paper.step())
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "taken back"


def test_a_fill_counts_to_its_trade_also_when_the_account_log_cannot_be_read(
    rig: Rig,
) -> None:
    """The fill is booked by then, and never new again: its trade would lack its exit."""
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop()
    loop.tick(rig.paper.step())
    run(loop, "0.5", rig.paper.state()["time_ms"])
    loop.tick(rig.paper.step())
    trade = loop.trades[ETH]
    rig.paper.fault("http_503", "account-log", times=None)
    rig.trade(ETH, "sell", "0.5", "pf-eth-1700000000000-stop-0")
    loop.tick(rig.paper.step())
    rig.paper.ask("DELETE", "fault")
    assert "trouble" in rig.kinds()
    for _ in range(2):
        loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "stop"
    assert row["exit_price"] not in (None, trade.entry_price)
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))


def test_an_entry_taken_back_is_told_also_when_the_account_log_cannot_be_read(
    rig: Rig,
) -> None:
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop()
    loop.tick(rig.paper.step())
    rig.paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    run(loop, "0.5", rig.paper.state()["time_ms"])
    rig.paper.fault("http_503", "account-log", times=None)
    loop.tick(rig.paper.step())
    rig.paper.ask("DELETE", "fault")
    for _ in range(3):
        loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "taken back"
    assert abs(told(rig) - true(rig)) < CENT, (told(rig), true(rig))


def test_what_others_buy_and_sell_is_no_trade_of_ours(rig: Rig) -> None:
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop()
    loop.tick(rig.paper.step())
    for side, name in (("buy", "mine-1"), ("sell", "mine-2")):
        rig.trade(ETH, side, "0.5", name)
    for _ in range(3):
        loop.tick(rig.paper.step())
        assert not loop.entries.waits(ETH)
    assert rig.rows("trades") == []
    rig.assert_books_equal(loop)
