"""What is refused before anything is started: settings by which nothing could be traded."""

from __future__ import annotations

from architect.config import Config
from core.errors import ConfigError
from core.trading.gateway import limits


def check_symbols(config: Config) -> None:
    """ConfigError for a symbol that the gateway lets nobody trade, and for a wrong limit."""
    allowed = limits.load(None, config.environment).symbols
    if outside := [s for s in config.trading.symbols if s not in allowed]:
        raise ConfigError(
            f"TRADING_SYMBOLS: the gateway trades no {', '.join(outside)}",
            hint=f"GATEWAY_SYMBOLS allows {', '.join(allowed)}",
        )
