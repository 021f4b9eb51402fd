"""Tries the clones of one failure, cheapest first: each into the story, with its cost.

The last good version is judged before anything else is begun, for it mends most. Versions
before that are judged here while the search runs in its own process; what it finds is
judged as it comes. A model is asked only when neither has won, for its answer costs
money. The first kind with a clone that passes ends the others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import islice

from architect import regressions
from architect.ask_architect import Architect
from architect.code_generator import Generated, from_body, visible_reason
from architect.gate.verdict import Finding, Verdict
from architect.history import Accepted, recorded_reply, versions
from architect.models.reply import Reply
from architect.session import Session
from architect.wick.candidates import Clone, Failed, asked, earlier_versions
from architect.wick.choice import Passed, best, changed_lines
from architect.wick.evidence import Evidence
from architect.wick.incidents import Incident, Incidents
from architect.wick.live_input import judged
from architect.wick.plan import CloneBudget, repair_plan
from architect.wick.recorded import Recorded, recorded_calls
from architect.wick.searching import Searching
from architect.wick.spec_search.handle import Searcher
from architect.wick.spec_search.order import Ended, make_order
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import split_module
from core.values import Encoded

# Of the search's patches: so many that pass are compared, so many refused are enough.
# What fails an example costs little: of those so many.
MOST_PASSING, MOST_REFUSED, MOST_FAILING = 3, 40, 400
# So many of those that fail an example are told of one by one.
TOLD = 10


@dataclass
class Trying:
    """One incident's clones. Without a `searcher` nothing is searched.

    `failing` is the smallest failing input, in plain form, if there is one. `refused` are
    the verdicts of those that did not pass, `ended` is what the search came to.
    """

    session: Session
    incidents: Incidents
    incident: Incident
    spec: Spec
    graph: SpecGraph
    failed: Failed
    searcher: Searcher | None = None
    failing: Mapping[str, Encoded] | None = None
    refused: list[Verdict] = field(default_factory=list)
    ended: Ended | None = None
    tried: list[str] = field(default_factory=list)
    _search: Searching | None = None

    def winner(self) -> Passed | None:
        """Return the clone to take, None when none passes the gate."""
        self.incidents.step(
            self.incident, "planned", clones=[asdict(one) for one in self._plan]
        )
        if found := self._earlier(1):
            return best(found)
        try:
            self._begin_search()
            for tried in (self._earlier, self._searched, self._asked):
                if found := tried():
                    return best(found)
        finally:
            self._end_search()
        return None

    @cached_property
    def _plan(self) -> list[CloneBudget]:
        earlier = len(self._versions) - 1
        reproduced = self.failing is not None
        return repair_plan(
            self.session, self.spec, self.graph, self.failed.body, earlier, reproduced
        )

    def _planned(self, origin: str) -> list[CloneBudget]:
        return [budget for budget in self._plan if budget.origin == origin]

    # --- earlier versions ----------------------------------------------------------

    @cached_property
    def _versions(self) -> list[Accepted]:
        return versions(self.session.project, self.session.repository, self.spec.name)

    def _earlier(self, most: int | None = None) -> list[Passed]:
        """Return the newest earlier version that passes: the last good one is that. At
        most so many are tried, the next time those after them."""
        for clone in islice(self._clones_before, most):
            if (passed := self._try(clone)) is not None:
                return [passed]
        return []

    @cached_property
    def _clones_before(self) -> Iterator[Clone]:
        most = sum(budget.candidates for budget in self._planned("earlier"))
        known, recorded = self._versions, self._recorded_reply
        return islice(earlier_versions(self.spec, self.failed, known, recorded), most)

    def _recorded_reply(self, version: Accepted) -> Reply | None:
        return recorded_reply(self.session.project, version)

    # --- the search ----------------------------------------------------------------

    def _begin_search(self) -> None:
        most, planned = self.session.config.wick, self._planned("search")
        if self.searcher is None or not most.search_s or not planned:
            return
        known = regressions.load(self.session.project, self.spec.name)
        order = make_order(
            self.session.gate, self.spec, self.graph, self.failed.body,
            self.evidence.replay.modules, [*self.evidence.known(), *known],
            min(most.search_s, planned[0].seconds),
            min(most.search_candidates, planned[0].candidates), most.search_workers,
        )  # fmt: skip
        self._search = Searching(self.searcher, order)

    def _searched(self) -> list[Passed]:
        """Return those of the search's patches that pass, a few at most."""
        passing: list[Passed] = []
        tried = failing = 0
        while self._search is not None and (found := self._search.next()):
            number = tried + failing + 1
            clone = Clone(f"search {number}: {' + '.join(found.edits)}", found.body)
            if self._fails_example(clone, failing < TOLD):
                failing += 1
                if failing >= MOST_FAILING:
                    break
                self._search.answer(None)
                continue
            tried += 1
            made = self._judge(clone)
            good = made is not None and made.accepted
            passed = self._passed(clone, made) if made and good else None
            if passed is not None and passed.is_perfect:
                return [passed]  # the search's own order is the best first
            passing += [passed] if passed else []
            if len(passing) >= MOST_PASSING or tried >= MOST_REFUSED:
                break
            self._search.answer(made.verdict if made and not good else None)
        return passing

    def _fails_example(self, clone: Clone, tell: bool) -> bool:
        """Tell whether a patch fails an example, most likely one that the search was not
        shown: then the whole gate need not judge it."""
        started = time.perf_counter()
        assert clone.body is not None
        failure = self.evidence.replay.broken_example(clone.body)
        if failure is None:
            return False
        ms = (time.perf_counter() - started) * 1000
        finding = Finding("contract", failure.message)
        verdict = Verdict(
            False, "contract", (finding,), failure.counter_example, 1, ms,
            private=failure.private,
        )  # fmt: skip
        self.refused.append(verdict)
        if tell:
            self._tell(
                clone, body=clone.body, accepted=False, result=verdict.as_text(),
                ms=round(ms, 1), cost_usd="0",
            )  # fmt: skip
        return True

    def _end_search(self) -> None:
        """Kill the search if it still runs, for it lost or has found enough; tell of it."""
        if self._search is None:
            return
        over = self._search.over
        ended, took_s = self._search.end()
        how = "no further patch" if over else "ended: a clone has won"
        self.ended, self._search = ended, None
        self.tried.append(f"{ended.candidates} candidates of the search")
        self.incidents.step(
            self.incident, "clone: search", result=ended.why or how, cost_usd="0",
            candidates=ended.candidates, ms=round(took_s * 1000, 1),
        )  # fmt: skip

    # --- the model -----------------------------------------------------------------

    def _asked(self) -> list[Passed]:
        """Return the first answer that passes, of one route after the other.

        Each further question tells of the answer before and of what was wrong with it.
        """
        failed = self.failed
        for budget in self._planned("model"):
            for _ in range(budget.candidates):
                clone = asked(self.spec, failed, self._architect(budget.route))
                made = self._judge(clone)
                if made is None:
                    break
                if made.accepted:
                    passed = self._passed(clone, made)
                    return [passed] if passed else []
                reason = visible_reason(made.verdict)
                failed = replace(failed, body=made.body, failure=reason)
        return []

    def _architect(self, route: str) -> Architect:
        ask, project = self.session.models.ask, self.session.project
        return Architect(
            self.graph, project.prompts, lambda prompt: ask(prompt, route=route)
        )

    # --- one clone -----------------------------------------------------------------

    def _try(self, clone: Clone) -> Passed | None:
        made = self._judge(clone)
        return self._passed(clone, made) if made and made.accepted else None

    def _judge(self, clone: Clone) -> Generated | None:
        """Judge a clone by the whole gate and tell of it; None where it has no body."""
        started = time.perf_counter()
        if clone.body is None:
            self._tell(clone, result=clone.why_not)
            return None
        judge = self.session.judge(self.graph)
        made = from_body(self.spec, clone.body, judge, clone.reply)
        if made.accepted and made.body == self.failed.body:
            self._tell(clone, result="the very body that failed", body=clone.body)
            return None
        made = judged(
            self.session, self.spec, self.graph, made, self.failed.live,
            self.incident.summary,
        )  # fmt: skip
        self._tell(
            clone, body=clone.body, accepted=made.accepted, result=made.verdict.as_text(),
            ms=round((time.perf_counter() - started) * 1000, 1),
            cost_usd=str(clone.reply.cost_usd) if clone.reply else "0",
        )  # fmt: skip
        if not made.accepted:
            self.refused.append(made.verdict)
        return made

    def _passed(self, clone: Clone, made: Generated) -> Passed | None:
        change = changed_lines(self.failed.body, made.body)
        if clone.was_good:
            return Passed(clone, made, 1.0, change)
        mended = self.evidence.mended(made.body)
        agreement = self.evidence.agreement(made.body, self._last_good)
        return Passed(clone, made, agreement, change, mended)

    @cached_property
    def evidence(self) -> Evidence:
        """What is known of the failure besides the spec."""
        replay = self.session.replay(self.spec, self.graph)
        calls = self._calls()
        return Evidence.gather(replay, self.failed.body, self.failing, calls)

    def _calls(self) -> list[Recorded]:
        """Return recorded calls of other versions; of the failing one if there are none."""
        found = recorded_calls(
            self.incidents.database_url, self.spec.name, self.incident.opened_ms
        )
        others = [call for call in found if call.version != self.failed.version]
        return others or found

    @cached_property
    def _last_good(self) -> str | None:
        """The body of the last version before the failing one, under today's header."""
        package = self.session.project.package
        for version in self._versions:
            body = split_module(self.spec, version.module, package)
            if version.version != self.failed.version and body:
                return body
        return None

    def _tell(self, clone: Clone, **detail: object) -> None:
        self.tried.append(clone.origin)
        self.incidents.step(self.incident, f"clone: {clone.origin}", **detail)
