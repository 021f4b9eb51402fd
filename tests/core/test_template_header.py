"""The rendered header and footer: black leaves them, ruff finds nothing, all survives."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import black
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruff import find_ruff_bin

from core.quoting import docstring_text, quoted, quoted_lines
from core.spec import Param, Spec
from core.spec_graph import load_graph
from core.spec_text import parse_spec
from core.template_footer import render_footer, render_module, split_module
from core.template_header import default_source, parameter_names, render_header

ROOT = Path(__file__).resolve().parents[2]
MODE = black.Mode(line_length=88, target_versions={black.TargetVersion.PY311})
SHIPPED = list(load_graph(ROOT / "specs" / "trading"))
LONG = "a rather long " * 14 + "claim"
CHOICES = ", ".join(f'"choice number {n}"' for n in range(9))
UNION = " | ".join(f"SomeRatherLongRecordName{n}" for n in "ABCDE")


def make(kind: str = "function", **changes: object) -> Spec:
    plain: dict[str, object] = {
        "name": "halve",
        "kind": kind,
        "intent": "Halve a number.",
        "params": {"x": {"type": "int", "meaning": "the number"}},
        "returns": {"type": "int", "meaning": "the half"},
        "examples": [{"given": {"x": 4}, "expect": 2}],
    }
    return parse_spec(yaml.safe_dump({**plain, **changes}))


def record(**fields: dict[str, object]) -> Spec:
    intent = "A record of “many” things."
    plain = {"name": "one_thing", "kind": "record", "intent": intent, "fields": fields}
    return parse_spec(yaml.safe_dump(plain))


def param(kind: str, **more: object) -> dict[str, object]:
    return {"type": kind, "meaning": "one", **more}


MANY = {f"parameter_{n}": param("float") for n in range(12)}
GIVEN = [{"given": dict.fromkeys(MANY, 1), "expect": 2}]
NONE_GIVEN: dict[str, object] = {"examples": [{"given": {}, "expect": 2}]}
DEFAULTS = {
    "a": param("int", default=3),
    "b": param("float", default=2),
    "c": param("Decimal", default="0.10"),
    "d": param("str", default='it\'s "so"\n'),
    "e": param("bool", default=False),
    "f": param("Decimal | None", default=None),
    "g": param('Literal["x", "y"]', default="x"),
    "h": param("list[str]", default=[]),
    "i": param("str", default=LONG[:60]),
    "j": param("float", default=1e-12),
    "k": param("datetime | None", default=None),
}
NASTY: dict[str, Spec] = {
    "quotes in expressions": make(
        requires=['x != "\'"', "x != '\"'", 'x != "it\'s"', "x not in ('\\\\', '\\n')"],
        on_failure="'say \"no\"'",
    ),
    "a long expression": make(
        ensures=[f'result != "{LONG}"', " + ".join(["result"] * 60) + " > 0"],
        on_failure=" + ".join(["x"] * 60),
    ),
    "an unbroken expression": make(requires=["x!='" + "y" * 300 + "'"]),
    "no parameters": make(params={}, **NONE_GIVEN),
    "no parameters, long result": make(
        params={}, returns=param(f"Literal[{CHOICES}]"), **NONE_GIVEN
    ),
    "many parameters": make(params=MANY, examples=GIVEN),
    "defaults": make(params=DEFAULTS, **NONE_GIVEN),
    "defaults before others": make(
        params={"y": param("int", default=1), "x": param("int")}
    ),
    "a long intent": make(intent=f"{LONG}. {LONG.capitalize()}."),
    "an intent of one word": make(intent="x" * 200),
    "an intent with escapes": make(
        intent='"Quoted" \\d \\ and """ inside, at the end "'
    ),
    "an intent of many lines": make(intent="First.\n\nSecond, with\ttabs  and spaces."),
    "long meanings": make(
        params={"x": param("int", unit="USD per coin", meaning=LONG)},
        returns={"type": "int", "unit": "USD", "meaning": f'{LONG} \\ """ "'},
    ),
    "a long result": make(returns=param(f"dict[str, {UNION}]")),
    "a long parameter": make(params={"x": param(f"Literal[{CHOICES}]")}),
    "a long default and type": make(
        params={
            "x": param("int"),
            "y": param(f"Literal[{CHOICES}] | None", default=None),
        }
    ),
    "just as wide as a line": make(
        params={"x": param("int"), "y" * 57: param("int")},
        examples=[{"given": {"x": 4, "y" * 57: 1}, "expect": 2}],
    ),
    "ports": make(
        kind="action", ports={"exchange": "Exchange", "store": "Store"}, reflect="none"
    ),
    "imports and uses": make(
        imports=["numpy", "math", "decimal.ROUND_UP", "core.errors.OutcomeUnknown"],
        uses=["ema", "a_b", "z"],
        params={"x": param("Series"), "y": param("dict[str, Fill | None]")},
        examples=[{"given": {"x": [], "y": {}}, "expect": 2}],
    ),
    "a record": record(a=param("int"), b=param("Decimal", default=0)),
    "a record of long types": record(
        a=param(f"Literal[{CHOICES}]"), b=param(f"{UNION} | None", default=None)
    ),
    "a record of long texts": record(
        a=param("str", default=LONG[:80], meaning=f"{LONG} {LONG}")
    ),
}
ALL = [*((spec.name, spec) for spec in SHIPPED), *NASTY.items()]
every_spec = pytest.mark.parametrize(
    ("name", "spec"), ALL, ids=[name for name, _ in ALL]
)


