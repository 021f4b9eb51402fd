"""Specs together: what is missing, what goes in a circle, in what order they build."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SpecError
from core.spec import Spec
from core.spec_graph import SpecGraph, graph, load_graph
from core.spec_text import parse_spec


def function(name: str, uses: str = "", kind: str = "int") -> Spec:
    return parse_spec(f"""
name: {name}
kind: function
intent: One.
params: {{x: {{type: {kind}, meaning: one}}}}
returns: {{type: int, meaning: one}}
uses: [{uses}]
examples: [{{given: {{x: 1}}, expect: 1}}]
""")


RECORD = """
name: one
kind: record
intent: One.
fields: {x: {type: int, meaning: one}}
"""


def record(name: str) -> Spec:
    return parse_spec(RECORD.replace("name: one", f"name: {name}"))


def of(*specs: Spec) -> SpecGraph:
    return graph({spec.name: spec for spec in specs})


def test_each_spec_comes_after_what_it_uses_and_its_records() -> None:
    found = of(function("a", "b"), function("b", kind="Point"), record("point"))
    assert found.order == ("point", "b", "a")
    assert [spec.name for spec in found] == list(found.order)
    assert found.uses["b"] == ("point",)


def test_needs_and_dependents_reach_through() -> None:
    found = of(
        function("a", "b"), function("b", "c"), function("c"), function("d", "c")
    )
    assert found.needs("a") == ["c", "b"]
    assert set(found.dependents("c")) == {"a", "b", "d"}
    assert found.dependents("a") == []


def test_a_used_spec_that_is_missing_is_named_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="a: uses 'rsy', which has no spec") as caught:
        of(function("a", "rsy"), function("rsi"))
    assert caught.value.hint == "did you mean 'rsi'?"
    with pytest.raises(SpecError) as caught:
        of(function("a", "something_else"))
    assert caught.value.hint == "write specs/trading/something_else.yaml"


def test_a_type_that_is_no_record_is_named() -> None:
    with pytest.raises(SpecError, match="a: type Point is no record") as caught:
        of(function("a", kind="Point"))
    assert caught.value.hint == "write specs/trading/point.yaml, or mend the type"
    with pytest.raises(SpecError) as caught:
        of(function("a", kind="Piont"), record("point"))
    assert caught.value.hint == "did you mean Point?"
    with pytest.raises(SpecError) as caught:
        of(function("a", kind="Sereis"))
    assert caught.value.hint == "did you mean Series?"
    with pytest.raises(SpecError, match="a: type Point is no record"):
        of(function("a", kind="Point"), function("point"))


def test_a_circle_is_shown() -> None:
    with pytest.raises(SpecError, match="in a circle") as caught:
        of(function("a", "b"), function("b", "c"), function("c", "a"))
    assert str(caught.value).count("->") == 3
    with pytest.raises(SpecError, match="a -> a"):
        of(function("a", "a"))


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    found = of(function("rsi"))
    with pytest.raises(SpecError, match="there is no spec 'rsii'") as caught:
        found.get("rsii")
    assert caught.value.hint == "did you mean 'rsi'?"
    assert found.get("rsi").name == "rsi"


def test_a_folder_without_specs_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no specs") as caught:
        load_graph(tmp_path)
    assert "specs/README.md" in (caught.value.hint or "")


def test_a_lock_of_an_editor_is_no_spec(tmp_path: Path) -> None:
    """Emacs links `.#name.yaml` to nowhere while a file is being changed."""
    (tmp_path / "one.yaml").write_text(RECORD)
    (tmp_path / ".#one.yaml").symlink_to("ann@host.4711:1700000000")
    assert load_graph(tmp_path).order == ("one",)
