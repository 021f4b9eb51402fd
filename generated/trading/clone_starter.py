"""Which clones Wick starts for an incident and with which budgets, cheapest first.

Generated from specs/trading/clone_starter.yaml. To change it, change the spec
and run: architect generate clone_starter
"""

from core.wrapper import module
from generated.trading.clone_budget import CloneBudget


@module(
    kind="function",
    requires=[
        "earlier >= 0",
        "budget_s > 0",
    ],
    ensures=[
        "all(clone.seconds <= budget_s for clone in result)",
    ],
    on_failure="[]",
)
def clone_starter(
    kind: str, earlier: int, reproduced: bool, routes: list[str], budget_s: int
) -> list[CloneBudget]:
    """Which clones Wick starts for an incident and with which budgets, cheapest first.

    Args:
        kind: of the incident
        earlier: how many earlier versions there are
        reproduced: whether the failing inputs fail in the gate too
        routes: routes of models that may be asked, best first
        budget_s (s): what one repair may take

    Returns:
        what to start
    """
    if kind not in ("failure", "gate"):
        return []
    found = [("earlier", "", budget_s, min(earlier, 5))] if earlier else []
    if reproduced:
        found.append(("search", "", budget_s // 2 if routes else budget_s, 200000))
    tries = 1 if budget_s < 30 else 2
    found += [("model", route, budget_s, tries) for route in routes]
    return [
        CloneBudget(origin=o, route=r, seconds=s, candidates=c) for o, r, s, c in found
    ]


__all__ = ["clone_starter"]
# From its recorded reply, byte for byte: architect rebuild clone_starter