def whole(spec: Spec, body: str = "raise NotImplementedError\n") -> str:
    return render_module(spec, "" if spec.kind == "record" else body)


@every_spec
def test_black_leaves_a_module_as_it_is(name: str, spec: Spec) -> None:
    text = whole(spec)
    assert black.format_str(text, mode=MODE) == text


def test_ruff_finds_nothing_in_any_module(tmp_path: Path) -> None:
    """By the project's own rules, but for imports that only a real body uses, and for
    an empty list as a default, which no module changes.
    """
    for number, (_, spec) in enumerate(ALL):
        (tmp_path / f"m{number}_{spec.name}.py").write_text(
            whole(spec), encoding="utf-8"
        )
    words = ["check", "--no-cache", "--ignore=F401,B006", "--output-format=concise"]
    words += [f"--config={ROOT}/pyproject.toml", "."]
    words.append("--config=lint.isort.known-first-party=['core', 'generated']")
    done = subprocess.run(
        [find_ruff_bin(), *words], cwd=tmp_path, capture_output=True, text=True
    )
    found = [line for line in done.stdout.splitlines() if ".py:" in line]
    assert found == [], "\n".join(found)


@every_spec
def test_what_the_spec_says_is_what_the_code_means(name: str, spec: Spec) -> None:
    tree = ast.parse(whole(spec))
    definition = next(
        n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))
    )
    call = definition.decorator_list[0]
    assert isinstance(call, ast.Call)
    said = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert said.get("requires", []) == spec.requires
    assert said.get("ensures", []) == spec.ensures
    assert said.get("on_failure", "raise") == spec.on_failure
    if isinstance(definition, ast.FunctionDef):
        assert [a.arg for a in definition.args.args] == parameter_names(spec)
        assert len(definition.args.defaults) == sum(
            p.has_default for p in spec.params.values()
        )
    intent = " ".join(spec.intent.split())
    text = " ".join((ast.get_docstring(tree) or "").split())
    assert text.startswith(intent)


@pytest.mark.parametrize(
    "body",
    [
        "return x\n",
        "if x:\n    return 1\n\nreturn 2\n",
        'text = """one\n    two"""\nreturn text\n',
        "",
    ],
)
def test_a_module_is_split_into_the_body_it_was_made_of(body: str) -> None:
    spec = make()
    assert split_module(spec, render_module(spec, body)) == body


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Halve a number", "Halve some number"),
        ('kind="function"', 'kind="action"'),
        ("def halve(x: int)", "def halve(x: float)"),
        ('__all__ = ["halve"]', '__all__ = ["other"]'),
        ("architect rebuild halve\n", "architect rebuild halve\nimport os\n"),
        ("    return x\n", "    return x\n\n\ndef more():\n    pass\n"),
        ("    return x\n", "  return x\n"),
    ],
)
def test_a_module_that_is_not_the_specs_is_not_split(old: str, new: str) -> None:
    spec = make()
    text = render_module(spec, "return x\n")
    assert old in text
    assert split_module(spec, text.replace(old, new)) is None


def test_a_rendering_has_no_clock_and_no_order_of_its_own() -> None:
    for _, spec in ALL:
        assert render_header(spec) == render_header(parse_spec(_again(spec)))
        assert render_footer(spec).endswith(f"architect rebuild {spec.name}\n")


def _again(spec: Spec) -> str:
    plain = spec.model_dump(mode="json", exclude_unset=True)
    return yaml.safe_dump(plain, sort_keys=False)


def test_a_decimals_default_is_one_text_whatever_it_holds() -> None:
    for default in ('0") or print("1', "1\\", "1\n2"):
        made = Param.model_construct(
            {"default"}, type="Decimal", meaning="one", default=default
        )
        call = ast.parse(default_source(made), mode="eval").body
        assert isinstance(call, ast.Call)
        assert [ast.literal_eval(one) for one in call.args] == [default]
    made = Param(type="Decimal", meaning="one", default="0.10")
    assert default_source(made) == 'Decimal("0.10")'


TEXTS = st.text(st.sampled_from("ab '\"\\\n{é\x00\t,.(") | st.characters(codec="utf-8"))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS)
def test_a_quoted_text_is_that_text_and_black_agrees(text: str) -> None:
    source = f"x = {quoted(text)}\n"
    assert ast.literal_eval(quoted(text)) == text
    assert black.format_str(source, mode=MODE) == source


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(TEXTS, min_size=1).map(lambda parts: " ".join(parts) * 4))
def test_a_long_text_is_cut_into_lines_that_are_the_same_text(text: str) -> None:
    lines = quoted_lines(text, 4, "a=")
    assert max(map(len, lines)) <= 100
    source = "f(\n" + "\n".join(lines) + "\n)\n"
    assert black.format_str(source, mode=MODE) == source
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)
    assert ast.literal_eval(call.keywords[0].value) == text


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS.map(lambda text: "".join(c for c in text if c.isprintable()).strip()))
def test_a_docstring_means_its_text(text: str) -> None:
    source = f'"""{docstring_text(text)}\n\nThe end.\n"""\n'
    assert ast.get_docstring(ast.parse(source), clean=False) == f"{text}\n\nThe end.\n"
