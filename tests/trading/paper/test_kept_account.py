"""A paper account that outlives its process: it ends as one that never stopped."""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from architect.system.paper_start import followed_days
from core.errors import Busy, ConfigError, ExchangeUnavailable
from core.trading.candles import Candles
from core.trading.paper import PaperConfig, PaperExchange, PaperKeys
from core.trading.paper.account_journal import opened
from core.trading.paper.api import Api
from core.trading.paper.call import Call
from core.trading.paper.kept_account import KeptExchange
from core.trading.paper.requests import NewOrder
from core.trading.synthetic import synthetic_candles

WARMUP, ALL = 100, 400
XBT, ETH = "PF_XBTUSD", "PF_ETHUSD"
SIZES = {XBT: Decimal("0.02"), ETH: Decimal("0.3")}
MARKET = synthetic_candles(11, ALL)
CONFIG = PaperConfig(seed=5)


def until(count: int) -> dict[str, Candles]:
    first = next(iter(MARKET.values()))
    end_ms = int(first.time_ms[0]) + count * first.interval_ms
    return {symbol: candles.between(0, end_ms) for symbol, candles in MARKET.items()}


class Restarted:
    """One account; `restart` ends its process, as far as memory is concerned."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, WARMUP
        self._open()

    def _open(self) -> None:
        self.held = opened(self.path)
        journal = self.held.__enter__()
        self.exchange: PaperExchange = KeptExchange(until(self.count), CONFIG, journal)

    def close(self) -> None:
        self.held.__exit__(None, None, None)

    def restart(self, count: int) -> None:
        """Go on with the candles up to `count`, of which some were missed."""
        self.close()
        self.count = count
        self._open()

    def step(self, count: int) -> None:
        self.count += count
        self.exchange.market.extend(until(self.count))
        assert self.exchange.step(count) == count


def act(exchange: PaperExchange, draw: random.Random) -> None:
    """Make one call that a client may make, sensible or not."""
    symbol = draw.choice([XBT, ETH])
    price, contract = exchange.market.price[symbol], exchange.market.contracts[symbol]
    near = contract.price_down(price * (1 + Decimal(draw.randint(-20, 20)) / 1000))
    side = draw.choice(["buy", "sell"])
    live = list(exchange.venue.live.values())
    chosen = draw.choice(live) if live else None
    match draw.randrange(14):
        case 0 | 1 | 2:
            share = draw.choice([None, Decimal("0.5")])
            exchange.send(NewOrder(symbol, side, "mkt", SIZES[symbol]), share=share)
        case 3 | 4:
            name = f"id-{draw.randrange(40)}"
            order = NewOrder(symbol, side, "lmt", SIZES[symbol], name, near)
            exchange.send(order)
        case 5 | 6:
            exchange.send(
                NewOrder(
                    symbol, side, "stp", SIZES[symbol], stop_price=near,
                    reduce_only=True,
                )
            )  # fmt: skip
        case 7:
            exchange.edit(chosen, SIZES[symbol] * 2, None, None)
        case 8:
            exchange.cancel(chosen)
        case 9:
            exchange.cancel_all_after(draw.choice([0, 900]))
        case 10:
            exchange.set_leverage(symbol, draw.choice([None, Decimal(10)]))
        case 11:
            exchange.lose_orders()
        case 12:
            exchange.liquidate()
        case 13:
            draws = draw.choice([Decimal("-50.5"), Decimal(20), Decimal(-1_000_000)])
            try:
                exchange.transfer(draws)
            except ValueError:
                assert draws < 0


def seen(exchange: PaperExchange) -> dict[str, Any]:
    """Return all of an account that a client could tell."""
    venue, books = exchange.venue, exchange.books
    return {
        "now": exchange.now_ms,
        "margin": exchange.margin(),
        "orders": venue.orders,
        "live": list(venue.live),
        "events": venue.events,
        "leverages": venue.leverages,
        "dead man": venue.dead_man_ms,
        "liquidations": venue.liquidations,
        "fills": books.fills,
        "ledger": books.ledger,
        "holdings": books.holdings,
        "depth": exchange.market.depth_used,
        "next id": venue.new_id("test"),
    }


@pytest.mark.parametrize("seed", range(8))
def test_it_ends_as_one_that_never_stopped(tmp_path: Path, seed: int) -> None:
    whole = PaperExchange(MARKET, PaperConfig(seed=5, warmup=WARMUP))
    kept = Restarted(tmp_path / "account.jsonl")
    draw = random.Random(seed)
    restarts = 0
    while kept.count < ALL - 20:
        for _ in range(draw.randrange(4)):
            again = draw.random()
            for exchange in (whole, kept.exchange):
                act(exchange, random.Random(again))
        steps = draw.randrange(1, 12)
        whole.step(steps)
        if draw.random() < 0.4:
            kept.restart(kept.count + steps)
            restarts += 1
        else:
            kept.step(steps)
    assert seen(kept.exchange) == seen(whole)
    assert restarts > 5
    assert len(whole.books.fills) > 10
    kept.close()


def bought(path: Path) -> Restarted:
    kept = Restarted(path)
    kept.exchange.send(NewOrder(XBT, "buy", "mkt", SIZES[XBT], "one"))
    kept.exchange.send(NewOrder(ETH, "buy", "mkt", SIZES[ETH], "two"))
    return kept


def test_a_line_that_was_cut_was_answered_to_nobody(tmp_path: Path) -> None:
    path = tmp_path / "account.jsonl"
    kept = bought(path)
    text = path.read_text()
    path.write_text(text[:-20])
    kept.restart(WARMUP + 3)
    assert [f.order.client_id for f in kept.exchange.books.fills] == ["one"]
    kept.exchange.send(NewOrder(ETH, "buy", "mkt", SIZES[ETH], "two"))
    kept.restart(WARMUP + 5)
    assert [f.order.client_id for f in kept.exchange.books.fills] == ["one", "two"]
    kept.close()


def test_an_account_that_was_never_begun_whole_begins(tmp_path: Path) -> None:
    path = tmp_path / "account.jsonl"
    path.write_text('{"account":"paper-12')
    kept = bought(path)
    kept.restart(WARMUP + 1)
    assert len(kept.exchange.books.fills) == 2
    kept.close()


def test_other_candles_are_found_out(tmp_path: Path) -> None:
    path = tmp_path / "account.jsonl"
    kept = bought(path)
    kept.step(30)
    for symbol in SIZES:
        kept.exchange.send(NewOrder(symbol, "sell", "mkt", SIZES[symbol]))
    kept.exchange.send(NewOrder(XBT, "buy", "mkt", SIZES[XBT]))
    kept.close()
    others = {
        symbol: synthetic_candles(12, ALL)[symbol].between(0, 1 << 62)
        for symbol in MARKET
    }
    with (
        opened(path) as journal,
        pytest.raises(ConfigError, match="not those on which"),
    ):
        KeptExchange(others, CONFIG, journal)
    with (
        opened(path) as journal,
        pytest.raises(ConfigError, match="not those on which"),
    ):
        KeptExchange(until(WARMUP + 20), CONFIG, journal)
    late = {
        s: c.between(int(c.time_ms[WARMUP + 5]), 1 << 62) for s, c in MARKET.items()
    }
    with opened(path) as journal, pytest.raises(ConfigError) as caught:
        KeptExchange(late, CONFIG, journal)
    assert "--new-account" in str(caught.value.hint)


def test_candles_are_wanted_from_before_the_account_began(tmp_path: Path) -> None:
    path = tmp_path / "account.jsonl"
    assert followed_days(path) == 3
    path.write_text("")
    assert followed_days(path) == 3
    bought(path).close()
    past_s = time.time() - MARKET[XBT].time_ms[WARMUP] / 1000
    assert past_s <= (followed_days(path) - 3) * 86_400 <= past_s + 86_400


def test_a_fill_that_other_candles_would_not_give_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "account.jsonl"
    kept = bought(path)
    price = kept.exchange.market.price[XBT]
    stop = kept.exchange.market.contracts[XBT].price_up(price * Decimal("1.001"))
    kept.exchange.send(
        NewOrder(XBT, "sell", "take_profit", SIZES[XBT], stop_price=stop)
    )
    kept.step(40)
    assert len(kept.exchange.books.fills) == 3
    calls = len(path.read_text().splitlines())
    kept.restart(WARMUP + 40)
    # The fill was noted when it happened, and is no call.
    assert len(path.read_text().splitlines()) == calls == 5
    assert isinstance(kept.exchange, KeptExchange)
    assert kept.exchange.calls == 3
    kept.close()
    flat = {
        s: replace(
            c,
            open=np.full(len(c), c.close[WARMUP - 1]),
            high=np.full(len(c), c.close[WARMUP - 1]),
            low=np.full(len(c), c.close[WARMUP - 1]),
            close=np.full(len(c), c.close[WARMUP - 1]),
        )
        for s, c in until(WARMUP + 40).items()
    }
    for symbol, candles in flat.items():
        before = MARKET[symbol].close[WARMUP - 1]
        assert candles.close[WARMUP - 1] == before
    with opened(path) as journal, pytest.raises(ConfigError, match="would not stand"):
        KeptExchange(flat, CONFIG, journal)


def test_orders_that_a_fault_lost_stay_lost(tmp_path: Path) -> None:
    kept = bought(tmp_path / "account.jsonl")
    price = kept.exchange.market.price[XBT]
    kept.exchange.send(NewOrder(XBT, "buy", "lmt", SIZES[XBT], "l", price - 100))
    kept.exchange.lose_orders()
    kept.restart(WARMUP + 5)
    assert kept.exchange.venue.live == {}
    kept.close()


def test_what_could_not_be_read_again_is_not_carried_out(tmp_path: Path) -> None:
    path = tmp_path / "account.jsonl"
    kept = bought(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="surrogate"):
        kept.exchange.send(NewOrder(XBT, "buy", "mkt", SIZES[XBT], "\ud800"))
    assert path.read_bytes() == before
    kept.close()


def test_what_is_no_journal_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "account.jsonl"
    bought(path).close()
    with path.open("a") as file:
        file.write('{"call":"send"}\n')
    with pytest.raises(ConfigError, match=r"account\.jsonl:4 "), opened(path):
        raise AssertionError
    for text in ("hello\n", "hello", "my notes\nand more", '{"a": 1}'):
        path.write_text(text)
        with pytest.raises(ConfigError, match="no journal of"), opened(path):
            raise AssertionError
        assert path.read_text() == text


def test_a_last_line_that_lacks_only_its_end_counts(tmp_path: Path) -> None:
    path = tmp_path / "account.jsonl"
    kept = bought(path)
    path.write_text(path.read_text().rstrip("\n"))
    kept.restart(WARMUP + 1)
    kept.exchange.send(NewOrder(XBT, "buy", "mkt", SIZES[XBT], "three"))
    kept.restart(WARMUP + 2)
    names = [f.order.client_id for f in kept.exchange.books.fills]
    assert names == ["one", "two", "three"]
    kept.close()


def test_one_process_has_it_at_a_time_and_a_new_one_puts_it_aside(
    tmp_path: Path,
) -> None:
    path = tmp_path / "account.jsonl"
    kept = bought(path)
    for new in (False, True):
        with pytest.raises(Busy, match="another paper exchange"), opened(path, new=new):
            raise AssertionError
    kept.close()
    before = path.read_bytes()
    for number in (1, 2):
        with opened(path, new=True) as journal:
            assert journal.origin is None
            KeptExchange(until(WARMUP), CONFIG, journal)
            assert (tmp_path / f"account.{number}.jsonl").exists()
    assert (tmp_path / "account.1.jsonl").read_bytes() == before
    assert len({p.read_text().split('"')[3] for p in tmp_path.iterdir()}) == 3


@pytest.mark.parametrize("how", ["short", "fails"])
def test_what_cannot_be_written_is_not_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    path = tmp_path / "account.jsonl"
    kept = bought(path)
    before, stood = path.read_bytes(), seen(kept.exchange)["margin"]

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        if how == "fails":
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:7], offset)

    real = os.pwrite
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        with pytest.raises(ExchangeUnavailable, match="cannot write"):
            kept.exchange.send(NewOrder(XBT, "buy", "mkt", SIZES[XBT], "three"))
        call = Call(
            "POST", "/paper/transfer", "", '{"usd": "5"}', {"x-paper-token": "t"}
        )
        keys = PaperKeys("k", "c2VjcmV0", "t")
        assert Api(kept.exchange, keys).answer(call).status == 503
    assert path.read_bytes() == before
    assert seen(kept.exchange)["margin"] == stood
    kept.exchange.send(NewOrder(XBT, "buy", "mkt", SIZES[XBT], "three"))
    kept.restart(WARMUP + 1)
    names = [f.order.client_id for f in kept.exchange.books.fills]
    assert names == ["one", "two", "three"]
    kept.close()
