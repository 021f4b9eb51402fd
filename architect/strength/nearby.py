"""More inputs on which a mutant may differ: beside the examples, and drawn again.

They only show a difference; no mutant is caught by them. All of them keep the spec's
domain and requires, and the accepted body answers them well.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from architect.gate.constants import constants_in
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.ports import Script, script
from architect.gate.contract.requires import neighbours
from architect.gate.contract.search import sample
from architect.gate.contract.terms import Arguments, Terms
from architect.strength.bench import Call
from architect.strength.within import Specs, within
from core import types
from core.spec import PortCall

TRIES = 4000
# A call over a table costs a hundred times what another costs.
MANY, FEW = 240, 40
_ERRORS = (
    "OutcomeUnknown",
    "DuplicateOrder",
    "OrderRejected",
    "GatewayRefused",
    "ExchangeUnavailable",
    "RateLimited",
)


def nearby(terms: Terms, inputs: Inputs, body: str) -> list[Call]:
    """Return the inputs for one spec, the same in every run."""
    if terms.spec.ports:
        return list(_other_scripts(terms))
    if not terms.spec.params:
        return []
    tables = any(kind.name in ("Series", "Frame") for kind in terms.kinds.values())
    most = FEW if tables else MANY
    found = _beside_examples(terms, body, inputs.draw.record_specs, most)
    found += inputs.sample("strength", most // 2, terms.allowed)
    if inputs.own is not None:
        strategy = inputs.own.arguments(terms.spec, terms.allowed)
        if inputs.own.fits:
            found += sample(strategy, most // 2, f"{terms.spec.name}: strength, own")
    return [Call(arguments) for arguments in found]


def _beside_examples(
    terms: Terms, body: str, records: Specs, most: int
) -> list[Arguments]:
    good = _good(terms)
    source = "def body():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    known = constants_in([source, *terms.spec.requires, *terms.spec.ensures])
    numbers = [n for n in known if not isinstance(n, str)]
    made: Iterator[Arguments] = itertools.chain(
        _one_cell(good), neighbours(good, [float(n) for n in numbers])
    )
    every = list(itertools.islice(made, TRIES))
    Random(0).shuffle(every)
    kept = (one for one in every if _inside(terms, one, records))
    return list(itertools.islice(kept, most))


def _good(terms: Terms) -> list[Arguments]:
    shown = (terms.load(e.given) for e in terms.spec.examples if e.raises is None)
    whole = ({**terms.defaults, **one} for one in shown)
    return [one for one in whole if terms.allowed(one)]


def _inside(terms: Terms, arguments: Arguments, records: Specs) -> bool:
    params = terms.spec.params
    return all(
        within(terms.kinds[name], params[name], value, records)
        for name, value in arguments.items()
    ) and terms.allowed(arguments)


def _one_cell(good: list[Arguments]) -> Iterator[Arguments]:
    """Yield arguments with one cell of a series, or one value of a mapping, changed."""
    for arguments in good:
        for name, value in arguments.items():
            if hasattr(value, "iloc") and value.ndim == 1 and len(value):
                for at in sorted({0, len(value) // 2, len(value) - 1}):
                    for factor in (0.5, 2.0, 1.01):
                        other = value.copy()
                        other.iloc[at] = other.iloc[at] * factor
                        yield {**arguments, name: other}
            if isinstance(value, dict):
                for key, one in value.items():
                    yield {**arguments, name: {**value, key: one + one}}


# --- scripts of ports ------------------------------------------------------------


def _other_scripts(terms: Terms) -> Iterator[Call]:
    """Yield the examples with one answer of a port exchanged for another one."""
    for example in terms.spec.examples:
        arguments = terms.load(example.given)
        for port, steps in example.ports.items():
            for at, step in enumerate(steps):
                for other in _other_steps(terms, port, step):
                    rest = [*steps[at + 1 :], *steps]
                    changed = {**example.ports, port: [*steps[:at], other, *rest]}
                    played = _played(terms, changed)
                    if played is not None:
                        yield Call(arguments, played)


def _other_steps(terms: Terms, port: str, step: PortCall) -> Iterator[PortCall]:
    bare: dict[str, Any] = {"method": step.method}
    for error in _ERRORS:
        if error != step.raises:
            yield PortCall(**bare, raises=error, message="it is so")
    for example in terms.spec.examples:
        for other in example.ports.get(port, []):
            if other.method == step.method and other.raises is None:
                yield PortCall(**bare, returns=other.returns)


def _played(terms: Terms, calls: dict[str, list[PortCall]]) -> Script | None:
    return script(terms.spec, calls, terms.records)


def trimmed(call: Call, made: dict[str, int]) -> Call:
    """Return the call with only those answers of ports that were asked for."""
    if call.script is None:
        return call
    kept = {
        port: [*steps][: made.get(port, 0)] for port, steps in call.script.plain.items()
    }
    played = replace(call.script, plain={p: steps for p, steps in kept.items() if steps})
    return Call(call.arguments, played)


def shape(terms: Terms, arguments: Arguments) -> Arguments:
    """Return the arguments without those that are the defaults."""
    defaults = terms.defaults
    return {
        name: value
        for name, value in arguments.items()
        if name not in defaults or types.dump(value) != types.dump(defaults[name])
    }
