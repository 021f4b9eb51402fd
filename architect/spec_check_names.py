"""The names of a spec: those it gives, and those that its expressions use."""

from __future__ import annotations

import builtins
import difflib
import inspect
import keyword
from collections.abc import Iterable, Iterator

from architect.gate.allowed import BUILTINS, RISKY_FIELDS
from architect.gate.expressions import contract_names, names, property_names
from core import errors
from core.contract import TERMS
from core.spec import RESERVED, Spec, snake

Found = tuple[str, str | None]


def findings(spec: Spec, package: str = "trading") -> Iterator[Found]:
    """Yield (message, hint) for every name that is taken or not known."""
    yield from _own(spec)
    yield from _given(spec)
    yield from _expressions(spec)
    yield from _errors(spec)


def _own(spec: Spec) -> Iterator[Found]:
    """The module's own name stands beside what its header imports."""
    taken = {*spec.import_names, *spec.uses, *TERMS, *_words(spec), "module", "record"}
    if (
        keyword.iskeyword(spec.name)
        or hasattr(builtins, spec.name)
        or spec.name in taken
    ):
        yield f"the name {spec.name!r} is taken", "rename the spec"


def _words(spec: Spec) -> set[str]:
    inputs = {*spec.params, *spec.ports, *spec.fields}
    return {snake(name) for name in spec.record_types} | inputs


def _given(spec: Spec) -> Iterator[Found]:
    taken = {*spec.import_names, *spec.uses, *TERMS, *RESERVED, "module", "record"}
    for name in (*spec.params, *spec.ports):
        if name in taken or keyword.iskeyword(name) or hasattr(builtins, name):
            yield f"{name!r} cannot name an input: it is taken", "choose another name"
    for name in sorted({*spec.params} & {*spec.ports}):
        yield f"{name!r} is a parameter and a port", "rename one of them"
    for name in spec.fields:
        if keyword.iskeyword(name) or name in RESERVED:
            yield f"{name!r} cannot name a field: it is taken", "choose another name"
        # Fields are allowed as attributes by name, on whatever value.
        if name in RISKY_FIELDS or name.startswith(("to_", "read_")):
            yield f"field {name!r} is a method of other types", "choose another name"


def _expressions(spec: Spec) -> Iterator[Found]:
    contract = contract_names(spec) | BUILTINS | set(spec.uses)
    yield from _unknown("requires", spec.requires, contract)
    yield from _unknown("ensures", spec.ensures, contract | {"result"})
    if spec.on_failure != "raise":
        yield from _unknown("on_failure", [spec.on_failure], contract)
    for prop in spec.properties:
        known = property_names(spec) | BUILTINS
        yield from _unknown(f"property {prop.name!r}", [prop.check], known)


def _unknown(where: str, texts: Iterable[str], known: set[str]) -> Iterator[Found]:
    for text in texts:
        for name in names(text):
            if name not in known and not hasattr(builtins, name):
                near = difflib.get_close_matches(name, known, 1)
                hint = (
                    f"did you mean {near[0]!r}?"
                    if near
                    else "add it to imports or uses"
                )
                yield f"{where}: {text}: name {name!r} is not known", hint
            elif name not in known:
                yield f"{where}: {text}: {name!r} may not be used in a contract", None


def _errors(spec: Spec) -> Iterator[Found]:
    raised = [e.raises for e in spec.examples]
    raised += [
        c.raises for e in spec.examples for calls in e.ports.values() for c in calls
    ]
    for name in dict.fromkeys(name for name in raised if name is not None):
        if name not in error_names():
            near = difflib.get_close_matches(name, error_names(), 1)
            hint = f"did you mean {near[0]!r}?" if near else None
            yield f"raises: there is no error {name!r}", hint


def error_names() -> set[str]:
    """Return the names that `raises` may have: Python's, decimal's and our own."""
    own = {n for n, v in vars(errors).items() if _is_error(v)}
    python = {n for n, v in vars(builtins).items() if _is_error(v)}
    return own | python | {"InvalidOperation", "DivisionByZero"}


def _is_error(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, Exception)
