"""The settings of the architect's side: core's, the model routes, budgets and relay.

The one place of this side that asks for settings. Validated once, then passed on as
frozen data; `secrets` is what no prompt, log, reply file or error may hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from architect.route import FIELDS, JOBS, Route, read_routes, route_keys, split_names
from architect.secrets import Secrets
from core.config import Section, Settings, open_project, read_core
from core.environment import Environment
from core.errors import ConfigError
from core.project import Project
from core.trading.config import TradingSettings, read_trading


def _names(value: object) -> object:
    return split_names(value) if isinstance(value, str) else value


_ROUTE_NAME = re.compile(r"[a-z][a-z0-9]{0,30}\Z")


class ModelSettings(Section):
    """Budgets in USD, and the relay; `relay_timeout_s` None waits for ever."""

    routes: str = Field("", validation_alias="LLM_ROUTES")
    budget_run_usd: Decimal = Field(
        Decimal(2), ge=0, allow_inf_nan=False, validation_alias="LLM_BUDGET_RUN_USD"
    )
    budget_day_usd: Decimal = Field(
        Decimal(10), ge=0, allow_inf_nan=False, validation_alias="LLM_BUDGET_DAY_USD"
    )
    relay: bool = Field(False, validation_alias="LLM_RELAY")
    relay_dir: Path | None = Field(None, validation_alias="LLM_RELAY_DIR")
    relay_timeout_s: float | None = Field(
        None, gt=0, validation_alias="LLM_RELAY_TIMEOUT_S"
    )


class WickSettings(Section):
    """What one repair may cost before a model is asked, and which routes are asked then.

    `search_s` is processor time, 0 switches the search off. `remote` is the git remote that
    workers on several machines share, empty where all are at one checkout.
    """

    search_s: float = Field(20.0, ge=0, le=3600, validation_alias="WICK_SEARCH_S")
    search_candidates: int = Field(
        200_000, gt=0, validation_alias="WICK_SEARCH_CANDIDATES"
    )
    search_workers: int = Field(1, ge=1, le=64, validation_alias="WICK_SEARCH_WORKERS")
    routes: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        ("wick",), validation_alias="WICK_ROUTES"
    )
    remote: str = Field("", validation_alias="WICK_REMOTE", pattern=r"^[\w.-]*$")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the architect's side is told from outside."""

    project: Project
    settings: Settings
    trading: TradingSettings
    models: ModelSettings
    routes: Mapping[str, Route]
    wick: WickSettings
    environment: Environment = field(repr=False)

    @property
    def relay_dir(self) -> Path:
        """Folder of prompts that wait for an answer."""
        return self.project.root / (self.models.relay_dir or ".architect/relay")

    @property
    def secrets(self) -> Secrets:
        """All keys and passwords, to look for and to blot out."""
        return Secrets(tuple(self.environment.secrets()))


def load(
    root: Path | None = None, *, process: Mapping[str, str] | None = None
) -> Config:
    """Return the settings of the project at `root`, or of the one we stand in.

    `process` stands in for the process environment. ConfigError names the key.
    """
    return read_config(open_project(root, process=process), process)


def read_config(project: Project, process: Mapping[str, str] | None = None) -> Config:
    """Return the settings of one project."""
    core = read_core(project, process)
    environment = core.environment
    models = ModelSettings.read(environment)
    names = (*JOBS, *_extra_routes(models.routes))
    known = {*ModelSettings.known(), *route_keys(names)}
    environment.refuse_unknown(environment.keys("LLM_"), known)
    return Config(
        project=project,
        settings=core.settings,
        trading=read_trading(environment),
        models=models,
        routes=read_routes(environment, names),
        wick=_wick(environment, names),
        environment=environment,
    )


def _wick(environment: Environment, routes: tuple[str, ...]) -> WickSettings:
    environment.refuse_unknown(environment.keys("WICK_"), WickSettings.known())
    found = WickSettings.read(environment)
    for name in found.routes:
        if name not in routes:
            raise ConfigError(
                f"WICK_ROUTES: {name!r} is no route",
                hint=f"routes: {', '.join(routes)}; LLM_ROUTES adds others",
            )
    return found


def _extra_routes(text: str) -> tuple[str, ...]:
    names = tuple(split_names(text))
    taken = {f.partition("_")[0].lower() for f in FIELDS} | {
        "budget",
        "relay",
        "routes",
    }
    for name in names:
        if not _ROUTE_NAME.match(name) or name in taken or name in JOBS:
            raise ConfigError(
                f"LLM_ROUTES: {name!r} cannot name a route",
                hint="lower-case letters and digits, such as local or big2",
            )
    return names
