"""What the books missed is found, booked or stopped at, and never traded on."""

from __future__ import annotations

from typing import Any

from trader_rig import CENT, Rig

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
    account, pnl = rig.exchange.account(), loop.books.pnl(loop.market.marks)
    assert abs(sum(p.floating_usd for p in pnl) - account.floating_usd) < CENT
    earned = account.equity_usd - loop.books.start_balance_usd
    assert abs(sum(p.net_usd for p in pnl) - earned) < CENT
    assert all(p.fees_usd > 0 for p in pnl)
