"""The account's money: entry prices, funding, margin and liquidation by hand figures."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from paper_market import ETH, FREE, SOL, XBT, exchange, flat, order

from core.trading.paper import PaperConfig, PaperExchange
from core.trading.paper.orders import OrderState
from core.trading.synthetic import synthetic_candles


def test_entry_price_averages_and_profit_goes_into_the_balance_at_once() -> None:
    rows = [*flat(100_000, 1), *flat(103_000, 1), *flat(104_000, 1)]
    paper = exchange(rows, taker_fee_frac=Decimal(0), **FREE)
    paper.send(order("buy", "0.02"))  # at 100001, one tick above the price
    paper.step()
    paper.send(order("buy", "0.01"))  # at 103001
    assert paper.books.holdings[XBT].entry_price == 101_001
    paper.step()
    paper.send(order("sell", "0.02"))  # at 104000
    assert paper.books.balance_usd == Decimal("10000") + 2 * Decimal("29.99")
    assert paper.books.holdings[XBT].entry_price == 101_001
    paper.send(order("sell", "0.03"))  # turns: closes 0.01, opens 0.02 short
    assert paper.books.balance_usd == Decimal("10000") + 3 * Decimal("29.99")
    assert paper.books.holdings[XBT].size == Decimal("-0.02")
    assert paper.books.holdings[XBT].entry_price == 104_000


def test_funding_accrues_in_time_and_is_settled_on_the_hour_to_the_cent() -> None:
    """2 XBT at 100,000 and 0.01% an hour: $20 an hour, 12 candles an hour."""
    frac = Decimal("0.0001")
    paper = exchange(flat(100_000, 30), funding_frac=frac, **FREE)
    paper.send(order("buy", "2"))  # at 00:05
    start = paper.books.balance_usd
    paper.step(5)  # 00:30: 25 minutes of it
    margin = paper.margin()
    assert margin.balance == start
    assert round(margin.funding, 8) == Decimal("-8.33333333")
    assert margin.equity == margin.balance + margin.floating + margin.funding
    paper.step(6)  # 01:00: 55 minutes, settled
    row = paper.books.ledger[-1]
    assert row.kind == "funding rate change"
    assert row.funding_usd == Decimal("-18.33333333")
    assert paper.margin().funding == 0
    paper.step(12)  # a whole hour
    assert paper.books.ledger[-1].funding_usd == Decimal("-20.00000000")


def test_funding_is_settled_when_the_position_changes_and_shorts_receive_it() -> None:
    paper = exchange(flat(100_000, 30), funding_frac=Decimal("0.0001"), **FREE)
    paper.send(order("sell", "2"))
    paper.step(3)  # a quarter of an hour
    paper.send(order("buy", "1"))
    row = paper.books.ledger[-1]
    assert row.kind == "futures trade"
    assert row.funding_usd == Decimal("5.00000000")
    assert paper.margin().funding == 0


def test_the_funding_rate_of_an_hour_reads_nothing_that_comes_after_its_start() -> None:
    whole = synthetic_candles(5, 400)
    cut = {
        s: c.between(int(c.time_ms[0]), int(c.time_ms[240])) for s, c in whole.items()
    }
    config = PaperConfig(warmup=240)
    long, short = PaperExchange(whole, config), PaperExchange(cut, config)
    hour = long.now_ms // 3_600_000
    for symbol in (XBT, ETH, SOL):
        rate = long.market.funding_rate(symbol, long.now_ms)
        assert rate == short.market.funding_rate(symbol, short.now_ms)
        assert abs(long.market.relative_rate(symbol, hour)) <= Decimal("0.0005")


def test_an_order_beyond_the_margin_is_refused_and_one_within_is_not() -> None:
    """$1,000 at 2% carries $50,000 less fees; resting orders bind margin too."""
    paper = exchange(flat(100_000, 3), balance_usd=Decimal(1000), **FREE)
    assert paper.send(order("buy", "0.5")).status == "insufficientAvailableFunds"
    assert paper.send(order("buy", "0.3")).status == "placed"
    resting = order("buy", "0.19", "lmt", limit_price="90000")
    assert paper.send(resting).status == "insufficientAvailableFunds"
    assert paper.send(order("sell", "0.6")).status == "placed"
    assert paper.books.holdings[XBT].size == Decimal("-0.3")


def test_a_larger_position_stands_in_a_higher_margin_level() -> None:
    paper = exchange(flat(100_000, 3), balance_usd=Decimal(10**6), **FREE)
    paper.send(order("buy", "4"))
    assert paper.margin().initial == 8_000  # 2% of $400,000
    paper.send(order("buy", "2"))
    assert paper.margin().initial == 24_000  # 4% of $600,000
    assert paper.margin().maintenance == 12_000


def test_a_leverage_preference_raises_the_initial_margin() -> None:
    paper = exchange(flat(100_000, 3), **FREE)
    paper.venue.leverages[XBT] = Decimal(5)
    paper.send(order("buy", "0.1"))
    assert paper.margin().initial == 2_000


def test_liquidation_closes_everything_where_the_margin_gives_out() -> None:
    """$1,000 and 0.4 XBT long at 100,001: equity meets 1% maintenance near 98,485."""
    fall = (100_000.0, 100_000.0, 90_000.0, 95_000.0)
    config = {"balance_usd": Decimal(1000), "taker_fee_frac": Decimal(0)}
    paper = exchange([*flat(100_000, 1), fall, fall], **config, **FREE)
    paper.send(order("buy", "0.4"))
    resting = paper.send(order("sell", "0.1", "lmt", limit_price="110000")).order
    paper.step()
    assert paper.venue.liquidations == 1
    assert paper.books.holdings[XBT].size == 0
    assert resting is not None
    assert not resting.is_live
    fill, row = paper.books.fills[-1], paper.books.ledger[-1]
    assert (fill.role, row.kind) == ("liquidation", "futures liquidation")
    # 1000 + 0.4 (p - 100001) = 0.004 p  ->  p = 98485.86
    assert fill.price == 98_485
    assert paper.books.balance_usd == Decimal("393.6")


def test_a_gap_beyond_all_margin_leaves_zero_not_less() -> None:
    """Two symbols' positions move at once, so the crossing is found at the start."""
    gap = (80_000.0, 80_000.0, 80_000.0, 80_000.0)
    paper = exchange([*flat(100_000, 1), gap], balance_usd=Decimal(1000), **FREE)
    paper.send(order("buy", "0.4"))
    paper.books.balance_usd -= 900  # already below maintenance when the candle begins
    paper.step()
    assert paper.venue.liquidations == 1
    assert paper.books.balance_usd >= 0


