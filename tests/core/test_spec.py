"""The spec format: every refusal names the place, the value and what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SpecError
from core.spec import snake
from core.spec_text import load_spec, parse_spec

FUNCTION = """
name: halve
kind: function
intent: Halve a number.
params:
  x: {type: int, meaning: the number}
returns: {type: int, meaning: the half}
examples:
  - {given: {x: 4}, expect: 2}
"""
RECORD = """
name: exit_levels
kind: record
intent: Where a trade ends.
fields:
  stop_price: {type: Decimal, meaning: below}
"""


def test_a_spec_is_read_with_its_defaults() -> None:
    spec = parse_spec(FUNCTION)
    assert (spec.class_name, spec.on_failure, spec.reflect) == (
        "halve",
        "raise",
        "full",
    )
    assert spec.examples[0].expects_value
    assert not spec.params["x"].has_default
    assert parse_spec(RECORD).class_name == "ExitLevels"


def test_null_counts_where_it_is_written() -> None:
    spec = parse_spec(
        FUNCTION.replace("type: int, meaning: the half", "type: None, meaning: nil")
        .replace("expect: 2", "expect: null")
        .replace("type: int,", "type: int | None, default: null,")
    )
    assert spec.params["x"].has_default
    assert spec.examples[0].expects_value


def with_line(text: str, line: str) -> str:
    return f"{text}{line}\n"


CHANGES: list[tuple[str, str, str]] = [
    ("name: halve", "name: Halve", "name: 'Halve' is not a lower_snake_case name"),
    ("name: halve", "name: class", "name: 'class' is a word of Python"),
    ("kind: function", "kind: funktion", "line 3, column 1: kind: must be 'function',"),
    ("{type: int, meaning: the n", "{type: list, meaning: the n", "params.x.type: type"),
    ("{type: int, meaning: the n", "{type: 3, meaning: the n", "must be a text (got 3)"),
    (", meaning: the number", "", "params.x.meaning: is missing"),
    ("x: {", "X: {", "'X' is not a lower_snake_case name"),
    ("  x: {", "  lambda: {", "'lambda' is a word of Python"),
    ("  x: {", "  list: {", "'list' cannot name a parameter: it is taken"),
    ("  x: {", "  result: {", "'result' cannot name a parameter: it is taken"),
    ("  x: {", "  call: {", "'call' cannot name a parameter: it is taken"),
    ("returns: {type: int, meaning: the half}", "", "returns is missing"),
    ("given: {x: 4}", "given: {y: 4}",
     "line 9, column 14: spec: example {'y': 4} gives 'y', which is no parameter"
     "; the parameters are x"),
    ("given: {x: 4}", "given: {}", "does not give 'x'"),
    (", expect: 2", "", "needs one of expect and raises"),
    ("expect: 2", "expect: 2, raises: ValueError", "needs one of expect and raises"),
    ("expect: 2", "expect: 2, ports: {shop: []}", "scripts port 'shop'"),
    ("type: int, meaning: the n", "type: 'list[int]', default: [1], meaning: the n",
     "a list[int] can have no default but null"),
    ("type: int, meaning: the n", "type: Fill, default: {a: 1}, meaning: the n",
     "a Fill can have no default but null"),
    ("type: int, meaning: the n", "type: Decimal, default: one, meaning: the n",
     "'one' is no Decimal, and a default of Decimal is written as one"),
    ("type: int, meaning: the n", "type: Decimal, default: true, meaning: the n",
     "True is no Decimal"),
    ("type: int, meaning: the n",
     "type: Decimal | str, default: '0\") or print(\"1', meaning: the n",
     "a default of Decimal | str is written as one"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), CHANGES)
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, told: str) -> None:
    assert old in FUNCTION
    with pytest.raises(SpecError) as caught:
        parse_spec(FUNCTION.replace(old, new), "halve.yaml")
    assert str(caught.value).startswith("halve.yaml: ")
    assert told in str(caught.value)


LINES: list[tuple[str, str]] = [
    ("requires: ['x >']", "'x >' is not a Python expression"),
    ("requires: ['x = 1']", "'x = 1' is not a Python expression"),
    ("requires: ['x > 0 # positive']", "is not a Python expression"),
    ("ensures: ['(y := x) > 0']", "binds or waits"),
    ("ensures: ['(yield x)']", "binds or waits"),
    ("ensures: x > 0", "ensures: must be a list (got 'x > 0')"),
    ("imports: [maths]", "'maths' may not be imported; the nearest is 'math'"),
    ("imports: [os]", "'os' may not be imported"),
    ("uses: [Halve]", "'Halve' is not a lower_snake_case name"),
    ("on_failure: 'return 0'", "'return 0' is not a Python expression"),
    ("on_failure: 3", "on_failure: must be a text (got 3)"),
    ("ports: {exchange: Exchange}", "ports belong to kind action, not function"),
    ("ports: {exchange: 'Ex change'}", "'Ex change' is not the name of a port"),
    ("reflect: all", "line 10, column 1: reflect: must be 'full', 'result' or 'none'"),
    ("tolerance: 1", "tolerance: must be less than or equal to 0.1"),
    ("limits: {time_ms: 0}", "limits.time_ms: must be greater"),
    ("strength: 2", "strength: must be less than or equal to 1"),
    ("fields: {a: {type: int, meaning: b}}", "fields belong to kind record"),
    ("properties: [{name: a, check: x ==}]", "'x ==' is not a Python expression"),
    ("properties: [{name: a, check: x, given: {y: {}}}]",
     "property 'a' gives 'y', which is no parameter"),
    ("properties: [{name: a, check: x, cases: 0}]", "cases: must be greater"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "told"), LINES)
def test_a_wrong_line_is_told(line: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(with_line(FUNCTION, line))
    assert told in str(caught.value)


def test_no_examples_is_told() -> None:
    text = FUNCTION.partition("examples:")[0]
    with pytest.raises(SpecError, match="examples are missing"):
        parse_spec(text)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("returns: {type: int, meaning: nil}", "a record has no returns"),
        ("ensures: ['True']", "a record has no ensures"),
        ("params: {x: {type: int, meaning: nil}}", "a record has no params"),
    ],
)
def test_a_record_has_only_fields(line: str, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        parse_spec(with_line(RECORD, line))


@pytest.mark.parametrize("name", ["self", "result"])
def test_a_field_cannot_have_a_name_that_is_taken(name: str) -> None:
    with pytest.raises(SpecError, match=f"'{name}' cannot name a field"):
        parse_spec(RECORD.replace("stop_price", name))
    with pytest.raises(SpecError, match="a record needs fields"):
        parse_spec(RECORD.partition("fields:")[0])


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("require: []", "did you mean 'requires'?"),
        ("onfailure: raise", "did you mean 'on_failure'?"),
        ("propertys: []", "did you mean 'properties'?"),
        ("xyz: 1", "known keys: args, "),
    ],
)
def test_an_unknown_key_is_an_error_that_names_the_nearest(
    line: str, hint: str
) -> None:
    with pytest.raises(SpecError, match="unknown key") as caught:
        parse_spec(with_line(FUNCTION, line))
    assert (caught.value.hint or "").startswith(hint)


def test_an_unknown_key_deep_inside_is_named_with_its_place() -> None:
    with pytest.raises(SpecError, match=r"params\.x\.meening: unknown key") as caught:
        parse_spec(FUNCTION.replace("meaning: the number", "meening: x, meaning: y"))
    assert caught.value.hint == "did you mean 'meaning'?"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            with_line(FUNCTION, "kind: action"),
            "line 10, column 1: key 'kind' stands twice",
        ),
        (
            FUNCTION.replace("x: 4", "x: 4, x: 5"),
            "line 9, column 20: key 'x' stands twice",
        ),
        ("a: [", "line 2, column 1: not YAML: a value is missing, or a bracket is not"),
        ("a: [1\nb: 2", "2: not YAML: a list is not closed (it begins in line 1)"),
        ("a: b\nc: d: e", "line 2, column 5: not YAML: a colon where none may stand"),
        ("a:\n\tb: 1", "line 2, column 1: not YAML: no value begins like this"),
        ("a: 'x\nb: 1\n", "not YAML: quotes are not closed (it begins in line 1)"),
        ("a: 1\nb: \x00", "line 2, column 4: not YAML: the character '\\x00'"),
        ("a: 2025-13-45", "a value that is none: month must be in 1..12"),
        ("a: " + "[" * 900 + "]" * 900, "line 1, column 53: more than 50 values"),
        ("a: " + "[" * 60 + "]" * 60, "line 1, column 53: more than 50 values"),
        ("a: " + "[" * 200_000, "line 1, column 53: more than 50 values"),
        ("- a", "a spec is a mapping, this is a list"),
        ("", "a spec is a mapping, this is empty"),
        ("a: !!python/object:os.system {}", "not YAML"),
        ("? [a]\n: 1", "line 1, column 3: ['a'] cannot be a key"),
    ],
)
def test_what_is_no_good_yaml_is_told(text: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(text, "halve.yaml")
    assert "halve.yaml" in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_files_name_is_its_specs(tmp_path: Path) -> None:
    path = tmp_path / "half.yaml"
    path.write_text(FUNCTION)
    with pytest.raises(SpecError, match="name is 'halve'") as caught:
        load_spec(path)
    assert "rename the file to halve.yaml" in (caught.value.hint or "")
    with pytest.raises(SpecError, match="No such file"):
        load_spec(tmp_path / "none.yaml")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SpecError, match="line 1, column 1: not UTF-8"):
        load_spec(path)
    path.write_text(FUNCTION.replace("Halve a", "Halve é"), encoding="latin-1")
    with pytest.raises(SpecError, match="line 4, column 15: not UTF-8"):
        load_spec(path)
    with pytest.raises(SpecError, match="is a folder, not a spec"):
        load_spec(tmp_path)


def test_a_digest_is_of_the_meaning() -> None:
    digest = parse_spec(FUNCTION).digest()
    assert (
        parse_spec("# a comment\n" + FUNCTION.replace("{x: 4}", "{ x:  4 }")).digest()
        == digest
    )
    assert parse_spec(FUNCTION.replace("expect: 2", "expect: 3")).digest() != digest
    assert parse_spec(with_line(FUNCTION, "notes: more")).digest() != digest


def test_a_digest_tells_numbers_apart_that_json_does_not() -> None:
    words = [".nan", ".inf", "-.inf", "null", '".nan"']
    texts = [FUNCTION.replace("expect: 2", f"expect: {word}") for word in words]
    texts += [FUNCTION.replace("{x: 4}", f"{{x: {word}}}") for word in words]
    assert len({parse_spec(text).digest() for text in texts}) == len(texts)
    assert parse_spec(texts[0]).digest() == parse_spec(texts[0] + "# again").digest()


def test_a_class_name_and_its_spec_are_found_from_each_other() -> None:
    assert snake("OrderRequest") == "order_request"
    assert parse_spec(RECORD).record_types == []
    spec = parse_spec(FUNCTION.replace("type: int,", "type: 'dict[str, Fill | None]',"))
    assert spec.record_types == ["Fill"]
