"""The settings of the trading loop. The gateway's limits are the gateway's own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from core.config import Section
from core.environment import Environment


def _split(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class TradingSettings(Section):
    """What is traded: Kraken's own symbols, and the interval of the candles."""

    symbols: Annotated[tuple[str, ...], BeforeValidator(_split)] = Field(
        ("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"),
        min_length=1,
        validation_alias="TRADING_SYMBOLS",
    )
    interval: Literal["1m", "5m", "15m", "30m", "1h", "4h"] = Field(
        "5m", validation_alias="TRADING_INTERVAL"
    )


def read_trading(environment: Environment) -> TradingSettings:
    """Return the trading settings; an unknown TRADING_* key is an error."""
    environment.refuse_unknown(environment.keys("TRADING_"), TradingSettings.known())
    return TradingSettings.read(environment)
