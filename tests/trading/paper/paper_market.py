"""Small markets for tests: a few hand-written candles of one symbol, and a client."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import ccxt  # type: ignore[import-untyped]
import numpy as np

from core.trading.candles import FIVE_MINUTES_MS, Candles
from core.trading.paper import NewOrder, PaperConfig, PaperExchange, PaperServer
from core.trading.synthetic import START_MS

XBT, ETH, SOL = "PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"
Bar = tuple[float, float, float, float]
FREE = {"half_spread_frac": Decimal(0), "slippage_frac": Decimal(0)}


def bars(symbol: str, rows: Sequence[Bar], volume: float = 100_000.0) -> Candles:
    """Return candles of (open, high, low, close) rows that begin at START_MS."""
    table = np.array(rows, dtype=np.float64)
    times = START_MS + FIVE_MINUTES_MS * np.arange(len(rows), dtype=np.int64)
    columns = (table[:, 0], table[:, 1], table[:, 2], table[:, 3])
    volumes = np.full(len(rows), volume)
    return Candles(symbol, FIVE_MINUTES_MS, times, *columns, volumes)


def flat(price: float, count: int) -> list[Bar]:
    """Return candles that do not move."""
    return [(price, price, price, price)] * count


def exchange(
    rows: Sequence[Bar], symbol: str = XBT, *, volume: float = 100_000.0, **config: Any
) -> PaperExchange:
    """Return an exchange that has seen the first candle; no funding unless asked."""
    settings = {"warmup": 1, "funding_frac": Decimal(0), **config}
    return PaperExchange({symbol: bars(symbol, rows, volume)}, PaperConfig(**settings))


def order(side: str, size: str, kind: str = "mkt", **more: Any) -> NewOrder:
    """Return a request; prices may be given as text."""
    prices = ("limit_price", "stop_price", "trail")
    fields = {
        name: Decimal(value) if name in prices and value is not None else value
        for name, value in more.items()
    }
    fields = {"symbol": XBT, **fields}
    return NewOrder(side=side, size=Decimal(size), kind=kind, **fields)


def ccxt_client(server: PaperServer, **settings: Any) -> Any:
    """Return the unmodified client, pointed at the server."""
    url = server.url
    trading, api = f"{url}/derivatives/api/", f"{url}/api"
    urls = {
        "public": trading,
        "private": trading,
        "charts": f"{api}/charts/",
        "history": f"{api}/history/",
    }
    keys = {"apiKey": server.keys.api_key, "secret": server.keys.secret}
    options = {"enableRateLimit": False, "urls": {"api": urls}, **keys, **settings}
    return ccxt.krakenfutures(options)
