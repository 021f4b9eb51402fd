"""Other answers of ports for a spec's examples, on which a mutant may differ.

An answer of an example is exchanged for an error, for another example's answer or for a
drawn one; what the accepted body then asks beyond the script is answered by a drawn one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from architect.gate.contract.inputs import Inputs
from architect.gate.contract.ports import (
    Script,
    method_parameters,
    method_types,
    script,
)
from architect.gate.contract.search import sample
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Terms
from architect.gate.drawers import Drawn
from architect.strength.bench import Call
from core import plain_data
from core.spec import Domain, PortCall

DRAWN = 4
_ERRORS = (
    "OutcomeUnknown",
    "DuplicateOrder",
    "OrderRejected",
    "GatewayRefused",
    "ExchangeUnavailable",
    "RateLimited",
)


def others(terms: Terms, inputs: Inputs) -> list[Call]:
    """Return the examples with one answer exchanged for another one."""
    return list(_others(terms, inputs))


def _others(terms: Terms, inputs: Inputs) -> Iterator[Call]:
    for example in terms.spec.examples:
        arguments = terms.load(example.given)
        for port, steps in example.ports.items():
            for at, step in enumerate(steps):
                rest = steps[at + 1 :]
                for other in _other_steps(terms, inputs, port, step):
                    # As it went on, or as if it had to begin again.
                    for after in (rest, steps) if rest != steps else (steps,):
                        changed = {**example.ports, port: [*steps[:at], other, *after]}
                        yield Call(arguments, _played(terms, changed))


def _other_steps(
    terms: Terms, inputs: Inputs, port: str, step: PortCall
) -> Iterator[PortCall]:
    for error in _ERRORS:
        if error != step.raises:
            yield PortCall(method=step.method, raises=error, message="it is so")
    for example in terms.spec.examples:
        for other in example.ports.get(port, []):
            if other.method == step.method and other.raises is None:
                yield PortCall(method=step.method, returns=other.returns)
    yield from _drawn(terms, inputs, port, step.method)


def _drawn(terms: Terms, inputs: Inputs, port: str, method: str) -> list[PortCall]:
    kind = method_types(terms.spec.ports[port], method)["return"]
    drawer = inputs.draw.value(kind, Domain())
    values = sample(Drawn(drawer), DRAWN, f"{terms.spec.name}: {port}.{method}")
    return [PortCall(method=method, returns=plain_data.dump(value)) for value in values]


def longer(terms: Terms, inputs: Inputs, call: Call, answer: Answer) -> list[Call]:
    """Return the call with the answers that it lacked at the place where it stopped."""
    if call.script is None or answer.error != "UnexpectedCall" or not answer.calls:
        return []
    port, method, _ = answer.calls[-1]
    at = sum(name == port for name, _, _ in answer.calls) - 1
    calls, found = dict(call.script.calls), []
    if method not in method_parameters(terms.spec.ports[port]):
        return []
    for step in _drawn(terms, inputs, port, method)[:2]:
        steps = calls.get(port, [])
        changed = {**calls, port: [*steps[:at], step, *steps[at:]]}
        found.append(Call(call.arguments, _played(terms, changed)))
    return found


def _played(terms: Terms, calls: Mapping[str, list[PortCall]]) -> Script | None:
    return script(terms.spec, calls, terms.records)


def trimmed(call: Call, answer: Answer) -> Call:
    """Return the call with those answers of ports that were asked for, and how."""
    if call.script is None:
        return call
    plain = {
        port: [
            {**step, "args": plain_data.dump(given)}
            for step, (_, _, given) in zip(
                steps, (made for made in answer.calls if made[0] == port), strict=False
            )
        ]
        for port, steps in call.script.plain.items()
    }
    kept = {port: steps for port, steps in plain.items() if steps}
    return Call(call.arguments, replace(call.script, plain=kept))
