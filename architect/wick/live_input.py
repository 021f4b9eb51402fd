"""The very input that failed in the running system: a clone is judged on it too.

What is kept of it is made smaller, and may fail by another fault of the same body. What
mends only that one is refused here, and what it fails on is kept as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from architect import regressions
from architect.code_generator import Generated
from architect.gate.verdict import Finding
from architect.session import Session
from architect.wick.minimise import minimise
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.values import Encoded, NotPlain

HINT = "this is of the input that failed in the running system, made smaller"


def judged(
    session: Session, spec: Spec, graph: SpecGraph, made: Generated,
    live: Mapping[str, Encoded] | None, why: str,
) -> Generated:  # fmt: skip
    """Return what the gate accepted, refused where it fails on the `live` input.

    `live` is in plain form, None where there is none to judge by; `why` is the incident's.
    """
    if live is None or not made.accepted:
        return made
    try:
        found = session.replay(spec, graph).reproduce(made.body, live, minimise)
    except NotPlain:
        return made  # a record of it is another one now
    if found is None:
        return made
    # Kept, for what mends this fault has parts that no other test needs.
    regressions.add(session.project, spec.name, found.arguments, why)
    failure = found.failure
    finding = Finding("regressions", failure.message, failure.line, HINT)
    verdict = replace(
        made.verdict, accepted=False, stage="regressions", findings=(finding,),
        counter_example=failure.counter_example,
    )  # fmt: skip
    return replace(made, verdict=verdict)
