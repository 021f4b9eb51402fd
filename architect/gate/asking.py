"""One answer of an accepted module, computed in the sandbox: accepted is not trusted.

The architect's side holds keys of models and writes to git, so what was generated does
not run in its process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from architect.gate.contract.inputs import Inputs
from architect.gate.contract.session import Session
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Terms
from architect.gate.replay import Replay
from core.errors import GateError
from core.template_footer import split_module


def ask(replay: Replay, given: Mapping[str, Any]) -> Any:
    """Return what the accepted version answers to `given`, in the form of examples.

    GateError when it does not answer with what its spec promises.
    """
    name = replay.spec.name
    body = split_module(replay.spec, replay.modules.get(name, ""), replay.gate.package)
    if body is None:
        raise GateError(
            f"{name} has no accepted version of today's spec",
            hint=f"architect generate {name}",
        )
    found: list[Answer] = []

    def run(terms: Terms, inputs: Inputs) -> Session:
        arguments = terms.load(given)
        found.append(terms.call(arguments))
        return Session(terms.fault(arguments, found[0]), 1)

    failure = replay.gate.run(replay.spec, replay.graph, body, replay.modules, run)
    if failure is not None or not found:
        why = failure.message if failure else "it gave no answer"
        raise GateError(f"{name}: {why}", hint=f"architect gate {name}")
    return found[0].value
