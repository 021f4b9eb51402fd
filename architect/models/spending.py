"""What was spent, added up: by day, job, module or route, from the ledgers.

Reads only. A call that was never settled counts with its worst case, as it does against
the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from architect.models.ledger import Charge

Dated = tuple[str, Charge]
# What spending can be added up by; each gives the name of a charge's sum.
KEYS: dict[str, Callable[[Dated], str]] = {
    "day": lambda pair: pair[0],
    "job": lambda pair: pair[1].job,
    "module": lambda pair: pair[1].module,
    "route": lambda pair: pair[1].route,
    "run": lambda pair: pair[1].run,
}


@dataclass(frozen=True, slots=True)
class Sum:
    """Calls of one name and what they cost; `open_usd` is the part never settled."""

    name: str
    calls: int
    usd: Decimal
    open_usd: Decimal


def total(name: str, charges: Iterable[Dated]) -> Sum:
    """Return the sum of some charges."""
    found = [charge for _, charge in charges]
    still = sum((c.usd for c in found if not c.settled), Decimal(0))
    return Sum(name, len(found), sum((c.usd for c in found), Decimal(0)), still)


def sums(charges: Iterable[Dated], key: str) -> list[Sum]:
    """Return a sum for each name of `key`: days in their order, others dearest first."""
    groups: dict[str, list[Dated]] = {}
    for pair in charges:
        groups.setdefault(KEYS[key](pair), []).append(pair)
    found = [total(name, group) for name, group in groups.items()]
    if key in ("day", "run"):
        return sorted(found, key=lambda one: one.name)
    return sorted(found, key=lambda one: (-one.usd, one.name))
