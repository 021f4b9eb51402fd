"""The settings that every process of a project shares, validated once.

A section is a frozen pydantic model; each field names its key. `core` knows its own
sections; `architect.config` adds the model routes, and each checks only the keys that
are its own. Exchange keys are not here: only the gateway gets them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from core.environment import Environment, read_environment
from core.errors import ConfigError
from core.plain_words import plainly
from core.project import Project, find_project

# Of others: they check these themselves. All else in .env is core's to know.
FOREIGN_PREFIXES = ("LLM_", "GATEWAY_", "TRADING_", "WICK_", "NOTIFY_")
# Handed to the gateway's process alone, which takes them out of its environment.
# The live market, where EXCHANGE_URL does not name another.
KRAKEN = "https://futures.kraken.com"
EXCHANGE_KEYS = ("EXCHANGE_API_KEY", "EXCHANGE_API_SECRET")
ROOT_KEY = "ARCHITECT_ROOT"

_Section = TypeVar("_Section", bound=BaseModel)


class Section(BaseModel):
    """Settings that are validated together; unset ones keep their defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)

    @classmethod
    def known(cls) -> dict[str, str]:
        """Return the field of every key."""
        return {
            str(field.validation_alias or name): name
            for name, field in cls.model_fields.items()
        }

    @classmethod
    def read(cls, environment: Environment) -> Self:
        """Return the section; ConfigError names the key, and the value if no secret."""
        values = {key: text for key in cls.known() if (text := environment.get(key))}
        return validated(cls, values, environment)


def _scheme(*schemes: str) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, str) and not value.startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        return value

    return BeforeValidator(check)


class Settings(Section):
    """What `core` itself needs to know."""

    mode: Literal["paper", "live"] = Field("paper", validation_alias="ARCHITECT_MODE")
    database_url: Annotated[
        SecretStr | None, _scheme("postgresql://", "postgres://")
    ] = Field(None, validation_alias="DATABASE_URL")
    redis_url: Annotated[
        SecretStr | None, _scheme("redis://", "rediss://", "unix://")
    ] = Field(None, validation_alias="REDIS_URL")
    keep_days: int = Field(30, ge=1, validation_alias="ARCHITECT_KEEP_DAYS")
    exchange_url: str | None = Field(
        None, validation_alias="EXCHANGE_URL", pattern=r"^https?://[^@\s]+$"
    )


@dataclass(frozen=True, slots=True)
class CoreConfig:
    """A project with its settings and the text that they came from."""

    project: Project
    settings: Settings
    environment: Environment

    def gateway_environment(self) -> dict[str, str]:
        """Return what the gateway's process alone is to be given: keys and limits."""
        names = (*EXCHANGE_KEYS, *self.environment.keys("GATEWAY_"))
        return {n: value for n in names if (value := self.environment.get(n))}


def open_project(
    root: Path | None = None,
    *,
    cwd: Path | None = None,
    process: Mapping[str, str] | None = None,
) -> Project:
    """Return the project at `root`, else at ARCHITECT_ROOT, else around the folder."""
    named = read_environment(None, process).get(ROOT_KEY)
    return find_project(cwd or Path.cwd(), root or (Path(named) if named else None))


def read_core(project: Project, process: Mapping[str, str] | None = None) -> CoreConfig:
    """Return the settings of `project`, from the environment and its `.env`."""
    environment = read_environment(project.root / ".env", process)
    mine = [key for key in environment.file if not key.startswith(FOREIGN_PREFIXES)]
    known = {*Settings.known(), *EXCHANGE_KEYS, ROOT_KEY}
    environment.refuse_unknown([*mine, *environment.keys("ARCHITECT_")], known)
    return CoreConfig(project, Settings.read(environment), environment)


def validated(
    cls: type[_Section],
    values: Mapping[str, object],
    environment: Environment,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> _Section:
    """Return `cls` from `values`; the first wrong one is a ConfigError with its key.

    `labels` names the key of each field where the model does not.
    """
    try:
        return cls.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else cls.__name__
    key = labels.get(field, field)
    shown = "" if _secret(cls, field) else f" (got {_no_login(first['input'])})"
    raise ConfigError(
        f"{key} in {environment.origin(key)}: {plainly(first['msg'])}{shown}",
        hint=".env.example explains every setting",
    )


def _no_login(value: object) -> str:
    return re.sub(r"//[^/\s]*@", "//***@", repr(value))[:80]


def _secret(cls: type[BaseModel], key: str) -> bool:
    return any(
        "SecretStr" in str(field.annotation)
        for name, field in cls.model_fields.items()
        if key in (name, field.validation_alias)
    )
