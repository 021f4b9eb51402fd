"""One kind of clone that Wick starts for an incident, and what it may use up.

Generated from specs/trading/clone_budget.yaml. To change it, change the spec
and run: architect generate clone_budget
"""

from typing import Literal

from core.records import record


@record()
class CloneBudget:
    """One kind of clone that Wick starts for an incident, and what it may use up.

    Attributes:
        origin: where its candidates come from
        route: the model's route, empty for the others
        seconds (s): how long it may take
        candidates: how many it may try
    """

    origin: Literal["earlier", "search", "model"]
    route: str
    seconds: int
    candidates: int


__all__ = ["CloneBudget"]
# From its spec, byte for byte: architect rebuild clone_budget
