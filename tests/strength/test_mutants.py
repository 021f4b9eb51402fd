"""Mutants: one difference each, none twice, none the body itself."""

from __future__ import annotations

import pytest

from architect.gate.format import format_body
from architect.strength.mutants import Body
from core.spec import Spec
from core.spec_graph import graph
from core.spec_text import parse_spec
from core.template_footer import render_module

SPEC = """
name: subject
kind: function
intent: Anything.
params:
  a: {type: int, meaning: one}
  b: {type: int, meaning: other}
  items: {type: "list[int]", meaning: some}
returns: {type: int, meaning: some}
imports: [decimal.Decimal]
examples:
  - given: {a: 1, b: 2, items: []}
    expect: 1
"""


def spec() -> Spec:
    return parse_spec(SPEC, "subject")


def bodies(body: str) -> list[str]:
    """Return the texts of all mutants, formatted."""
    subject = spec()
    tree = Body(subject, graph({"subject": subject}), render_module(subject, body))
    found = []
    for mutant in tree.mutants():
        with mutant.edit.made():
            found.append(format_body(subject, tree.text()))
    assert format_body(subject, tree.text()) == format_body(subject, body)
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a + b", ["return a - b", "return a", "return b", "return a + a"]),
        ("return a - b", ["return b - a", "return a + b", "return -(a - b)"]),
        ("return int(a < b)", ["return int(a <= b)", "return int(a >= b)"]),
        ("return int(a > 0 and b > 0)", ["return int(a > 0 or b > 0)", "return int(a > 0)"]),
        ("return int(not a)", ["return int(a)"]),
        ("return a + 7", ["return a + 8", "return a + 6", "return a + 0", "return a + -7"]),
        ('return int(Decimal("0.5"))',
         ['return int(Decimal("0.6"))', 'return int(Decimal("-0.5"))']),
        ("return max(a, b)", ["return min(a, b)", "return a", "return max(b, a)"]),
        ("return a if a > b else b", ["return a", "return b", "return b if a > b else b"]),
        ("return sum(items[1:])", ["return sum(items[2:])", "return sum(items)"]),
        ("return items[0]", ["return items[1]", "return items[-1]"]),
        ("return sum(sorted(items))", ["return sum(items)"]),
        ("return len([i for i in items if i > a])", ["return len([i for i in items])"]),
        ("return pow(a, b, mod=3)", ["return pow(a, b)", "return pow(a, b, mod=4)"]),
        ("return round(a, b)", ["return round(b, a)", "return round(a)"]),
    ],
)  # fmt: skip
def test_each_family_of_changes_is_made(body: str, expected: list[str]) -> None:
    found = bodies(f"{body}\n")
    assert {f"{text}\n" for text in expected} <= set(found)


def test_statements_are_dropped_and_swapped() -> None:
    found = bodies("c = a\nc = b\nif c:\n    return a\nreturn b\n")
    assert "c = b\nc = a\nif c:\n    return a\nreturn b\n" in found
    assert "pass\nc = b\nif c:\n    return a\nreturn b\n" in found
    assert "c = a\nc = b\nif c:\n    pass\nreturn b\n" in found
    assert "c = a\nc = b\nif True:\n    return a\nreturn b\n" in found
    assert "c = a\nc = b\nif not c:\n    return a\nreturn b\n" in found


def test_a_statement_that_all_others_need_is_not_dropped() -> None:
    """That would raise a NameError, which any test catches: it says nothing."""
    assert "pass\nreturn c\n" not in bodies("c = a\nreturn c\n")


def test_no_mutant_is_made_twice_or_is_the_body() -> None:
    subject = spec()
    body = "return a * 1 + b * 1 if a > b else a * 1 + b * 1\n"
    module = render_module(subject, body)
    tree = Body(subject, graph({"subject": subject}), module)
    codes = [mutant.code for mutant in tree.mutants()]
    assert len(codes) > 20
    assert len(codes) == len(set(codes))
    assert tree.code not in codes


def test_no_mutant_is_run_where_it_is_made() -> None:
    assert "return 2 // 0\n" in bodies("return 1 // 0\n")
