"""Instruments, tickers, order book and candles in Kraken's words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from core.trading.contracts import Contract
from core.trading.paper.books import HOUR_MS
from core.trading.paper.market import Market
from core.trading.paper.matching import TOUCH_SHARE
from core.trading.paper.orders import ZERO
from core.trading.paper.wire import Plain, iso

FEE_SCHEDULE = "7fc4d7c0-464f-4029-a9bb-55856d0c5247"
_LEVELS = 10
MOST_FUNDING_RATES = 2_000


def instrument(contract: Contract, opened_ms: int) -> Plain:
    """Return one of `instruments`."""
    levels = [
        {
            "numNonContractUnits": level.from_usd,
            "initialMargin": level.initial_frac,
            "maintenanceMargin": level.maintenance_frac,
        }
        for level in contract.margin_levels
    ]
    return {
        "symbol": contract.symbol,
        "type": "flexible_futures",
        "pair": contract.pair,
        "base": contract.pair.split(":")[0].replace("XBT", "BTC"),
        "quote": "USD",
        "tickSize": contract.tick_size,
        "contractSize": 1,
        "contractValueTradePrecision": contract.size_decimals,
        "tradeable": True,
        "postOnly": False,
        "maxPositionSize": contract.max_position,
        "marginLevels": levels,
        "retailMarginLevels": levels,
        "openingDate": iso(opened_ms),
        "feeScheduleUid": FEE_SCHEDULE,
        "fundingRateCoefficient": 8,
        "maxRelativeFundingRate": 0.0005,
        "category": "Layer 1",
        "tags": [],
    }


def ticker(market: Market, symbol: str) -> Plain:
    """Return one of `tickers`."""
    price = market.price[symbol]
    bid, ask = market.bid_ask(symbol, price)
    opened, high, low, volume = market.day(symbol)
    touch = market.contracts[symbol].size_down(market.shown_depth(symbol) * TOUCH_SHARE)
    rate = market.funding_rate(symbol, market.now_ms)
    prediction = market.predicted_rate(symbol) * price
    return {
        "symbol": symbol,
        "tag": "perpetual",
        "pair": market.contracts[symbol].pair,
        "markPrice": price,
        "indexPrice": price,
        "bid": bid,
        "bidSize": touch,
        "ask": ask,
        "askSize": touch,
        "last": price,
        "lastTime": iso(market.now_ms),
        "lastSize": touch,
        "open24h": opened,
        "high24h": high,
        "low24h": low,
        "vol24h": volume,
        "volumeQuote": volume * price,
        "openInterest": volume,
        "fundingRate": rate,
        "fundingRatePrediction": prediction.quantize(Decimal("1e-12")),
        "suspended": False,
        "postOnly": False,
        "change24h": round(float(price / opened - 1) * 100, 2),
    }


def order_book(market: Market, symbol: str) -> Plain:
    """Return `orderBook`: the touch, then the candle's depth in equal, evenly set levels.

    What has been taken is missing from it.
    """
    bid, ask = market.bid_ask(symbol, market.price[symbol])
    contract, config = market.contracts[symbol], market.config
    left = max(ZERO, market.shown_depth(symbol) - market.depth_used[symbol])
    size = contract.size_down(left / _LEVELS)
    gaps = [ask * config.slippage_frac * n / _LEVELS for n in range(_LEVELS)]
    asks = [[contract.price_up(ask + gap), size] for gap in gaps]
    bids = [[contract.price_down(bid - gap), size] for gap in gaps]
    return {"bids": bids, "asks": asks}


def funding_rates(market: Market, symbol: str) -> list[Plain]:
    """Return `rates` of past and current hours, oldest first."""
    last = market.now_ms // HOUR_MS
    first = max(market.start_ms // HOUR_MS, last - MOST_FUNDING_RATES + 1)
    return [
        {
            "timestamp": iso(hour * HOUR_MS),
            "fundingRate": market.funding_rate(symbol, hour * HOUR_MS),
            "relativeFundingRate": market.relative_rate(symbol, hour),
        }
        for hour in range(first, last + 1)
    ]


def public_executions(market: Market, symbol: str, count: int) -> list[Plain]:
    """Return the market's executions, newest first: one for each closed candle."""
    rows = range(market.count - 1, max(-1, market.count - 1 - count), -1)
    return [_execution(market, symbol, index) for index in rows]


def fee_schedules(fees: Sequence[Decimal]) -> list[Plain]:
    """Return `feeSchedules`: one tier of maker and taker fee, in percent."""
    maker, taker = (fee * 100 for fee in fees)
    tiers = [{"makerFee": maker, "takerFee": taker, "usdVolume": 0.0}]
    return [{"uid": FEE_SCHEDULE, "name": "Paper", "tiers": tiers}]


def _execution(market: Market, symbol: str, index: int) -> Plain:
    candles = market.candles[symbol]
    time_ms = str(market.start_ms + (index + 1) * market.interval_ms)
    up = candles.close[index] >= candles.open[index]
    taker = {"uid": f"{symbol}-{index}-taker", "tradeable": symbol}
    execution = {
        "uid": f"{symbol}-{index}",
        "timestamp": time_ms,
        "quantity": str(float(candles.volume[index])),
        "price": str(float(candles.close[index])),
        "markPrice": str(float(candles.close[index])),
        "limitFilled": False,
        "takerOrder": {**taker, "direction": "Buy" if up else "Sell"},
        "makerOrder": {"uid": f"{symbol}-{index}-maker", "tradeable": symbol},
    }
    uid = f"{symbol}-{index}-event"
    event = {"Execution": {"execution": execution, "takerReducedQuantity": ""}}
    return {"uid": uid, "timestamp": time_ms, "event": event}
