"""Which clones are started for an incident: what the module `clone_starter` says.

It runs in the sandbox like any candidate. Where it is missing, or is itself what is
broken, everything that could help is started with the whole budget: a fault of the
starter must not keep a module from being repaired.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from architect.code_generator import from_body
from architect.gate.asking import ask
from architect.gate.replay import Replay
from architect.session import Session
from core.errors import GateError, SpecError
from core.spec import Spec
from core.spec_graph import SpecGraph

STARTER = "clone_starter"
# What one repair may take; a setting may allow the search less.
REPAIR_S = 60
MOST_CANDIDATES = 200_000
# What the starter answered before, by its text: it is pure, and to ask it takes the time
# that a candidate's sandbox takes to start.
MOST_ANSWERS = 64
_ANSWERS: dict[tuple[str, Situation], list[CloneBudget]] = {}


@dataclass(frozen=True, slots=True)
class CloneBudget:
    """One kind of clone. `origin` is earlier, search or model; `route` is the model's.

    Attributes:
        seconds: how long it may take.
        candidates: how many it may try.
    """

    origin: str
    route: str
    seconds: int
    candidates: int


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of an incident when its clones are started.

    Attributes:
        kind: of the incident; failure and gate are repaired.
        earlier: how many earlier accepted versions there are.
        reproduced: whether the failing inputs fail in the gate too.
        routes: of models that may be asked, best first.
        budget_s: what the repair may take.
    """

    kind: str
    earlier: int
    reproduced: bool
    routes: Sequence[str]
    budget_s: int


def repair_plan(
    session: Session, spec: Spec, graph: SpecGraph, body: str, earlier: int,
    reproduced: bool,
) -> list[CloneBudget]:  # fmt: skip
    """Return the clones to start for a body that failed.

    Where its failing inputs could not be run again, the spec's own tests may fail: that
    is something to search by too.
    """
    fails = reproduced or not from_body(spec, body, session.judge(graph)).accepted
    routes = session.config.wick.routes
    return clone_plan(session, Situation("failure", earlier, fails, routes, REPAIR_S))


def clone_plan(session: Session, situation: Situation) -> list[CloneBudget]:
    """Return the clones to start, in this order."""
    with contextlib.suppress(GateError, SpecError):
        graph = session.graph()
        replay = session.replay(graph.get(STARTER), graph)
        key = replay.modules.get(STARTER, ""), replace(
            situation, routes=tuple(situation.routes)
        )
        if key not in _ANSWERS:
            if len(_ANSWERS) >= MOST_ANSWERS:
                _ANSWERS.clear()
            _ANSWERS[key] = _asked(replay, situation)
        return list(_ANSWERS[key])
    return default_plan(situation)


def _asked(replay: Replay, situation: Situation) -> list[CloneBudget]:
    given = {
        "kind": situation.kind,
        "earlier": situation.earlier,
        "reproduced": situation.reproduced,
        "routes": list(situation.routes),
        "budget_s": situation.budget_s,
    }
    return [
        CloneBudget(one.origin, one.route, one.seconds, one.candidates)
        for one in ask(replay, given)
    ]


def default_plan(situation: Situation) -> list[CloneBudget]:
    """Return everything that could help, cheapest first."""
    whole = situation.budget_s
    found = [
        CloneBudget("earlier", "", whole, situation.earlier),
        CloneBudget("search", "", whole, MOST_CANDIDATES),
    ]
    return found + [CloneBudget("model", route, whole, 1) for route in situation.routes]
