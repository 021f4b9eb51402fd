"""Hypothesis as a search for the smallest input that breaks a claim.

Derandomised: the same claim over the same spec draws the same inputs in every process.
Nothing is read from or written to disk. It is hypothesis' engine that is run, not its
`find`: what `find` does around each input, for tests that people write, takes as long as
drawing it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.errors import HypothesisException
from hypothesis.internal.conjecture import providers
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.internal.conjecture.engine import ConjectureRunner
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.internal.escalation import InterestingOrigin
from hypothesis.internal.floats import make_float_clamper

from architect.gate.contract.failure import Broken, Failure
from architect.gate.strategies import Strategy
from core.errors import SpecError

SHRINK_CALLS, SHRINK_S = 400, 1.0
# All failures of one claim are one failure to be shrunk.
_ORIGIN = InterestingOrigin(AssertionError, None, None, (), ())


class Search:
    """One search; `seed` is any text that names the claim."""

    def __init__(
        self, strategy: Strategy, fails: Callable[[Any], Failure | None], seed: str
    ) -> None:
        self.strategy, self.fails, self.seed = strategy, fails, seed
        self.drawn = self.passed = 0
        self.found: Failure | None = None
        self.until = 0.0
        self.left = SHRINK_CALLS

    def smallest(self, cases: int, passed: int = 0) -> Failure | None:
        """Return the failure of the smallest breaking input, None if none was drawn.

        The first `passed` inputs are known to keep the claim. SpecError when the spec
        leaves nothing to draw.
        """
        self.passed = passed
        digest = hashlib.sha256(self.seed.encode()).digest()
        seed = Random(int.from_bytes(digest[:8], "big")).getrandbits(64)
        engine = ConjectureRunner(
            self._tried, settings=_settings(cases), random=Random(seed)
        )
        try:
            with _plain_draws():
                engine.run()
        except Broken as broken:
            return broken.failure
        except _Escaped as escaped:
            raise escaped.error from None
        except HypothesisException:
            # A candidate that answers differently each time: the last failure stands.
            if self.found is None:
                raise
        if not self.drawn:
            raise SpecError(
                f"{self.seed}: no drawn input keeps the requires",
                hint="give the parameters a range, size or choices that keep them",
            )
        return self.found

    def _tried(self, data: ConjectureData) -> None:
        if self._broken(data.draw(self.strategy)):
            data.mark_interesting(_ORIGIN)

    def _broken(self, value: Any) -> bool:
        if self.found is not None and not self._worth_shrinking():
            return False
        self.drawn += 1
        if self.drawn <= self.passed:
            return False
        try:
            failure = self.fails(value)
        except Exception as error:
            raise _Escaped(error) from None
        if failure is None:
            return False
        if failure.final:
            raise Broken(failure)
        if self.found is None:
            self.until = time.monotonic() + SHRINK_S
        self.found = failure
        return True

    def _worth_shrinking(self) -> bool:
        self.left -= 1
        return self.left > 0 and time.monotonic() < self.until


class _Escaped(BaseException):
    """An error of the gate itself, which hypothesis must not take for a finding."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _settings(cases: int) -> settings:
    return settings(
        max_examples=cases,
        database=None,
        deadline=None,
        derandomize=False,  # the seed is ours
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        backend="hypothesis",
    )


@contextmanager
def _plain_draws() -> Iterator[None]:
    """Switch off two habits of hypothesis for the length of a search.

    It draws constants out of the source of loaded modules, so draws would depend on
    what this process has imported, and are cached in the working folder. And it varies
    inputs that did not fail, which doubles the time and draws near-duplicates.

    What it works out anew at each draw, of the bounds alone, is kept: the same is drawn.
    """
    with (
        patch.object(HypothesisProvider, "_maybe_draw_constant", _nothing),
        patch.object(ConjectureRunner, "generate_mutations_from", _nothing),
        patch.object(providers, "make_float_clamper", _clamper),
        patch.object(providers, "INTEGERS_DISTRIBUTION", _INTEGERS),
    ):
        yield


class _Integers:
    """Hypothesis' distribution of integers, which remembers what bounds it was asked for."""

    def __init__(self, drawn: Any) -> None:
        self.cdf = lru_cache(maxsize=4096)(drawn.cdf)
        self.inverse_cdf = drawn.inverse_cdf


_INTEGERS = _Integers(providers.INTEGERS_DISTRIBUTION)
_clamper = lru_cache(maxsize=4096)(make_float_clamper)


def _nothing(*args: Any, **kwargs: Any) -> None:
    return None


def sample(strategy: Strategy, cases: int, seed: str) -> list[Any]:
    """Return drawn inputs, all of them kept by the spec's requires."""
    seen: list[Any] = []
    Search(strategy, seen.append, seed).smallest(cases)
    return seen
