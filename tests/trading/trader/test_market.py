"""The market as the loop sees it, over a process that runs for months."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from core.errors import ExchangeUnavailable
from core.trading.trader.market import LISTED_MS, Market


@dataclass
class Exchange:
    """Lists what it is told to; `fails` says whether it can tell."""

    listed: dict[str, str] = field(default_factory=dict)
    now_ms: int = 1_000_000
    fails: bool = False
    asked: int = 0

    def instruments(self) -> list[Any]:
        self.asked += 1
        if self.fails:
            raise ExchangeUnavailable("maintenance")
        return [SimpleNamespace(symbol=s, tick=t) for s, t in self.listed.items()]

    def tickers(self) -> list[Any]:
        return [
            SimpleNamespace(symbol=s, time_ms=self.now_ms, suspended=False)
            for s in ("A", "B")
        ]


def market(exchange: Exchange) -> Market:
    found: Any = exchange
    made = Market(found, 500)
    made.update_prices()
    return made


def test_what_is_listed_is_read_again_once_an_hour() -> None:
    exchange = Exchange({"A": "0.5", "B": "1"})
    made = market(exchange)
    exchange.listed["A"] = "0.1"
    exchange.now_ms += LISTED_MS - 1
    made.update_prices()
    assert (exchange.asked, made.instruments["A"].tick) == (1, "0.5")
    exchange.now_ms += 1
    made.update_prices()
    made.update_prices()
    assert (exchange.asked, made.instruments["A"].tick) == (2, "0.1")


def test_what_is_listed_no_more_is_not_entered_and_can_be_ended() -> None:
    exchange = Exchange({"A": "0.5", "B": "1"})
    made = market(exchange)
    del exchange.listed["B"]
    exchange.now_ms += LISTED_MS
    made.update_prices()
    assert made.tradeable == ["A"]
    assert made.instruments["B"].tick == "1"


def test_an_exchange_that_cannot_tell_leaves_what_is_known() -> None:
    exchange = Exchange({"A": "0.5", "B": "1"})
    made = market(exchange)
    exchange.fails, exchange.now_ms = True, exchange.now_ms + LISTED_MS
    made.update_prices()
    assert made.tradeable == ["A", "B"]
    exchange.fails, exchange.listed["A"] = False, "0.1"
    made.update_prices()
    assert made.instruments["A"].tick == "0.1"
