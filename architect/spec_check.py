"""Does a spec agree with itself? Judged before anything is built from it.

The format is checked by `core/spec.py`. Here the spec's own claims are run against its
examples: an example that breaks a `requires`, an `ensures` or a property would make a
right body fail. Specs are a person's, so their expressions are run without a sandbox;
no module is called, so claims that call one are left to the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from architect import spec_check_names as names_of
from architect.gate.verdict import Finding
from architect.skeleton import TODO
from architect.spec_check_examples import Examples
from core import plain_data, types
from core.errors import ArchitectError
from core.spec import Domain, Param, Spec
from core.spec_graph import SpecGraph
from core.types import Type

STAGE = "spec"
WARNING = "spec warning"
ENOUGH = 3

_NUMBERS = {"int", "float", "Decimal", "datetime", "Series", "Frame"}
_SIZED = {"str", "list", "set", "dict", "Series", "Frame"}


def check_spec(
    spec: Spec, graph: SpecGraph, records: Mapping[str, type], package: str = "trading"
) -> list[Finding]:
    """Return what is wrong with a spec; `stage` is WARNING where it may be built all the same.

    `records` are the classes by name, from `architect.gate.records`.
    """
    found = [
        Finding(STAGE, *pair) for pair in _as_pairs(names_of.findings(spec, package))
    ]
    found += [Finding(STAGE, text) for text in _domains(spec, records)]
    found += [Finding(STAGE, *pair) for pair in _unwritten(spec)]
    if spec.kind == "record":
        return found
    found += [Finding(STAGE, text) for text in _shape(spec)]
    found += list(_counts(spec))
    if errors(found):
        return found
    examples = Examples(spec, graph, records, package)
    return found + [
        Finding(STAGE, text, None, hint) for text, hint in examples.findings()
    ]


def errors(findings: list[Finding]) -> list[Finding]:
    """Return the findings that forbid building."""
    return [finding for finding in findings if finding.stage != WARNING]


def _as_pairs(
    found: Iterator[tuple[str, str | None]],
) -> Iterator[tuple[str, None, str | None]]:
    return ((message, None, hint) for message, hint in found)


def _unwritten(spec: Spec) -> Iterator[tuple[str, None, str]]:
    """Yield what is still as `architect new` wrote it."""
    inputs = {**spec.params, **spec.fields}
    texts = {name: param.meaning for name, param in inputs.items()}
    texts |= {"intent": spec.intent, "notes": spec.notes or ""}
    texts |= {"returns": spec.returns.meaning} if spec.returns else {}
    for where, text in texts.items():
        if TODO in text:
            yield f"{where} is still to be written: {TODO}", None, "write it"


def _shape(spec: Spec) -> Iterator[str]:
    assert spec.returns is not None
    if spec.kind != "indicator":
        return
    tables = {"Series", "Frame"}
    if types.parse(spec.returns.type).name not in tables:
        yield f"an indicator returns a Series or a Frame, not {spec.returns.type}"
    if not any(types.parse(p.type).name in tables for p in spec.params.values()):
        yield "an indicator takes a Series or a Frame"


def _counts(spec: Spec) -> Iterator[Finding]:
    held = sum(example.held_back for example in spec.examples)
    for count, what in ((len(spec.examples) - held, "visible"), (held, "held-back")):
        if count == 0:
            hint = (
                "mark an example held_back: true" if what == "held-back" else "add one"
            )
            yield Finding(STAGE, f"no {what} example", None, hint)
        elif count < ENOUGH:
            message = f"only {count} {what} example{'s' * (count > 1)}"
            yield Finding(
                WARNING, message, None, f"{ENOUGH} or more catch more wrong bodies"
            )


def _domains(spec: Spec, records: Mapping[str, type]) -> Iterator[str]:
    for name, param in (*spec.params.items(), *spec.fields.items()):
        kind = types.parse(param.type)
        yield from _domain(name, kind, param, records)
        yield from _default(name, kind, param, records)
    for prop in spec.properties:
        for name, domain in prop.given.items():
            kind = types.parse(spec.params[name].type)
            yield from _domain(f"property {prop.name!r}: {name}", kind, domain, records)


def _default(
    name: str, kind: Type, param: Param, records: Mapping[str, type]
) -> Iterator[str]:
    if param.has_default:
        try:
            plain_data.load(kind, param.default, records)
        except ArchitectError as error:
            yield f"{name}: default: {error}"


def _domain(
    where: str, kind: Type, domain: Domain, records: Mapping[str, type]
) -> Iterator[str]:
    nodes = {node.name for node in kind.walk()}
    for key, fitting in (("range", _NUMBERS), ("size", _SIZED)):
        pair = getattr(domain, key)
        if pair is None:
            continue
        if not nodes & fitting:
            yield f"{where}: {key} does not fit type {kind}"
        if pair[0] > pair[1] or (key == "size" and pair[0] < 0):
            yield f"{where}: {key} {list(pair)} holds nothing"
    for choice in domain.choices or ():
        if not any(_loads(node, choice, records) for node in kind.walk()):
            yield f"{where}: choice {choice!r} does not fit type {kind}"


def _loads(kind: Type, plain: plain_data.Plain, records: Mapping[str, type]) -> bool:
    if kind.name == "|":
        return False
    try:
        plain_data.load(kind, plain, records)
    except ArchitectError:
        return False
    return True
