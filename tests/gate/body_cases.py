"""How a test names a body together with the small spec that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.spec import Spec
from core.spec_graph import SpecGraph, graph

MEANING = {"meaning": "as named"}

FILL = {
    "name": "fill",
    "kind": "record",
    "intent": "One fill.",
    "fields": {
        "symbol": {"type": "str", **MEANING},
        "side": {"type": 'Literal["buy", "sell"]', **MEANING},
        "size": {"type": "Decimal", **MEANING},
        "price": {"type": "Decimal", **MEANING},
        "time_ms": {"type": "int", **MEANING},
    },
}
POSITION = {
    "name": "position",
    "kind": "record",
    "intent": "One position.",
    "fields": {
        "symbol": {"type": "str", **MEANING},
        "size": {"type": "Decimal", **MEANING},
        "entry_price": {"type": "Decimal", **MEANING},
        "last_fill": {"type": "Fill | None", **MEANING},
    },
}
ORDER_STATUS = {
    "name": "order_status",
    "kind": "record",
    "intent": "What the exchange knows of an order.",
    "fields": {
        "client_id": {"type": "str", **MEANING},
        "status": {"type": "str", **MEANING},
        "filled": {"type": "Decimal", **MEANING},
    },
}
EMA = {
    "name": "ema",
    "kind": "indicator",
    "intent": "Exponential mean.",
    "params": {
        "prices": {"type": "Series", **MEANING},
        "period": {"type": "int", **MEANING},
    },
    "returns": {"type": "Series", **MEANING},
    "examples": [{"given": {"prices": [1.0], "period": 1}, "expect": [1.0]}],
}


@dataclass(frozen=True)
class Case:
    """A body and its spec: `signature` as `a: int, b: Series -> float`."""

    name: str
    signature: str
    body: str
    imports: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    ports: dict[str, str] = field(default_factory=dict)
    line: int | None = None

    def __str__(self) -> str:
        return self.name

    def spec(self) -> Spec:
        """Return the spec; its example is only there because a spec needs one."""
        left, _, returns = self.signature.rpartition(" -> ")
        pairs = [part.split(": ") for part in left.split(", ") if part]
        data = {
            "name": "subject",
            "kind": "action" if self.ports else "function",
            "intent": "What the test is about.",
            "params": {
                name: {"type": kind.replace("~", ", "), **MEANING}
                for name, kind in pairs
            },
            "returns": {"type": returns.replace("~", ", "), **MEANING},
            "imports": list(self.imports),
            "uses": list(self.uses),
            "ports": self.ports,
            "examples": [{"given": {name: None for name, _ in pairs}, "expect": None}],
        }
        return Spec.model_validate(data)

    def graph(self) -> SpecGraph:
        """Return the spec among the records and the indicator that it may use."""
        others = [Spec.model_validate(d) for d in (FILL, POSITION, ORDER_STATUS, EMA)]
        return graph({spec.name: spec for spec in [*others, self.spec()]})
