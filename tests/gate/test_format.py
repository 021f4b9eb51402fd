"""Bodies are laid out for the model; the user's own settings play no part."""

from __future__ import annotations

from pathlib import Path

import pytest
from body_cases import Case

from architect.gate.format import format_body, line_findings, ruff_findings
from core.errors import GateError
from core.template_footer import render_module

SPEC = Case("format", "x: int -> int", "").spec()


def test_white_space_is_laid_out_and_blank_lines_go() -> None:
    body = "y=  x+1\n\n\n\nif y>2 :\n      return  y\nreturn {'a':1}['a']"
    wanted = 'y = x + 1\nif y > 2:\n    return y\nreturn {"a": 1}["a"]\n'
    assert format_body(SPEC, body) == wanted
    assert format_body(SPEC, wanted) == wanted


def test_blank_lines_around_an_inner_function_do_not_count() -> None:
    body = "y = x\ndef f(z):\n    return z\nreturn f(y)\n"
    laid_out = format_body(SPEC, body)
    assert "\n\n" in laid_out
    assert line_findings(laid_out + "# more\n" * 6) == []
    (found,) = line_findings(laid_out + "# more\n" * 7)
    assert found.message == "11 lines, at most 10: split it"


def test_width_counts_the_real_indentation() -> None:
    assert line_findings("x" * 84) == []
    (found,) = line_findings("y = 1\n" + "x" * 85)
    assert (found.line, found.message) == (2, "89 columns, at most 88")


def test_text_that_is_no_python_is_an_error_not_a_body() -> None:
    with pytest.raises(GateError, match="cannot read"):
        format_body(SPEC, "return (")


def test_ruff_tells_lines_of_the_body_and_no_others() -> None:
    text = render_module(SPEC, "y = 1\nreturn z\n")
    found = ruff_findings(text, SPEC)
    assert [(f.line, f.message[-6:]) for f in found] == [(1, "(F841)"), (2, "(F821)")]
    assert ruff_findings(render_module(SPEC, "return x\n"), SPEC) == []


def test_ruff_is_blind_to_settings_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["D"]\nignore = ["F841"]\n')
    monkeypatch.chdir(tmp_path)
    text = render_module(SPEC, "y = 1\nreturn x\n")
    assert [found.line for found in ruff_findings(text, SPEC)] == [1]