def _falls_by_a_tenth(
    *stops: tuple[str, str], opens: float = 100_000.0
) -> PaperExchange:
    """$10,000 and 2 XBT long at 100,005, of which the margin gives out near 96,015."""
    fall = (opens, opens, 90_000.0, 90_000.0)
    rows = [*flat(100_000, 1), fall, *flat(90_000, 1)]
    paper = exchange(rows, balance_usd=Decimal(10_000), volume=1e6)
    paper.send(order("buy", "2"))
    for size, price in stops:
        paper.send(order("sell", size, "stp", stop_price=price, reduce_only=True))
    return paper


def test_a_stop_beyond_the_liquidation_comes_too_late() -> None:
    without, late = _falls_by_a_tenth(), _falls_by_a_tenth(("2", "93000"))
    below = order("buy", "0.01", "lmt", limit_price="95000")
    resting = late.send(below).order
    without.step()
    late.step()
    assert late.venue.liquidations == 1
    assert late.books.fills[-1].role == "liquidation"
    assert late.books.fills[-1].price == without.books.fills[-1].price == 96_010
    assert late.books.balance_usd == without.books.balance_usd > 0
    assert resting is not None
    assert resting.state is OrderState.CANCELLED
    assert not resting.filled
    assert not late.venue.live


def test_a_stop_before_the_liquidation_keeps_it_away() -> None:
    paper = _falls_by_a_tenth(("2", "97000"))
    paper.step()
    assert paper.venue.liquidations == 0
    assert (paper.books.fills[-1].role, paper.books.fills[-1].price) == (
        "taker",
        96_995,
    )
    assert paper.books.balance_usd > 0


def test_what_lies_beyond_a_liquidation_that_a_stop_averts_is_still_reached() -> None:
    """1.9 XBT are sold at 97,000; what is left would not be liquidated at 90,000."""
    paper = _falls_by_a_tenth(("1.9", "97000"), ("0.1", "93000"))
    paper.step()
    assert paper.venue.liquidations == 0
    prices = [fill.price for fill in paper.books.fills]
    assert prices == [100_005, 96_995, 92_995]
    assert paper.market.price[XBT] == 90_000


