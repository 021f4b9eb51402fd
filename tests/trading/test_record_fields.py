"""The table of what crosses the socket agrees with the specs of the records."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from core.trading.record_fields import FIELDS

SPECS = Path(__file__).resolve().parents[2] / "specs" / "trading"


@pytest.mark.parametrize("name", FIELDS)
def test_a_record_crosses_with_exactly_the_fields_of_its_spec(name: str) -> None:
    file = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() + ".yaml"
    spec = yaml.safe_load((SPECS / file).read_text(encoding="utf-8"))
    assert set(FIELDS[name]) == set(spec["fields"])
    for field, reader in FIELDS[name].items():
        told = spec["fields"][field]["type"]
        exact = {"str": str, "int": int, "bool": bool, "Decimal": Decimal}
        assert exact.get(told, reader) is reader, f"{name}.{field} is {told}"
