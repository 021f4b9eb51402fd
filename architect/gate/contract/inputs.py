"""The drawn inputs of one spec: drawn once in a process, used by every judgement.

Draws are derandomised, so the next candidate of the same spec meets the same inputs
anyway. Only a failing input is searched again, to shrink it. What a body's own
constants call for is drawn apart, for that body alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from architect.gate.contract.failure import Broken, Failure
from architect.gate.contract.search import Search, sample
from architect.gate.strategies import Arguments, Draw
from core.spec import Domain, Spec

Fails = Callable[[Arguments], Failure | None]
# How a claim is held against inputs, one result for each of them: as `map` does.
Each = Callable[[Fails, Sequence[Arguments]], Iterable[Failure | None]]
# claim and number of cases -> what was drawn for it.
Pool = dict[tuple[str, int], list[Arguments]]


def drawn_by(spec: Spec) -> object:
    """Return what of a spec decides which inputs are drawn, to be compared: another word
    in its prose is no reason to draw anew.
    """
    params = {
        name: param.model_copy(update={"meaning": "", "unit": None})
        for name, param in spec.params.items()
    }
    return params, spec.requires, spec.ensures, spec.properties


class Inputs:
    """Draws calls of `spec`; `own` draws with the constants of the body, if any. `each`
    holds a claim against them.
    """

    def __init__(
        self,
        spec: Spec,
        draw: Draw,
        own: Draw | None,
        pool: Pool,
        each: Each = map,
    ) -> None:
        self.spec, self.draw, self.own, self.pool = spec, draw, own, pool
        self.each = each

    def sample(
        self,
        claim: str,
        cases: int,
        allowed: Callable[[Arguments], bool],
        given: Mapping[str, Domain] | None = None,
    ) -> list[Arguments]:
        """Return inputs that `allowed` keeps, the same for every candidate.

        SpecError when the spec leaves nothing to draw.
        """
        key = claim, cases
        if key not in self.pool:
            strategy = self.draw.arguments(self.spec, allowed, given)
            self.pool[key] = sample(strategy, cases, self._seed(claim))
        return self.pool[key]

    def smallest(
        self,
        claim: str,
        fails: Fails,
        cases: int,
        allowed: Callable[[Arguments], bool],
        given: Mapping[str, Domain] | None = None,
        most: int | None = None,
    ) -> Failure | None:
        """Return the failure of the smallest input that breaks the claim; `most` says how
        many of the drawn inputs are tried."""
        drawn = self.sample(claim, cases, allowed, given)[:most]
        strategy = partial(self.draw.arguments, self.spec, allowed, given)
        for i, failure in _failures(self.each(fails, drawn)):
            found = Search(strategy(), fails, self._seed(claim))
            return found.smallest(cases, passed=i) or failure
        if self.own is None:
            return None
        own = self.own.arguments(self.spec, allowed, given)
        if not self.own.fits:
            return None
        seed = f"{self._seed(claim)} at its constants"
        cases = max(24, (most or cases) // 2)
        for i, failure in _failures(self.each(fails, sample(own, cases, seed))):
            return Search(own, fails, seed).smallest(cases, passed=i) or failure
        return None

    def _seed(self, claim: str) -> str:
        return f"{self.spec.name}: {claim}"


def _failures(found: Iterable[Failure | None]) -> Iterator[tuple[int, Failure]]:
    """Yield the failures that are found with their places; Broken at a final one."""
    for i, failure in enumerate(found):
        if failure is not None and failure.final:
            raise Broken(failure)
        if failure is not None:
            yield i, failure
