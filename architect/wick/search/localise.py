"""Which nodes are suspect: run by failing checks more than by passing ones (Ochiai)."""

from __future__ import annotations

import math
from collections import Counter

from architect.wick.search.edit import Edit
from architect.wick.search.observe import Observed

WEIGHT = 2.0
NEVER_RUN = 5.0


def ranked(edits: list[Edit], seen: Observed) -> list[Edit]:
    """Return the edits in the order to try them: prior and suspicion together."""
    suspicion = suspicions(seen)
    ran = set().union(*seen.ran.values()) if seen.ran else set()
    for edit in edits:
        where = edit.where if edit.where in ran else edit.near
        if where in suspicion:
            edit.cost += WEIGHT * (1.0 - suspicion[where])
        else:
            edit.cost += NEVER_RUN if where in ran else WEIGHT
    return sorted(edits, key=lambda edit: edit.cost)


def suspicions(seen: Observed) -> dict[int, float]:
    """Return for each node that a failing check ran its Ochiai score, 0 to 1.

    failed(n) / sqrt(all failed * (failed(n) + passed(n))); Abreu et al., 2006.
    """
    failed: Counter[int] = Counter()
    passed: Counter[int] = Counter()
    failing = 0
    for number, nodes in seen.ran.items():
        good = seen.outcomes[number].passed
        failing += not good
        (passed if good else failed).update(nodes)
    return {
        node: count / math.sqrt(failing * (count + passed[node]))
        for node, count in failed.items()
    }
