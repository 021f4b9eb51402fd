"""The gateway's limits: what no order may pass, whoever wrote the code that sends it.

Safe defaults, then a file, then GATEWAY_* from the environment. They are read once, at
start: a running gateway cannot be talked into others.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from core.environment import Environment
from core.errors import ConfigError
from core.plain_words import plainly

_VARIABLES = {
    "GATEWAY_SYMBOLS": "symbols",
    "GATEWAY_MAX_ORDER_USD": "max_order_usd",
    "GATEWAY_MAX_OPEN_USD": "max_open_usd",
    "GATEWAY_MAX_OPEN_RISK_USD": "max_open_risk_usd",
    "GATEWAY_MAX_OPEN_RISK_FRAC": "max_open_risk_frac",
    "GATEWAY_MAX_DAILY_LOSS_USD": "max_daily_loss_usd",
    "GATEWAY_MAX_DAILY_LOSS_FRAC": "max_daily_loss_frac",
    "GATEWAY_MAX_ORDERS_PER_MINUTE": "max_orders_per_minute",
    "GATEWAY_MAX_REJECTS": "max_rejects",
    "GATEWAY_MAX_DRIFT_USD": "max_drift_usd",
    "GATEWAY_MAX_DRIFTS": "max_drifts",
}
_FILE_VARIABLE = "GATEWAY_LIMITS_FILE"


class Limits(BaseModel):
    """Hard limits; notional is size times price, risk is what is lost at the stops, in USD.

    `max_open_risk_frac` is of the equity that the exchange tells, `max_daily_loss_frac` of
    the day's first; of two limits both hold. The day is UTC. Rejects count while
    they come in a row; of drifts one is forgotten in an hour without any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbols: tuple[str, ...] = Field(
        default=("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"), min_length=1
    )
    max_order_usd: Decimal = Field(default=Decimal(10_000), gt=0)
    max_order_size: dict[str, Decimal] = Field(default_factory=dict)
    max_open_usd: Decimal = Field(default=Decimal(30_000), gt=0)
    max_open_risk_usd: Decimal = Field(default=Decimal(1000), gt=0)
    max_open_risk_frac: Decimal = Field(default=Decimal("0.03"), gt=0)
    max_daily_loss_usd: Decimal = Field(default=Decimal(1000), gt=0)
    max_daily_loss_frac: Decimal = Field(default=Decimal("0.1"), gt=0, le=1)
    max_orders_per_minute: int = Field(default=60, gt=0)
    max_rejects: int = Field(default=10, gt=0)
    max_drift_usd: Decimal = Field(default=Decimal(50), gt=0)
    max_drifts: int = Field(default=12, gt=0)

    @field_validator("max_order_size")
    @classmethod
    def _sizes_are_of_symbols(
        cls, sizes: dict[str, Decimal], info: ValidationInfo
    ) -> dict[str, Decimal]:
        symbols = info.data.get("symbols", ())
        for symbol in sizes:
            # A misspelt one would limit nothing.
            if symbol not in symbols:
                raise ValueError(
                    f"{symbol} is none of the symbols {', '.join(symbols)}"
                )
        return sizes


def daily_loss_usd(most_usd: Decimal, frac: Decimal, first_usd: Decimal) -> Decimal:
    """Return what a day that began with an equity may cost."""
    return min(most_usd, frac * first_usd)


def load(path: Path | None, environment: Environment) -> Limits:
    """Return the limits; ConfigError names the key that is wrong, or is not known."""
    # A misspelt limit must not become a default in silence.
    environment.refuse_unknown(
        environment.keys("GATEWAY_"), [*_VARIABLES, _FILE_VARIABLE]
    )
    named = environment.get(_FILE_VARIABLE)
    path = path or (Path(named) if named else None)
    values: dict[str, Any] = _file(path) if path else {}
    for variable, key in _VARIABLES.items():
        if text := environment.get(variable):
            values[key] = text.replace(",", " ").split() if key == "symbols" else text
    try:
        return Limits(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key, said = ".".join(map(str, first["loc"])), first["msg"]
        raise ConfigError(
            f"{_source(key, environment, path)}: {plainly(said)}"
            f" (got {first['input']!r:.80})",
            hint=f"keys are {', '.join(Limits.model_fields)}; .env.example explains them",
        ) from None


def _source(key: str, environment: Environment, path: Path | None) -> str:
    """Return where a person finds a limit that is wrong."""
    field = key.partition(".")[0]
    for variable, named in _VARIABLES.items():
        if named == field and environment.get(variable):
            return f"{variable} in {environment.origin(variable)}"
    return f"limits {path}: {key}" if path else f"limits: {key}"


def _file(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"limits {path} cannot be read: {error}",
                          hint=".env.example shows such a file") from None  # fmt: skip
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError(f"limits {path} is not a mapping of limits",
                          hint=".env.example shows such a file")  # fmt: skip
    return values
