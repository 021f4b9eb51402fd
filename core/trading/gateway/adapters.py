"""Makes the adapter of the exchange: the one place that says which there is.

Whoever wants one, or its public charts, asks here and knows neither the API nor ccxt.
"""

from __future__ import annotations

from core.trading.gateway.adapter import Adapter, Charts
from core.trading.gateway.ccxt_calls import Calls
from core.trading.gateway.ccxt_rest import CcxtRest
from core.trading.gateway.keys import Keys
from core.trading.gateway.kraken_candles import KrakenCharts
from core.trading.gateway.limiter import ServerClock


def adapter(
    url: str,
    keys: Keys,
    symbols: tuple[str, ...],
    *,
    interval: str = "5m",
    timeout_s: float = 10.0,
) -> Adapter:
    """Return an adapter of one account at `url`, for symbols that it must always tell of.

    ConfigError if the URL is neither https nor on this machine, or there is no such interval.
    """
    calls = Calls(url, keys, clock=ServerClock(), timeout_s=timeout_s)
    return CcxtRest(calls, symbols, interval=interval)


def charts(url: str) -> Charts:
    """Return the public charts at `url`. ConfigError as of `adapter`."""
    return KrakenCharts(Calls(url, None, clock=ServerClock()))
