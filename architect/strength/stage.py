"""The gate's last stage for a body that is new: is its spec strong enough?

It measures after the gate accepted. What a weak spec leads to is the pipeline's to
decide: the body is right as far as anybody can tell, so no model is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from architect.gate.contract.regressions import Regression
from architect.gate.gate import Gate
from architect.gate.structure import read_candidate
from architect.gate.verdict import Caught, Verdict
from architect.strength.report import survivors_text
from architect.strength.strength import measure
from core.spec import Spec
from core.spec_graph import SpecGraph

SHOWN = 3


def judged(
    gate: Gate,
    spec: Spec,
    graph: SpecGraph,
    text: str,
    modules: Mapping[str, str],
    regressions: Sequence[Regression] = (),
) -> Verdict:
    """Judge a body or a module; where it is accepted, the verdict tells what is caught."""
    verdict = gate.judge(spec, graph, text, modules, regressions=regressions)
    if not verdict.accepted or spec.kind == "record":
        return verdict
    return replace(verdict, caught=caught(gate, spec, graph, text, modules))


def caught(
    gate: Gate, spec: Spec, graph: SpecGraph, text: str, modules: Mapping[str, str]
) -> Caught:
    """Return how many wrong programs a spec's tests catch, with some that they do not
    where that is too few.

    GateError when the body or module itself fails them.
    """
    body = read_candidate(spec, text, gate.package)
    found = measure(gate, spec, graph, body, modules)
    shown = "" if found.caught.enough else survivors_text(found, spec, SHOWN)
    return replace(found.caught, survivors=shown)
