"""A route: which model answers a job, where, at what price and within which limits.

Read from LLM_* settings. LLM_MODEL and its like are shared by all routes; the route's
name after LLM_ sets a field for that route alone (LLM_CODE_MODEL). Two things are
never shared, because they would be wrong in silence: a key is not sent to a route's
own URL, and a price is not that of a route's own model or URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
)

from core.config import validated
from core.environment import Environment
from core.errors import ConfigError

JOBS = ("architect", "code", "wick", "signal")
OPENAI_URL = "https://api.openai.com/v1"
# The part of a key after LLM_ or LLM_<ROUTE>_, and the field that it sets.
FIELDS = MappingProxyType(
    {
        "API_URL": "url",
        "API_KEY": "key",
        "MODEL": "model",
        "PRICE_IN_USD": "price_in_usd",
        "PRICE_OUT_USD": "price_out_usd",
        "TEMPERATURE": "temperature",
        "MAX_TOKENS": "max_tokens",
        "MAX_TOKENS_FIELD": "max_tokens_field",
        "TIMEOUT_S": "timeout_s",
        "RETRIES": "retries",
        "STREAM": "stream",
        "FALLBACKS": "fallbacks",
    }
)
_PRICES = ("PRICE_IN_USD", "PRICE_OUT_USD")
_NOT_SHARED = {"API_URL": ("API_KEY", *_PRICES), "MODEL": _PRICES}


def split_names(text: str | None) -> list[str]:
    """Split a setting of names between commas or spaces."""
    return (text or "").replace(",", " ").split()


class Route(BaseModel):
    """One way to a model; prices in USD a million tokens, temperature None: unsent."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)

    name: str
    model: str
    url: str = Field(OPENAI_URL, pattern=r"^https?://[^@?#\s]+$")
    key: SecretStr | None = None
    price_in_usd: Decimal = Field(ge=0, allow_inf_nan=False)
    price_out_usd: Decimal = Field(ge=0, allow_inf_nan=False)
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int = Field(4000, gt=0, le=1_000_000)
    max_tokens_field: str = Field(
        "auto", pattern="^(auto|max_tokens|max_completion_tokens)$"
    )
    timeout_s: float = Field(120.0, gt=0, le=3600)
    retries: int = Field(3, ge=0, le=10)
    stream: bool = False
    fallbacks: tuple[str, ...] = ()

    @field_validator("key")
    @classmethod
    def _key_fits_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        text = key.get_secret_value() if key else "x"
        if not (text.isascii() and text.isprintable()) or " " in text:
            raise ValueError("holds characters that no key has")
        return key

    @property
    def limit_field(self) -> str:
        """The parameter that bounds the answer: OpenAI renamed it, others kept it."""
        if self.max_tokens_field != "auto":
            return self.max_tokens_field
        openai = self.url.startswith("https://api.openai.com/")
        return "max_completion_tokens" if openai else "max_tokens"

    def worst_usd(self, prompt_tokens: int) -> Decimal:
        """Return the price of a call that uses every token that it may."""
        return self.price(prompt_tokens, self.max_tokens)

    def price(self, prompt_tokens: int, answer_tokens: int) -> Decimal:
        """Return the price in USD of so many tokens."""
        asked = prompt_tokens * self.price_in_usd
        return (asked + answer_tokens * self.price_out_usd) / 1_000_000


def route_keys(names: tuple[str, ...]) -> set[str]:
    """Return every key that the routes of these names may have."""
    return {f"LLM_{part}{field}" for part in _parts(names) for field in FIELDS}


def read_routes(environment: Environment, names: tuple[str, ...]) -> dict[str, Route]:
    """Return the routes that are configured, by name.

    A route without a model, a key or a URL of its own is none. ConfigError: half a
    route, a price that is not said, a fallback that does not exist.
    """
    found = {name: _read(environment, name) for name in names}
    routes = {name: route for name, route in found.items() if route}
    for route in routes.values():
        for fallback in route.fallbacks:
            if fallback not in routes:
                raise ConfigError(
                    f"LLM_{route.name.upper()}_FALLBACKS: {fallback} is no route with a model",
                    hint=f"routes with a model: {', '.join(sorted(routes))}",
                )
    return routes


def with_fallbacks(routes: Mapping[str, Route], name: str) -> tuple[Route, ...]:
    """Return a route and its fallbacks, in the order of being asked; none without it."""
    if name not in routes:
        return ()
    return routes[name], *(routes[other] for other in routes[name].fallbacks)


def _parts(names: tuple[str, ...]) -> list[str]:
    return ["", *(f"{name.upper()}_" for name in names)]


def _read(environment: Environment, name: str) -> Route | None:
    keys = _keys(environment, name)
    if not keys.keys() & {"API_URL", "API_KEY", "MODEL"}:
        return None
    if "MODEL" not in keys:
        raise ConfigError(
            f"{keys.get('API_KEY') or keys['API_URL']} is set, but no model for {name}",
            hint=f"set LLM_MODEL or LLM_{name.upper()}_MODEL",
        )
    if not keys.keys() & {"API_URL", "API_KEY"}:
        raise ConfigError(
            f"{keys['MODEL']} is set, but neither a key nor a URL for {name}",
            hint="set LLM_API_KEY, or LLM_API_URL of a server that needs none",
        )
    _refuse_unpriced(keys)
    return _route(environment, name, keys)


def _keys(environment: Environment, name: str) -> dict[str, str]:
    """Return, for each field that is set, the key that sets it for this route."""
    own = f"LLM_{name.upper()}_"
    mine = {field for field in FIELDS if environment.get(own + field)}
    bound = {field for owner in mine for field in _NOT_SHARED.get(owner, ())}
    shared = {
        field
        for field in FIELDS
        if field not in mine | bound and environment.get(f"LLM_{field}")
    }
    return {f: own + f for f in mine} | {f: f"LLM_{f}" for f in shared}


def _refuse_unpriced(keys: Mapping[str, str]) -> None:
    model, url = keys["MODEL"], keys.get("API_URL", "LLM_API_URL")
    # Set beside what it is the price of: a job's own model or URL, or what all share.
    beside, where = model.removesuffix("MODEL"), ""
    if beside == "LLM_" and url != "LLM_API_URL":
        beside, where = url.removesuffix("API_URL"), f" at {url}"
    missing = [beside + price for price in _PRICES if price not in keys]
    if missing:
        raise ConfigError(
            f"the price of {model}{where} is not set, so no budget could hold it",
            hint=f"set {' and '.join(missing)}; 0 for a model that costs nothing",
        )


def _route(environment: Environment, name: str, keys: Mapping[str, str]) -> Route:
    values: dict[str, Any] = {f: environment.get(key) for f, key in keys.items()}
    # A shared list of fallbacks names each of them too.
    others = [n for n in split_names(values.pop("FALLBACKS", "")) if n != name]
    fields = {FIELDS[f]: value for f, value in values.items()}
    labels = {FIELDS[f]: key for f, key in keys.items()}
    fields |= {"name": name, "fallbacks": others}
    return validated(Route, fields, environment, labels)
