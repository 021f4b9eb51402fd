"""The spec format: what a person writes, as a strict model.

A spec is the only source of truth for one module. This module reads and validates
one; how specs depend on each other is `core/spec_graph.py`, and whether a spec's
examples agree with its own contract is judged by the architect, who may run things.
"""

from __future__ import annotations

import builtins
import hashlib
import json
import keyword
import re
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core import types
from core.imports import import_name
from core.spec_words import (
    Expression,
    Import,
    Name,
    PortName,
    TypeText,
    check_expression,
)

Kind = Literal["function", "indicator", "action", "record"]
RESERVED = ("result", "call", "self")


class Misplaced(ValueError):
    """Something wrong at `place`, a path of keys, which only the whole spec can tell."""

    def __init__(self, message: str, place: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.place = place


class Strict(BaseModel):
    """A model that knows all its keys and never changes."""

    # In JSON NaN and infinity would be null, and a spec's digest the same for all of them.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class Domain(Strict):
    """Which values a test may draw: numbers in `range`, `size` for lengths."""

    range: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    choices: list[Any] | None = None


# A default is written into the signature, as a literal. Of lists only the empty one:
# no module changes its inputs, so all calls may share it.
_RENDERED = {"bool", "int", "float", "str", "Decimal", "Literal", "None", "Any", "|"}


class Param(Domain):
    """One parameter, or one field of a record."""

    type: TypeText
    unit: str | None = None
    meaning: str
    default: Any = None

    @property
    def has_default(self) -> bool:
        """Tell whether the spec gives a default (None counts when written)."""
        return "default" in self.model_fields_set

    @model_validator(mode="after")
    def _default_renders(self) -> Param:
        if self.default is None:
            return self
        kinds = {node.name for node in types.parse(self.type).walk()}
        if self.default != [] and not kinds <= _RENDERED:
            raise ValueError(f"a {self.type} can have no default but null")
        if self.default != [] and "Decimal" in kinds and not _is_decimal(self.default):
            raise ValueError(
                f"{self.default!r} is no Decimal, and a default of {self.type} is"
                " written as one"
            )
        return self


def _is_decimal(plain: Any) -> bool:
    try:
        Decimal(str(plain))
    except ArithmeticError:
        return False
    return True


class Returns(Strict):
    """What a call gives back."""

    type: TypeText
    unit: str | None = None
    meaning: str


class PortCall(Strict):
    """One call that an example expects on a port, and what the port answers.

    `args` are matched by the parameter names of the port's method.
    """

    method: Name
    args: dict[str, Any] | None = None
    returns: Any = None
    raises: str | None = None
    message: str = ""


class Example(Strict):
    """Inputs and the expected result, the expected error, or the expected port calls."""

    name: str | None = None
    given: dict[str, Any] = {}
    expect: Any = None
    raises: str | None = None
    ports: dict[Name, list[PortCall]] = {}
    held_back: bool = False
    tolerance: float | None = None

    @property
    def expects_value(self) -> bool:
        """Tell whether `expect` is written (null counts)."""
        return "expect" in self.model_fields_set


class Property(Strict):
    """A claim over many drawn inputs.

    `check` sees the parameters, `result`, and `call(**changes)`, which runs the module
    again with some arguments changed. `given` narrows what is drawn.
    """

    name: str
    check: Expression
    given: dict[str, Domain] = {}
    cases: int = Field(default=60, ge=1, le=2000)


class Limits(Strict):
    """Of one call."""

    time_ms: int = Field(default=250, ge=1, le=60_000)
    memory_mb: int = Field(default=128, ge=16, le=4096)


class Spec(Strict):
    """One module: see specs/README.md for each key with an example."""

    name: Name
    kind: Kind
    intent: str
    params: dict[Name, Param] = {}
    returns: Returns | None = None
    fields: dict[Name, Param] = {}
    requires: list[Expression] = []
    ensures: list[Expression] = []
    imports: list[Import] = []
    uses: list[Name] = []
    ports: dict[Name, PortName] = {}
    on_failure: str = "raise"
    money_path: bool = False
    reflect: Literal["full", "result", "none"] = "full"
    tolerance: float = Field(default=1e-9, ge=0, le=0.1)
    examples: list[Example] = []
    properties: list[Property] = []
    limits: Limits = Limits()
    strength: float = Field(default=0.95, ge=0, le=1)
    notes: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Spec:
        check = self._check_record if self.kind == "record" else self._check_callable
        check()
        return self

    def _check_record(self) -> None:
        if not self.fields:
            raise ValueError("a record needs fields")
        for name in self.fields:
            if keyword.iskeyword(name) or name in RESERVED:
                raise ValueError(f"{name!r} cannot name a field: it is taken")
        for key in ("params", "returns", "ensures", "examples", "properties", "ports"):
            if getattr(self, key):
                raise ValueError(f"a record has no {key}")

    def _check_callable(self) -> None:
        for name in (*self.params, *self.ports):
            if name in RESERVED or keyword.iskeyword(name) or hasattr(builtins, name):
                raise ValueError(f"{name!r} cannot name a parameter: it is taken")
        if self.fields:
            raise ValueError(f"fields belong to kind record, not {self.kind}")
        if self.returns is None:
            raise ValueError("returns is missing")
        if not self.examples:
            raise ValueError(
                "examples are missing: at least one visible, one held back"
            )
        if self.ports and self.kind != "action":
            raise ValueError(f"ports belong to kind action, not {self.kind}")
        if self.on_failure != "raise":
            check_expression(self.on_failure)
        for number, example in enumerate(self.examples):
            self._check_example(example, ("examples", number))
        for number, prop in enumerate(self.properties):
            place = ("properties", number)
            self._check_known(prop.given, f"property {prop.name!r}", place)

    def _check_known(
        self, given: dict[str, Any], where: str, place: tuple[str | int, ...]
    ) -> None:
        for key in given:
            if key not in self.params:
                known = f"; the parameters are {', '.join(self.params)}"
                raise Misplaced(
                    f"{where} gives {key!r}, which is no parameter"
                    + (known if self.params else ""),
                    (*place, "given", key),
                )

    def _check_example(self, example: Example, place: tuple[str, int]) -> None:
        where = f"example {example.name or example.given!r}"
        self._check_known(example.given, where, place)
        for name, param in self.params.items():
            if name not in example.given and not param.has_default:
                raise Misplaced(f"{where} does not give {name!r}", place)
        if example.expects_value == (example.raises is not None):
            raise Misplaced(f"{where} needs one of expect and raises", place)
        for port in example.ports:
            if port not in self.ports:
                raise Misplaced(
                    f"{where} scripts port {port!r}, which is not in ports", place
                )

    @property
    def class_name(self) -> str:
        """The exported name: CamelCase for a record, the name itself otherwise."""
        if self.kind != "record":
            return self.name
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def record_types(self) -> list[str]:
        """Class names of the records that the types of this spec mention."""
        texts = [p.type for p in (*self.params.values(), *self.fields.values())]
        if self.returns:
            texts.append(self.returns.type)
        nodes = (node for text in texts for node in types.parse(text).walk())
        return sorted({node.name for node in nodes if types.is_record(node)})

    @property
    def import_names(self) -> list[str]:
        """The names that the imports of this spec bind."""
        return [import_name(key) for key in self.imports]

    def digest(self) -> str:
        """Return the SHA-256 of the spec's meaning: comments and layout do not count."""
        plain = self.model_dump(mode="json", exclude_unset=True)
        text = json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def snake(class_name: str) -> str:
    """Return the spec name of a record's class: OrderRequest -> order_request."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()
