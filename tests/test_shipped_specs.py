"""The specs that ship agree with themselves, and what they show a model stays short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from architect.gate.records import record_classes
from architect.prompt import code_prompt
from architect.spec_check import check_spec
from core.spec import Spec
from core.spec_graph import load_graph
from core.spec_text import parse_spec

ROOT = Path(__file__).parents[1]
GRAPH = load_graph(ROOT / "specs" / "trading")
RECORDS = record_classes(GRAPH)
BUILT = [spec for spec in GRAPH if spec.kind != "record"]


@pytest.mark.parametrize("spec", list(GRAPH), ids=lambda spec: spec.name)
def test_nothing_is_found_in_a_shipped_spec(spec: Spec) -> None:
    assert check_spec(spec, GRAPH, RECORDS) == []


@pytest.mark.parametrize("spec", BUILT, ids=lambda spec: spec.name)
def test_a_prompt_stays_under_1500_tokens(spec: Spec) -> None:
    """At four characters a token, rules not counted."""
    assert len(code_prompt(spec, GRAPH, ROOT / "prompts").user) < 5500


def test_the_specs_of_the_readme_can_be_read() -> None:
    text = (ROOT / "specs" / "README.md").read_text(encoding="utf-8")
    names = [
        parse_spec(block).name
        for block in re.findall(r"```yaml\n(name:.*?)```", text, re.S)
    ]
    assert names == ["ema", "exit_levels"]


def test_the_readme_names_every_key() -> None:
    text = (ROOT / "specs" / "README.md").read_text(encoding="utf-8")
    assert [key for key in Spec.model_fields if f"`{key}`" not in text] == []
