"""What the paper exchange shows to everybody is known by then: no later candle is in it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from paper_market import XBT, bars, flat, order

from core.trading.candles import Candles
from core.trading.paper import PaperConfig, PaperExchange
from core.trading.paper.books import HOUR_MS
from core.trading.paper.market_answers import funding_rates, order_book, ticker
from core.trading.synthetic import synthetic_candles

BEGUN, SEEN = 300, 306  # half an hour into an hour
HISTORY = synthetic_candles(5, 400)


def otherwise(candles: Candles, factor: float) -> Candles:
    """The same candles up to SEEN, and others after it."""
    prices = {
        name: np.concatenate(
            (values[:SEEN], np.round(values[SEEN:] * (1 + factor / 50)))
        )
        for name in ("open", "high", "low", "close")
        for values in (getattr(candles, name),)
    }
    volume = np.concatenate((candles.volume[:SEEN], candles.volume[SEEN:] * factor))
    return replace(candles, volume=volume, **prices)


@pytest.mark.parametrize("stepped", [False, True])
@pytest.mark.parametrize("next_open", [False, True])
def test_two_futures_are_told_alike(next_open: bool, stepped: bool) -> None:
    shown = []
    for factor in (1, 3):
        history = {s: otherwise(c, factor) for s, c in HISTORY.items()}
        warmup = BEGUN if stepped else SEEN
        paper = PaperExchange(history, PaperConfig(warmup=warmup, next_open=next_open))
        if stepped:  # candle by candle, for a trigger waits
            paper.send(order("sell", "0.1", "stp", stop_price="1"))
            paper.step(SEEN - BEGUN)
        market = paper.market
        assert market.count == SEEN
        tells = (ticker, order_book, funding_rates)
        shown.append([tell(market, s) for tell in tells for s in history])
    assert shown[0] == shown[1]


def test_the_predicted_rate_is_the_next_hours_where_the_price_stays() -> None:
    """100,000 for eight hours and 101,000 since: 0.00001 and a thousandth of 1%."""
    rows = [*flat(100_000, 100), *flat(101_000, 20)]
    paper = PaperExchange({XBT: bars(XBT, rows)}, PaperConfig(warmup=102))
    now = ticker(paper.market, XBT)
    assert now["fundingRate"] == Decimal("1.00000")
    assert now["fundingRatePrediction"] == Decimal("0.00002") * 101_000
    paper.send(order("sell", "0.1", "stp", stop_price="1"))
    paper.step(6)  # 09:00
    assert paper.now_ms % HOUR_MS == 0
    later = ticker(paper.market, XBT)
    assert later["fundingRate"] == now["fundingRatePrediction"]


def test_what_was_taken_is_missing_from_the_book_that_is_shown() -> None:
    """The candle that has closed had 10 coins, the one that is traded in has 2."""
    candles = bars(XBT, flat(100_000, 3))
    candles = replace(candles, volume=np.array([100.0, 20.0, 20.0]))
    paper = PaperExchange({XBT: candles}, PaperConfig(warmup=1, next_open=True))
    assert order_book(paper.market, XBT)["asks"][0][1] == 1
    assert ticker(paper.market, XBT)["askSize"] == 1
    paper.send(order("buy", "0.5"))
    assert order_book(paper.market, XBT)["asks"][0][1] == Decimal("0.95")
    paper.step()
    assert order_book(paper.market, XBT)["asks"][0][1] == Decimal("0.2")
