"""Our books against the exchange's own, on a real paper exchange."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest
from trader_rig import Rig

from core.errors import StoreError
from core.records import row_of
from core.trading.trader import worth
from core.trading.trader.books import ZERO, Books

SYMBOLS = {"PF_XBTUSD": 0.01, "PF_ETHUSD": 0.2, "PF_SOLUSD": 4.0}


def synced(books: Books) -> list[Any]:
    """Return the fills that are new."""
    books.news.clear()
    books.sync()
    return list(books.news)


@pytest.mark.slow
def test_books_equal_the_exchange_through_flips_shorts_and_funding(rig: Rig) -> None:
    """150 candles, an order in most of them; compared to the cent after each."""
    loop = rig.loop()
    draw = random.Random(5)
    sides = set()
    for number in range(150):
        symbol = draw.choice(list(SYMBOLS))
        held = loop.books.positions.get(symbol)
        side = "sell" if held and held.size > 0 else "buy"
        side = draw.choice((side, side, "buy", "sell"))
        rig.trade(
            symbol, side, f"{SYMBOLS[symbol] * draw.randint(1, 3):.2f}", f"r-{number}"
        )
        rig.paper.step()
        loop.market.update_prices()
        loop.books.sync()
        sides |= {p.size > 0 for p in loop.books.positions.values()}
        rig.assert_books_equal(loop)
    state = rig.paper.state()
    assert sides == {True, False}
    assert loop.books.totals.realised_usd
    assert loop.books.totals.funding_usd
    assert loop.books.fills == state["fill_count"]


def test_the_sums_of_the_symbols_are_the_totals(rig: Rig) -> None:
    loop = rig.loop()
    for number, symbol in enumerate(SYMBOLS):
        rig.trade(symbol, "buy", f"{SYMBOLS[symbol]:.2f}", f"a-{number}")
    rig.paper.step(13)
    for number, symbol in enumerate(SYMBOLS):
        rig.trade(symbol, "sell", f"{2 * SYMBOLS[symbol]:.2f}", f"b-{number}")
    loop.books.sync()
    books = loop.books
    for name in ("realised_usd", "fees_usd", "funding_usd"):
        parts = [getattr(totals, name) for totals in books.by_symbol.values()]
        assert sum(parts) == getattr(books.totals, name) != 0


@pytest.mark.slow
def test_more_fills_than_a_page_are_all_booked(rig: Rig) -> None:
    loop = rig.loop()
    for number in range(120):
        if number % 24 == 0:
            rig.paper.step()  # the gateway has so many calls a time
        rig.trade("PF_SOLUSD", "buy" if number % 2 else "sell", "1", f"p-{number}")
    assert len(synced(loop.books)) >= 120
    rig.assert_books_equal(loop)


def test_fills_that_are_shown_late_are_booked_once(rig: Rig) -> None:
    loop = rig.loop()
    rig.trade("PF_SOLUSD", "buy", "3", "late-1")
    rig.paper.fault("late_fills", "fills")
    assert synced(loop.books) == []
    rig.paper.step()
    rig.trade("PF_ETHUSD", "buy", "0.5", "early-1")
    assert {f.symbol for f in synced(loop.books)} == {"PF_SOLUSD", "PF_ETHUSD"}
    assert synced(loop.books) == []


def test_a_fill_that_is_shown_twice_is_booked_once(rig: Rig) -> None:
    loop = rig.loop()
    rig.trade("PF_SOLUSD", "buy", "3", "twice-1")
    rig.paper.fault("duplicated_fills", "fills")
    assert len(synced(loop.books)) == 1
    rig.assert_books_equal(loop)


def test_books_that_open_late_begin_with_what_is_there(rig: Rig) -> None:
    """Fills of the same millisecond as the opening are in the positions already."""
    rig.trade("PF_SOLUSD", "sell", "3", "before-1")
    loop = rig.loop()
    assert synced(loop.books) == []
    assert loop.books.totals.fees_usd == 0
    rig.assert_books_equal(loop)


def test_a_clock_ahead_of_the_exchange_loses_no_fill(rig: Rig) -> None:
    now_ms = rig.paper.state()["time_ms"]
    books = Books(rig.modules, rig.exchange, rig.store)
    books.open(now_ms + 20_000)
    rig.trade("PF_SOLUSD", "buy", "3", "ahead-1")
    assert len(synced(books)) == 1


def test_a_row_that_is_refused_holds_up_no_other(rig: Rig) -> None:
    loop = rig.loop()
    loop.books.unsaved.append(("fills", {"nonsense": 1}))
    rig.trade("PF_SOLUSD", "buy", "3", "wait-1")
    loop.books.sync()
    with pytest.raises(StoreError):
        loop.books.save()
    loop.books.save()
    (fill,) = rig.rows("fills")
    assert fill["client_id"] == "wait-1"


def test_rows_wait_until_the_store_takes_them(rig: Rig) -> None:
    loop = rig.loop()
    rig.trade("PF_SOLUSD", "buy", "3", "wait-1")
    loop.books.sync()
    assert rig.rows("fills") == []
    loop.books.save()
    (fill,) = rig.rows("fills")
    assert (fill["client_id"], fill["size"]) == ("wait-1", 3)
    assert rig.rows("ledger")[-1]["fee_usd"] > 0


@pytest.mark.parametrize("usd", ["0.75", "-0.75"])
def test_a_cost_that_belongs_to_no_symbol_is_booked_and_is_no_trades(
    rig: Rig, usd: str
) -> None:
    """Interest, taxes: the log names no contract. What the exchange pays is a negative fee."""
    loop = rig.loop()
    rig.trade("PF_SOLUSD", "buy", "3", "mine-1")
    loop.books.sync()
    books, ledger = loop.books, rig.exchange.ledger
    balance, before = books.balance_usd, replace(books.totals_of("PF_SOLUSD"))
    last = row_of(ledger(0)[-1])
    charged = {
        "entry_id": last["entry_id"] + 2,
        "kind": "interest payment",
        "symbol": "",
    }
    sums = {"fee_usd": Decimal(usd), "realised_usd": ZERO, "funding_usd": ZERO}
    entry = rig.modules.records["LedgerEntry"](**{**last, **charged, **sums})

    class Charging:
        """Its account log has an entry more."""

        def ledger(self, since_id: int, since_ms: int) -> list[Any]:
            return [
                e for e in [*ledger(since_id, since_ms), entry] if e.entry_id > since_id
            ]

        def __getattr__(self, name: str) -> Any:
            return getattr(rig.exchange, name)

    books.exchange = cast(Any, Charging())
    loop.journal.sync({})
    assert books.balance_usd == balance - Decimal(usd)
    assert books.totals_of("PF_SOLUSD") == before
    assert [pnl.symbol for pnl in worth.pnl(books, {"PF_SOLUSD": Decimal(100)})] == [
        "PF_SOLUSD"
    ]
    assert "transfer" not in rig.kinds()
    books.save()
    assert (rig.rows("ledger")[-1]["symbol"], rig.rows("ledger")[-1]["fee_usd"]) == (
        *("", Decimal(usd)),
    )
