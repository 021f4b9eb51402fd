"""What a worker does while nothing fails: it draws the inputs of each module's tests.

They are drawn once in a process, and that takes as long as all the rest of a judgement: a
module that fails later is repaired sooner. It goes on in small steps, so that a failure
meanwhile does not wait.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping

from architect.gate.contract.failure import Failure
from architect.gate.contract.inputs import Fails, Inputs
from architect.gate.contract.plan import drawing
from architect.gate.contract.session import Session as Checked
from architect.gate.contract.terms import Terms
from architect.gate.strategies import Arguments
from architect.session import Session
from architect.wick.spec_search.order import COMPARED
from core.errors import ArchitectError
from core.spec import Domain, Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module

# The rest of a module of which one step took so long is left out.
LONG_S = 0.5


def warming(session: Session) -> Iterator[str]:
    """Draw what is drawn for one accepted module after the other, one claim a step; yield
    the module's name. What cannot be judged is left out."""
    try:
        graph = session.graph()
    except (ArchitectError, OSError):
        # Somebody edits a spec at the moment: who judges is told what is wrong with it.
        return
    for spec in graph:
        if spec.kind == "record" or not spec.params or spec.ports:
            continue
        with contextlib.suppress(ArchitectError, OSError):
            since = time.process_time()
            for _ in _steps(session, spec, graph):
                # A failure would wait for the next of its steps as well.
                if time.process_time() - since > LONG_S:
                    break
                yield spec.name
                since = time.process_time()


class _Drawn(Inputs):
    """Draws what a check wants and lets it find no fault."""

    def smallest(
        self, claim: str, fails: Fails, cases: int,
        allowed: Callable[[Arguments], bool],
        given: Mapping[str, Domain] | None = None, most: int | None = None,
    ) -> Failure | None:  # fmt: skip
        self.sample(claim, cases, allowed, given)
        return None


def _steps(session: Session, spec: Spec, graph: SpecGraph) -> Iterator[None]:
    replay = session.replay(spec, graph)
    package = session.project.package
    body = split_module(spec, replay.modules.get(spec.name, ""), package)
    steps = _Steps()
    while body is not None and steps.left:
        session.gate.run(spec, graph, body, replay.modules, steps.next)
        yield


class _Steps:
    """Runs one check more at each call."""

    def __init__(self) -> None:
        self.number, self.left = 0, True

    def next(self, terms: Terms, inputs: Inputs) -> Checked:
        drawn = _Drawn(terms.spec, inputs.draw, None, inputs.pool)
        checks = drawing(terms, drawn)
        self.left = self.number < len(checks)
        if self.left:
            checks[self.number].run()
        else:
            drawn.sample("agreement", COMPARED, terms.allowed)
        self.number += 1
        return Checked(None, 0)
