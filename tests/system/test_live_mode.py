"""Live: what refuses it, what it shows, and that only a typed yes starts it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from running_system import architect, copy_project

from architect.config import Config, load
from architect.system.api_end import ENDS, halt, warning
from architect.system.foreign_orders import described
from architect.system.live import check, confirm, differences
from architect.system.live_start import open_live
from architect.system.system import System
from core.errors import ConfigError, StoreError
from core.stores.account import check as check_books
from core.stores.account import claimed
from core.stores.postgres import connect
from core.trading import kill_file
from core.trading.paper import (
    PaperConfig,
    PaperExchange,
    PaperServer,
    account_answers,
    history_answers,
    serve,
)
from core.trading.paper.requests import NewOrder
from core.trading.synthetic import synthetic_candles

KEYS = {
    "EXCHANGE_API_KEY": "real-looking-key",
    "EXCHANGE_API_SECRET": "c2VjcmV0LXNlY3JldA==",
}
KRAKEN = {"EXCHANGE_URL": "https://futures.kraken.com"}


@pytest.fixture(scope="module")
def root(reachable_tmp: Path) -> Path:
    return copy_project(reachable_tmp / "live")


def config(root: Path, **settings: str) -> Config:
    return load(root, process=settings)


def test_keys_a_kraken_url_and_a_clean_project_may_go_live(root: Path) -> None:
    check(config(root, **KEYS, **KRAKEN), date(2026, 11, 27))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"EXCHANGE_API_KEY": ""}, "EXCHANGE_API_KEY not set"),
        ({"EXCHANGE_API_KEY": "paper-0123456789abcdef"}, "is a paper key"),
        ({"EXCHANGE_URL": ""}, "EXCHANGE_URL is not set"),
        ({"EXCHANGE_URL": "http://127.0.0.1:8100"}, "is a paper exchange"),
        ({"EXCHANGE_URL": "https://localhost:8100"}, "is a paper exchange"),
        ({"EXCHANGE_URL": "https://demo-futures.kraken.com"}, "was retired"),
    ],
)
def test_paper_keys_and_urls_are_refused(
    root: Path, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        check(config(root, **{**KEYS, **KRAKEN, **changes}))


def test_a_day_on_which_the_api_has_ended_is_refused_and_its_end_told_before(
    root: Path,
) -> None:
    ready = config(root, **KEYS, **KRAKEN)
    check(ready, ENDS - timedelta(days=1))
    with pytest.raises(ConfigError, match="has ended the API") as caught:
        check(ready, ENDS)
    assert "update" in str(caught.value.hint)
    url = KRAKEN["EXCHANGE_URL"]
    left = ENDS - timedelta(days=31)
    assert warning(url, left, within_days=30) is None
    assert "in 31 days, on 2027-03-01" in str(warning(url, left, within_days=31))
    assert warning("https://another.example", ENDS, within_days=30) is None


def test_the_kill_switch_is_thrown_a_day_before_the_api_ends(tmp_path: Path) -> None:
    url, switch = KRAKEN["EXCHANGE_URL"], tmp_path / "halt"
    last = ENDS - timedelta(days=1)
    halt(url, last - timedelta(days=1), switch)
    halt("", last, switch)
    assert kill_file.read(switch) is None
    halt(url, last, switch)
    assert "2027-03-01" in str(kill_file.read(switch))


def test_a_failing_verify_is_refused(reachable_tmp: Path) -> None:
    own = copy_project(reachable_tmp / "edited")
    path = own / "generated/trading/ema.py"
    path.write_text(path.read_text() + "# edited\n")
    with pytest.raises(ConfigError, match=r"verify fails .ema:"):
        check(config(own, **KEYS, **KRAKEN))


def test_every_reason_is_told_at_once_and_nothing_is_started(root: Path) -> None:
    done = architect("up", "--live", "--root", str(root), EXCHANGE_API_KEY="")
    assert done.returncode == 1
    assert "EXCHANGE_API_KEY" in done.stderr
    assert "EXCHANGE_URL is not set" in done.stderr
    assert not (root / ".architect/run").exists()


POSITION = {"symbol": "PF_XBTUSD", "size": "0.5"}
TRADE: dict[str, Any] = {"trade_id": "t-1", "symbol": "PF_XBTUSD", "side": "long"}
TRADE |= {"size": Decimal("0.500")}
SHORT = {**TRADE, "side": "short"}
STOP = {"client_id": "s", "order_id": "o", "symbol": "PF_XBTUSD", "reduce_only": True}


@pytest.mark.parametrize(
    ("positions", "orders", "trades", "said"),
    [
        ([], [], [], []),
        ([POSITION], [STOP], [TRADE], []),
        ([POSITION], [], [], ["a position of 0.5 PF_XBTUSD that no open trade knows"]),
        ([], [], [TRADE], ["an open trade t-1 without a position"]),
        (
            [{**POSITION, "size": "-1"}],
            [],
            [TRADE],
            ["a position of -1 PF_XBTUSD that no open trade knows"],
        ),
        (
            [{**POSITION, "size": "0.501"}],
            [STOP],
            [TRADE],
            ["a position of 0.501 PF_XBTUSD, larger than the 0.5 of its open trade"],
        ),
        (
            [{**POSITION, "size": "-2"}],
            [STOP],
            [SHORT, TRADE],
            ["a position of -2 PF_XBTUSD, larger than the 0.5 of its open trade"],
        ),
        ([{**POSITION, "size": "0.1"}], [STOP], [TRADE], []),
        ([{**POSITION, "size": "-0.5"}], [STOP], [SHORT], []),
        (
            [],
            [{**STOP, "reduce_only": False}],
            [],
            ["an order s in PF_XBTUSD that may open"],
        ),
    ],
)
def test_what_books_and_account_do_not_share_is_named(
    positions: list[Any], orders: list[Any], trades: list[Any], said: list[str]
) -> None:
    assert differences(positions, orders, trades) == said


@pytest.fixture
def paper() -> Iterator[PaperServer]:
    exchange = PaperExchange(synthetic_candles(7, 700), PaperConfig())
    with serve(exchange) as server:
        yield server


@pytest.fixture
def system(root: Path, paper: PaperServer) -> Iterator[System]:
    """A system before an exchange that takes the keys, as the live one would be."""
    keys = {"EXCHANGE_API_KEY": paper.keys.api_key}
    keys["EXCHANGE_API_SECRET"] = paper.keys.secret
    with System(config(root, **keys, EXCHANGE_URL=paper.url)) as found:
        found.start_stores(lambda held: True)
        with connect(found.stores.database_url) as connection:
            connection.execute("truncate trading_data.account")
        yield found


class Terminal(io.StringIO):
    """A terminal at which somebody types one line."""

    def isatty(self) -> bool:
        return True


@pytest.mark.slow
def test_a_typed_yes_opens_the_way_and_shows_what_may_be_lost(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal("lose 1000\n"))
    open_live(system, False, told.append)
    text = "\n".join(told)
    assert "account: 10000 USD of equity" in text
    assert "if the market jumps over every stop: 10000 USD" in text
    assert system.children["gateway"].running
    with pytest.raises(StoreError, match="those of a live account"):
        check_books(system.stores.database_url, "paper")


@pytest.mark.slow
def test_the_keys_of_another_account_are_refused_its_books(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, ours = system.stores.database_url, history_answers.ACCOUNT
    with claimed(url, "live", tmp_path, ours):
        pass
    monkeypatch.setattr(history_answers, "ACCOUNT", "another")
    monkeypatch.setattr(sys, "stdin", Terminal("lose 1000\n"))
    told: list[str] = []
    with pytest.raises(StoreError, match=f"live account {ours}, .* another") as why:
        open_live(system, False, told.append)
    assert "DATABASE_URL of its own" in str(why.value.hint)
    assert "equity" not in "".join(told), "nobody is asked for a yes"
    check_books(url, "live", ours)


@pytest.mark.slow
def test_live_books_without_a_name_are_of_the_account_that_opens_them(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with claimed(system.stores.database_url, "live", tmp_path):
        pass
    monkeypatch.setattr(sys, "stdin", Terminal("lose 1000\n"))
    open_live(system, False, lambda text: None)
    with pytest.raises(StoreError, match=f"live account {history_answers.ACCOUNT}"):
        check_books(system.stores.database_url, "live", "another")


@pytest.mark.slow
@pytest.mark.parametrize("typed", ["yes\n", "lose 100\n", "\n", ""])
def test_anything_else_is_no(
    system: System, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    with pytest.raises(ConfigError, match="not confirmed"):
        open_live(system, False, lambda text: None)
    check_books(system.stores.database_url, "paper")


@pytest.mark.slow
def test_a_position_in_what_is_not_traded_is_refused_even_if_adopted(
    root: Path, paper: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = NewOrder("PF_SOLUSD", "buy", "mkt", Decimal("1"))
    assert paper.exchange.send(order).status == "placed"
    keys = {"EXCHANGE_API_KEY": paper.keys.api_key}
    keys |= {"EXCHANGE_API_SECRET": paper.keys.secret, "EXCHANGE_URL": paper.url}
    monkeypatch.setattr(sys, "stdin", Terminal("lose 1000\n"))
    with System(config(root, **keys, GATEWAY_SYMBOLS="PF_XBTUSD,PF_ETHUSD")) as found:
        found.start_stores(lambda held: True)
        with connect(found.stores.database_url) as connection:
            connection.execute("truncate trading_data.account")
        with pytest.raises(ConfigError, match="holds 1 PF_SOLUSD, which is not") as why:
            open_live(found, True, lambda text: None)
    assert "subaccount" in str(why.value.hint)


@pytest.mark.slow
def test_collateral_beside_usd_is_refused(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = account_answers._flex

    def with_euros(margin: Any) -> Any:
        flex = known(margin)
        return {**flex, "currencies": {**flex["currencies"], "EUR": {"quantity": 5}}}

    monkeypatch.setattr(account_answers, "_flex", with_euros)
    monkeypatch.setattr(sys, "stdin", Terminal("lose 1000\n"))
    with pytest.raises(ConfigError, match="holds EUR beside USD") as why:
        open_live(system, False, lambda text: None)
    assert "architect resume" in str(why.value.hint)


@pytest.mark.slow
def test_the_books_of_the_paper_exchange_are_not_gone_on_with(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with claimed(system.stores.database_url, "paper", tmp_path):
        pass
    monkeypatch.setattr(sys, "stdin", Terminal("lose 1000\n"))
    with pytest.raises(StoreError, match="the paper exchange's"):
        open_live(system, False, lambda text: None)
    assert not system.children


@pytest.mark.slow
def test_without_a_terminal_nobody_can_say_yes(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("lose 1000\n"))
    with pytest.raises(ConfigError, match="a person at a terminal"):
        open_live(system, False, lambda text: None)


@pytest.mark.slow
def test_a_position_that_the_books_do_not_know_is_refused_unless_adopted(
    system: System, paper: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = NewOrder("PF_XBTUSD", "buy", "mkt", Decimal("0.01"))
    assert paper.exchange.send(order).status == "placed"
    monkeypatch.setattr(sys, "stdin", Terminal("lose 999\n"))
    with pytest.raises(ConfigError, match=r"position of 0\.01 PF_XBTUSD"):
        open_live(system, False, lambda text: None)
    system.children["gateway"].stop()
    open_live(system, True, lambda text: None)


ENTRIES = [
    NewOrder("PF_XBTUSD", "buy", "lmt", Decimal("0.01"), limit_price=Decimal("9")),
    NewOrder("PF_ETHUSD", "sell", "stp", Decimal("0.1"), stop_price=Decimal("10")),
]


def test_an_order_is_described_with_what_it_has_filled() -> None:
    row = {"side": "buy", "size": "2", "symbol": "PF_SOLUSD", "kind": "stop"}
    row |= {"client_id": "", "order_id": "o-1", "filled": "0.5"}
    prices = {"limit_price": "9", "stop_price": "8"}
    wanted = "buy 2 PF_SOLUSD stop at 9 from 8, order o-1, 0.5 filled"
    assert described({**row, **prices}) == wanted


def resting(paper: PaperServer) -> dict[str, bool]:
    """Return symbol and reduce-only of what rests at the exchange."""
    orders = paper.exchange.visible_orders()
    return {order.symbol: order.reduce_only for order in orders if order.is_live}


@pytest.mark.slow
def test_entries_of_others_are_shown_and_cancelled_by_a_yes_to_adopt(
    system: System, paper: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = NewOrder("PF_SOLUSD", "buy", "mkt", Decimal("1"))
    stop = replace(held, side="sell", kind="stp", reduce_only=True)
    stop = replace(stop, stop_price=Decimal("1"))
    for order in (held, stop, *ENTRIES):
        assert paper.exchange.send(order).status == "placed"
    found = resting(paper)
    assert found == {"PF_SOLUSD": True, "PF_XBTUSD": False, "PF_ETHUSD": False}
    told: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
    with pytest.raises(ConfigError, match=r"order .* in PF_XBTUSD that may open"):
        open_live(system, False, told.append)
    system.children["gateway"].stop()
    with pytest.raises(ConfigError, match="not confirmed"):
        open_live(system, True, told.append)
    assert resting(paper) == found, "without a yes nothing is touched"
    shown = [line for line in told if line.startswith("to be cancelled: ")]
    assert len(shown) == 2
    assert any("buy 0.01 PF_XBTUSD limit at 9, order " in line for line in shown)
    assert any("sell 0.1 PF_ETHUSD stop from 10, order " in line for line in shown)
    assert any("follow the account: a position of 1 PF_SOL" in line for line in told)
    system.children["gateway"].stop()
    monkeypatch.setattr(sys, "stdin", Terminal("lose 999\n"))
    open_live(system, True, told.append)
    assert resting(paper) == {"PF_SOLUSD": True}
    assert sum(line.startswith("cancelled: ") for line in told) == 2


@pytest.mark.slow
def test_an_entry_that_comes_while_the_yes_is_typed_ends_the_start(
    system: System, paper: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Terminal):
        def readline(self, *_: Any) -> str:
            assert paper.exchange.send(ENTRIES[0]).status == "placed"
            return "lose 1000\n"

    monkeypatch.setattr(sys, "stdin", Slow())
    with pytest.raises(ConfigError, match=r"still rest: buy 0\.01 PF_XBTUSD limit"):
        open_live(system, True, lambda text: None)
    assert resting(paper) == {"PF_XBTUSD": False}, "it was not shown, so it stays"
    check_books(system.stores.database_url, "paper")


def test_the_limits_are_those_of_the_gateway() -> None:
    limits = {"symbols": ["PF_XBTUSD"], "max_order_usd": "1", "max_open_usd": "2"}
    limits |= {"max_open_risk_usd": "3", "max_daily_loss_usd": "4.50"}
    limits |= {"max_orders_per_minute": 5, "max_open_risk_frac": "0.25"}
    limits |= {"max_daily_loss_frac": "0.1"}
    for equity, risk, loss in (("6", "1.50", "0.60"), ("60", "3", "4.50")):
        told: list[str] = []
        account, phrase = {"equity_usd": equity}, f"lose {loss}"
        confirm({"limits": limits}, account, told.append, lambda text, p=phrase: p)  # type: ignore[misc]
        assert f"at most {risk} USD" in json.dumps(told)
        assert f"a day that costs {loss} USD" in json.dumps(told)