def test_a_stop_that_averts_no_liquidation_is_filled_before_it() -> None:
    paper = _falls_by_a_tenth(("0.1", "97000"), ("1.9", "93000"))
    paper.step()
    assert paper.venue.liquidations == 1
    roles = [fill.role for fill in paper.books.fills]
    assert roles == ["taker", "taker", "liquidation"]
    assert 93_000 < paper.books.fills[-1].price < 96_010
    assert paper.books.balance_usd > 0


@pytest.mark.parametrize("stops", [(), (("2", "93000"),), (("2", "97000"),)])
def test_a_gap_has_no_price_on_the_way_to_stop_or_liquidate_at(
    stops: tuple[tuple[str, str], ...],
) -> None:
    paper = _falls_by_a_tenth(*stops, opens=90_000.0)
    paper.step()
    assert paper.books.holdings[XBT].size == 0
    assert paper.books.fills[-1].price < 90_000
    assert paper.books.balance_usd == 0
    assert paper.books.ledger[-1].kind == "futures unwind bankrupt"


def test_who_closes_by_himself_for_more_than_he_has_owes_nothing() -> None:
    """What is sent at the close is filled at the next open, 10% lower."""
    gap = (90_000.0, 90_000.0, 90_000.0, 90_000.0)
    rows = [*flat(100_000, 2), gap]
    paper = exchange(rows, balance_usd=Decimal(10_000), volume=1e6, next_open=True)
    paper.send(order("buy", "2"))
    paper.step()
    paper.send(order("sell", "1"))
    assert paper.books.holdings[XBT].size == 1
    assert paper.books.balance_usd < 0, "what is still held may be worth more than that"
    paper.send(order("sell", "1"))
    assert paper.books.holdings[XBT].size == 0
    assert paper.books.balance_usd == 0
    assert paper.books.ledger[-1].kind == "futures unwind bankrupt"


def _trade_at_random(seed: int) -> PaperExchange:
    """Return an exchange after 150 candles of random orders of every kind."""
    rng = random.Random(seed)
    config = PaperConfig(warmup=50, balance_usd=Decimal(5_000), seed=seed)
    paper = PaperExchange(synthetic_candles(seed, 200), config)
    for _ in range(150):
        for _ in range(rng.randrange(3)):
            symbol = rng.choice((XBT, ETH, SOL))
            contract = paper.market.contracts[symbol]
            price = paper.market.price[symbol]
            near = contract.price_down(price * Decimal(rng.randrange(990, 1010)) / 1000)
            usd = Decimal(rng.randrange(50, 20_000))
            kind = rng.choice(("mkt", "lmt", "post", "ioc", "stp", "take_profit"))
            stopped = kind in ("stp", "take_profit")
            request = order(
                rng.choice(("buy", "sell")),
                str(contract.size_down(usd / price) or contract.size_step),
                kind,
                symbol=symbol,
                limit_price=None if stopped else near,
                stop_price=near if stopped else None,
                reduce_only=rng.random() < 0.2,
            )
            paper.send(request)
        if rng.random() < 0.05:
            paper.cancel_all()
        paper.step()
    return paper


@pytest.mark.parametrize("seed", range(6))
def test_the_balance_is_the_start_plus_the_log_exactly(seed: int) -> None:
    paper = _trade_at_random(seed)
    books, balance = paper.books, Decimal(5_000)
    for row in books.ledger:
        assert row.old_balance_usd == balance
        balance += row.realised_usd + row.funding_usd - row.fee_usd
        assert row.balance_usd == balance
    assert balance == books.balance_usd
    assert len(books.fills) > 20
    for symbol, holding in books.holdings.items():
        fills = [fill for fill in books.fills if fill.order.symbol == symbol]
        assert holding.size == sum(fill.order.signed(fill.size) for fill in fills)


def test_realised_profit_is_what_the_fills_say() -> None:
    """Cash out less cash in, at the fills' prices, is the realised P&L once flat."""
    paper = _trade_at_random(11)
    paper.cancel_all()
    for symbol, holding in paper.books.holdings.items():
        for _ in range(20):
            if holding.size:
                side = "sell" if holding.size > 0 else "buy"
                paper.send(order(side, str(abs(holding.size)), symbol=symbol))
    cash = -sum(fill.order.signed(fill.size) * fill.price for fill in paper.books.fills)
    realised = sum(row.realised_usd for row in paper.books.ledger)
    assert not any(holding.size for holding in paper.books.holdings.values())
    assert abs(cash - realised) < Decimal("0.000001")


def test_the_same_calls_give_the_same_books_and_ids() -> None:
    first, second = _trade_at_random(3), _trade_at_random(3)
    assert first.books.ledger == second.books.ledger
    assert list(first.venue.orders) == list(second.venue.orders)
