"""The settings of the trading loop. The gateway's limits are the gateway's own."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from core.config import Section
from core.environment import Environment


def _split(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class TradingSettings(Section):
    """What is traded: Kraken's own symbols, the candles' interval, and at which prices.

    An entry pays at most `slippage_frac` more than the price of its decision; a fill that
    is worse than it by `max_slippage_frac` is a failed trade. Both are fractions.
    """

    symbols: Annotated[tuple[str, ...], BeforeValidator(_split)] = Field(
        ("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"),
        min_length=1,
        validation_alias="TRADING_SYMBOLS",
    )
    # The strategy's times are made for it, and the loop ticks by it.
    interval: Literal["5m"] = Field("5m", validation_alias="TRADING_INTERVAL")
    slippage_frac: Decimal = Field(
        Decimal("0.003"),
        gt=0,
        le=Decimal("0.05"),
        validation_alias="TRADING_SLIPPAGE_FRAC",
    )
    max_slippage_frac: Decimal = Field(
        Decimal("0.01"),
        gt=0,
        le=Decimal("0.1"),
        validation_alias="TRADING_MAX_SLIPPAGE_FRAC",
    )


def read_trading(environment: Environment) -> TradingSettings:
    """Return the trading settings; an unknown TRADING_* key is an error."""
    environment.refuse_unknown(environment.keys("TRADING_"), TradingSettings.known())
    return TradingSettings.read(environment)
