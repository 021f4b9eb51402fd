"""Layout: black's form of a body, its ten lines, and what ruff says of it.

Formatting is done for the model, never asked of it: white space is no reason to
refuse. Blank lines are dropped (black puts its own around an inner function); they do
not count, comments do. The user's own settings of black and ruff play no part.
"""

from __future__ import annotations

import json
import subprocess
from functools import lru_cache
from typing import TYPE_CHECKING

from architect.gate.body_text import tidy
from architect.gate.verdict import Finding
from core.errors import GateError
from core.spec import Spec
from core.template_footer import render_module, split_module
from core.template_header import render_header

if TYPE_CHECKING:
    import black

STAGE = "format"
MAX_LINES = 10
WIDTH = 88
INDENT = 4

# E731 and E741 are taste, B905 and B007 and B904 are noise in ten lines, F401 is the
# header's affair; E501 is counted here, for the body alone.
_RUFF = (
    "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet",
    "--output-format=json", "--target-version=py311",
    "--select=E,F,W6,B,PLE",
    "--ignore=E501,E731,E741,F401,B007,B904,B905",
    "--stdin-filename=module.py", "-",
)  # fmt: skip


def format_body(spec: Spec, body: str, package: str = "trading") -> str:
    """Return the body as black lays it out inside its module, at column 0.

    The body must be Python (see `body_text`). GateError if black would change the
    header or footer: those are ours.
    """
    import black
    from black.parsing import InvalidInput

    dense = "".join(f"{line}\n" for line in tidy(body).split("\n") if line)
    text = render_module(spec, dense, package)
    try:
        formatted = black.format_str(text, mode=_mode())
    except (InvalidInput, RecursionError) as error:
        raise GateError(f"{spec.name}: black cannot read the module: {error}") from None
    cut = split_module(spec, formatted, package)
    if cut is None:
        raise GateError(
            f"{spec.name}: black changes the rendered header or footer",
            hint="this is a fault in core/template_header.py, not in the body",
        )
    return cut


@lru_cache(maxsize=1)
def _mode() -> black.Mode:
    from black.mode import Mode, TargetVersion

    return Mode(line_length=WIDTH, target_versions={TargetVersion.PY311})


def line_findings(body: str) -> list[Finding]:
    """Return what is wrong with the number and width of the lines of a formatted body."""
    lines = body.splitlines()
    count = sum(bool(line.strip()) for line in lines)
    found = []
    if count > MAX_LINES:
        message = f"{count} lines, at most {MAX_LINES}: split it"
        found.append(
            Finding(
                STAGE, message, MAX_LINES + 1, "move a part into a module of its own"
            )
        )
    for number, line in enumerate(lines, 1):
        if len(line) + INDENT > WIDTH:
            message = f"{len(line) + INDENT} columns, at most {WIDTH}"
            found.append(
                Finding(STAGE, message, number, "name a part of the expression")
            )
    return found


def ruff_findings(
    module_text: str, spec: Spec, package: str = "trading"
) -> list[Finding]:
    """Return what ruff says of the body within the module's text, lines of the body."""
    header = render_header(spec, package).count("\n")
    last = module_text.count("\n")
    done = subprocess.run(
        [_ruff(), *_RUFF], input=module_text, capture_output=True, text=True,
        encoding="utf-8", env={}, timeout=30, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise GateError(f"ruff failed: {done.stderr.strip() or done.returncode}")
    found = []
    for problem in json.loads(done.stdout):
        row = problem["location"]["row"]
        if header < row <= last:
            code = problem["code"] or "syntax"
            found.append(Finding(STAGE, f"{problem['message']} ({code})", row - header))
    return found


@lru_cache(maxsize=1)
def _ruff() -> str:
    from ruff import find_ruff_bin  # type: ignore[import-untyped]

    try:
        return str(find_ruff_bin())
    except FileNotFoundError:
        raise GateError("ruff is not installed", hint="make setup") from None
