"""The gate's first stage: is this text a body that may be run at all?

Cheapest first: text, shape, allowlist, layout, linter. It judges form only; whether a
body does what its spec says is asked by running it, in the sandbox. It is no sandbox
itself: what it lets through runs without rights all the same.
"""

from __future__ import annotations

from dataclasses import replace

from architect.gate.body_text import STAGE, text_findings, tidy
from architect.gate.format import format_body, line_findings, ruff_findings
from architect.gate.scope import scope_of
from architect.gate.syntax import refusals
from architect.gate.verdict import Finding
from core.errors import GateError
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import render_footer, render_module, split_module
from core.template_header import render_header


class NotThisModule(GateError):
    """A whole module whose header or footer is not its spec's; `finding` says where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.as_text(), hint=finding.hint)
        self.finding = finding


def read_candidate(spec: Spec, text: str, package: str = "trading") -> str:
    """Return the body of a bare body or of a whole module, at column 0.

    NotThisModule names the first line of a header or footer that differs.
    """
    if not _is_module(text):
        return tidy(text)
    body = split_module(spec, text, package)
    if body is None:
        raise NotThisModule(_first_difference(spec, text, package))
    return tidy(body)


def _is_module(text: str) -> bool:
    """Tell a whole module by text at column 0 that no body has."""
    marks = ("@module(", "@record(", "from core.", "__all__")
    return any(line.startswith(marks) for line in text.splitlines())


def _first_difference(spec: Spec, text: str, package: str) -> Finding:
    hint = f"the header and the footer are the spec's: architect generate {spec.name}"
    mine, theirs = render_header(spec, package).splitlines(), text.splitlines()
    for number, line in enumerate(mine, 1):
        got = theirs[number - 1] if number <= len(theirs) else "the end"
        if got != line:
            return Finding(
                STAGE, f"header: expected {line!r}, got {got!r}", number, hint
            )
    mine = render_footer(spec).splitlines()
    for back, line in enumerate(reversed(mine)):
        number = len(theirs) - back
        got = theirs[number - 1] if number > 0 else "the start"
        if got != line:
            return Finding(
                STAGE, f"footer: expected {line!r}, got {got!r}", number, hint
            )
    return Finding(STAGE, "the body is not indented by four", len(mine) + 1, hint)


def check_structure(
    spec: Spec, graph: SpecGraph, body_text: str, package: str = "trading"
) -> list[Finding]:
    """Return what is wrong with the text, syntax, names and attributes of a bare body.

    Lines are those of the body as `tidy` leaves it, from 1.
    """
    body = tidy(body_text)
    if found := text_findings(body):
        return found
    triples = refusals(body, scope_of(spec, graph, package))
    return [Finding(STAGE, message, line, hint) for line, message, hint in triples]


def check_candidate(
    spec: Spec, graph: SpecGraph, text: str, package: str = "trading"
) -> tuple[str, list[Finding]]:
    """Run the whole first stage on a bare body or a whole module.

    Returns the body as it will be written (as it came, where something is wrong before
    formatting) and the findings; it is accepted when there are none. A record's body is
    empty.
    """
    try:
        body = read_candidate(spec, text, package)
    except NotThisModule as error:
        return text, [error.finding]
    if spec.kind == "record":
        extra = Finding(
            STAGE, "a record has no body", 1, f"change specs/{package}/{spec.name}.yaml"
        )
        return body, [extra] if body else []
    if found := check_structure(spec, graph, body, package):
        return body, found
    body = format_body(spec, body, package)
    if found := line_findings(body):
        return body, found
    found = ruff_findings(render_module(spec, body, package), spec, package)
    lines = body.splitlines()
    return body, [_with_source(finding, lines) for finding in found]


def _with_source(finding: Finding, lines: list[str]) -> Finding:
    if finding.line is None or finding.line > len(lines):
        return finding
    source = lines[finding.line - 1].strip()
    return replace(finding, message=f"{finding.message}: {source}")
