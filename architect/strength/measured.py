"""What the strength of a spec was, as long as nothing that it follows from has changed.

Which mutants are caught follows from the body, the claims and the used modules. What a
spec says in words is for who reads it: an edit of its intent makes another version of
the module, with the same strength.
"""

from __future__ import annotations

from typing import Any

from architect.gate.verdict import Caught
from architect.gate_process import Order
from core.spec import Spec
from core.spec_graph import SpecGraph

# Read by people and models alone: no test, no drawn input and no mutant is made of them.
WORDS = {"intent", "notes"}
Basis = tuple[Any, ...]


class Measured:
    """The last strength of each module, and what it was measured of."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Basis, Caught]] = {}

    def of(self, order: Order, graph: SpecGraph) -> Caught | None:
        """Return the strength of what an order holds, None if it must be measured."""
        basis, caught = self._known.get(order.name, ((), None))
        return caught if basis == _basis(order, graph) else None

    def keep(self, order: Order, graph: SpecGraph, caught: Caught) -> None:
        """Remember what was measured."""
        self._known[order.name] = _basis(order, graph), caught


def _basis(order: Order, graph: SpecGraph) -> Basis:
    """Return all that the strength follows from, to be compared."""
    needed = graph.needs(order.name)
    # What its ports answer is drawn of records that it need not name.
    records = (spec.name for spec in graph if spec.kind == "record")
    answers = records if graph.specs[order.name].ports else ()
    claims = [_claims(graph.specs[name]) for name in (order.name, *needed, *answers)]
    return order.text, claims, {name: order.modules.get(name) for name in needed}


def _claims(spec: Spec) -> dict[str, Any]:
    fields = type(spec).model_fields
    # As text: 1, 1.0 and True are equal, and are not the same example.
    return {name: repr(getattr(spec, name)) for name in fields if name not in WORDS}
