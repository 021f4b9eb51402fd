"""The modules of a backtest are the accepted ones: same answers, same contracts, no records."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import RequiresError
from core.manifest import read_manifest
from core.project import Project
from core.registry import Registry
from core.trading.backtest.modules import asdict, registry_of
from core.types import Type
from core.wrapper import Reflection, hooks

ROOT = Path(__file__).resolve().parents[3]
# One value of each type that a record of scalars may have.
VALUES: dict[str, Any] = {
    "bool": True,
    "int": 3,
    "float": 0.5,
    "str": "PF_XBTUSD",
    "Decimal": Decimal("1.50"),
    "None": None,
}


@pytest.fixture(scope="module")
def fixed() -> Registry:
    return registry_of(ROOT)


@pytest.fixture(scope="module")
def live() -> Registry:
    project = Project(ROOT)
    registry = Registry(project.generated, project.package)
    registry.load(read_manifest(project.manifest))
    return registry


@pytest.fixture
def reflections() -> Iterator[list[Reflection]]:
    found: list[Reflection] = []
    hooks.append = found.append
    yield found
    hooks.reset()


def trade(registry: Registry, closed_ms: int | None = 3_600_000) -> Any:
    return registry.records["Trade"](
        trade_id="a", symbol="PF_XBTUSD", side="long", size=Decimal(1),
        entry_price=Decimal(100), exit_price=Decimal(110), opened_ms=0,
        closed_ms=closed_ms, realised_usd=Decimal(10), fees_usd=Decimal(1),
        funding_usd=Decimal(0), score=0.5, exit_reason="take",
    )  # fmt: skip


def test_they_are_the_accepted_versions_and_leave_no_reflection(
    fixed: Registry, live: Registry, reflections: list[Reflection]
) -> None:
    assert fixed.names == live.names
    for name in fixed.names:
        assert fixed.version(name).id == live.version(name).id
    found = fixed["hourly_heatmap"]([trade(fixed)], "opened", 2.0)
    assert not reflections
    (wanted,) = live["hourly_heatmap"]([trade(live)], "opened", 2.0)
    assert [dataclasses.asdict(row) for row in found] == [dataclasses.asdict(wanted)]
    # The module, and the three that it uses.
    assert {name for _, name, *_ in reflections} == {
        "hourly_heatmap",
        "hour_summary",
        "trade_net",
        "wilson_interval",
    }


def test_their_contracts_hold(fixed: Registry, reflections: list[Reflection]) -> None:
    with pytest.raises(RequiresError, match="step > 0"):
        fixed["round_down"](Decimal(1), Decimal(0))
    with pytest.raises(RequiresError, match="z > 0"):
        fixed["hourly_heatmap"]([], "opened", 0.0)
    assert [outcome for *_, outcome, _, _, _ in reflections] == ["requires"] * 2


def value_of(kind: Type) -> Any:
    if kind.name == "|":
        return value_of(kind.args[0])
    return kind.choices[0] if kind.name == "Literal" else VALUES[kind.name]


def test_a_record_of_scalars_is_written_as_dataclasses_would(fixed: Registry) -> None:
    made = 0
    for record in fixed.records.values():
        kinds: dict[str, Type] = record.__types__  # type: ignore[attr-defined]
        row = object.__new__(record)  # whatever it requires: only its fields count
        try:
            for name, kind in kinds.items():
                object.__setattr__(row, name, value_of(kind))
        except KeyError:
            continue  # a field is a list or another record
        assert list(asdict(row).items()) == list(dataclasses.asdict(row).items())
        made += 1
    assert made > 15


def test_a_record_of_records_is_copied_to_the_bottom(fixed: Registry) -> None:
    nested = fixed.records["Instrument"]
    level = fixed.records["MarginLevel"](
        from_usd=Decimal(0), initial_frac=Decimal("0.1"), maintenance_frac=Decimal("0.05")
    )  # fmt: skip
    row = object.__new__(nested)
    for name in nested.__types__:  # type: ignore[attr-defined]
        object.__setattr__(
            row, name, [level] if name == "margin_levels" else Decimal(1)
        )
    assert asdict(row) == dataclasses.asdict(row)
    assert isinstance(asdict(row)["margin_levels"][0], dict)
