"""What one search is told and what it answers: plain data between two of our processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from architect.gate.contract.inputs import Inputs
from architect.gate.contract.regressions import Regression
from architect.gate.contract.session import Session
from architect.gate.contract.terms import Terms
from architect.gate.gate import Gate
from architect.gate.verdict import Verdict
from architect.wick.search.tally import Tally
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.values import Encoded, NotPlain, encode

Arguments = Mapping[str, Encoded]
# Drawn inputs of each claim: few, for each candidate meets them all.
ENSURED, CLAIMED, COMPARED = 12, 6, 40
# On a busy machine a search may take so many times its processor time.
BUSY = 3.0


@dataclass(frozen=True)
class Order:
    """A body to search around.

    `sources` are the modules it needs in the order of loading; `drawn` are inputs by
    claim ("" for `ensures`), all in plain form, `compared` those on which patches vote.
    `seconds` are of each worker's processor time.
    `known` once failed in the running system, the newest first. Held-back examples stay
    out of it: they judge what the search finds.
    """

    spec: Spec
    graph: SpecGraph
    body: str
    sources: Sequence[tuple[str, bytes]]
    known: Sequence[Regression]
    drawn: Mapping[str, Sequence[Arguments]]
    compared: Sequence[Arguments]
    seconds: float
    candidates: int
    workers: int = 1
    package: str = "trading"

    @property
    def wall_s(self) -> float:
        """How long it may take by the clock."""
        return BUSY * self.seconds

    def taught(self, verdict: Verdict, seconds: float) -> Order | None:
        """Return the order with the input on which the gate refused a patch; it may take
        `seconds`. None where there is no such input that may be shown."""
        shown = verdict.counter_example
        if shown is None or shown.ports is not None or not verdict.findings:
            return None
        message = verdict.findings[0].message
        claims = [p.name for p in self.spec.properties if f"{p.name!r}" in message]
        claim = claims[0] if claims else ""
        try:
            plain = _plain(shown.given)
        except NotPlain:
            return None
        drawn = {**self.drawn, claim: [plain, *self.drawn.get(claim, ())]}
        return replace(self, drawn=drawn, seconds=seconds)


@dataclass(frozen=True)
class Found:
    """A body that passes what the search knows; `edits` are the families that made it."""

    body: str
    edits: tuple[str, ...]
    candidates: int
    seconds: float


@dataclass(frozen=True)
class Ended:
    """The search is over: nothing more will come. `why` says what cut it short, if so.

    `tally` says which checks its candidates passed and broke.
    """

    candidates: int
    seconds: float
    why: str = ""
    tally: Tally = field(default_factory=Tally)


@dataclass
class _Gathered:
    sources: Sequence[tuple[str, bytes]] = ()
    drawn: dict[str, list[Arguments]] = field(default_factory=dict)
    compared: list[Arguments] = field(default_factory=list)


def make_order(
    gate: Gate,
    spec: Spec,
    graph: SpecGraph,
    body: str,
    modules: Mapping[str, str],
    known: Sequence[Regression],
    seconds: float,
    candidates: int,
    workers: int = 1,
) -> Order:
    """Return an order with the inputs that the gate's own tests draw.

    `modules` are the accepted texts by name.
    """
    gathered = _Gathered()

    def run(terms: Terms, inputs: Inputs) -> Session:
        _gather(gathered, terms, inputs)
        return Session(None, 0)

    gate.run(spec, graph, body, modules, run)
    return Order(
        spec, graph, body, gathered.sources, known, gathered.drawn, gathered.compared,
        seconds, candidates, workers, gate.package,
    )  # fmt: skip


def _gather(gathered: _Gathered, terms: Terms, inputs: Inputs) -> None:
    spec = terms.spec
    gathered.sources = list(terms.subject.sources[:-1])
    if spec.ports or not spec.params:
        return
    drawn = inputs.sample("agreement", COMPARED, terms.allowed)
    gathered.compared = [_plain(arguments) for arguments in drawn]
    gathered.drawn[""] = gathered.compared[:ENSURED]
    for prop in spec.properties:
        claim = f"property {prop.name}"
        found = inputs.sample(claim, prop.cases, terms.allowed, prop.given)
        gathered.drawn[prop.name] = [_plain(one) for one in found[:CLAIMED]]


def _plain(arguments: Mapping[str, object]) -> Arguments:
    return {name: encode(value) for name, value in arguments.items()}
