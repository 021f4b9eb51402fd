"""One spec's contract, ready to judge answers: types, defaults, requires, ensures.

It holds what all checks of a spec share. It draws nothing and decides no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from architect.gate.contract.failure import Failure
from architect.gate.contract.ports import Script
from architect.gate.contract.subject import Answer, Subject
from architect.gate.expressions import evaluate, holds, namespace
from architect.gate.verdict import UNKNOWN, CounterExample
from core import plain_data, types
from core.spec import Example, Spec
from core.spec_graph import SpecGraph
from core.template_header import parameter_names
from core.types import Type

Arguments = dict[str, Any]


class Terms:
    """The contract of one spec, with the subject that must keep it."""

    def __init__(
        self,
        spec: Spec,
        graph: SpecGraph,
        subject: Subject,
        records: Mapping[str, type],
    ) -> None:
        assert spec.returns is not None
        self.spec, self.graph = spec, graph
        self.subject, self.records = subject, records
        # The calls whose answers were held against all that the spec says of them.
        self.judged: list[tuple[Arguments, Script | None]] = []
        self.kinds: dict[str, Type] = {
            name: types.parse(param.type) for name, param in spec.params.items()
        }
        self.returns = types.parse(spec.returns.type)
        self.scope = {**namespace(spec, records), **self._used()}
        # An error that an example expects may meet any input, so it is no fault there.
        raised = {e.raises for e in spec.examples if e.raises}
        self.raised = raised - {"RequiresError", "EnsuresError"}
        self.defaults = {
            name: plain_data.load(self.kinds[name], param.default, records)
            for name, param in spec.params.items()
            if param.has_default
        }

    def _used(self) -> Arguments:
        """Used modules answer from the sandbox too: accepted is not trusted."""
        used = [(name, self.graph.get(name)) for name in self.spec.uses]
        return {
            name: self.subject.used(name, parameter_names(spec))
            for name, spec in used
            if spec.kind != "record"
        }

    def load(self, given: Mapping[str, Any]) -> Arguments:
        """Return the typed arguments of an example, those that it gives."""
        return {
            name: plain_data.load(self.kinds[name], plain, self.records)
            for name, plain in given.items()
        }

    def expected(self, example: Example) -> Any:
        """Return the typed result that an example expects."""
        return plain_data.load(self.returns, example.expect, self.records)

    def call(self, arguments: Arguments, script: Script | None = None) -> Answer:
        """Call the candidate."""
        return self.subject.call(arguments, script)

    def names(self, arguments: Arguments) -> Arguments:
        """Return the scope of an expression over these arguments and the defaults."""
        return {**self.scope, **self.defaults, **arguments}

    def allowed(self, arguments: Arguments) -> bool:
        """Tell whether the arguments keep every `requires`."""
        scope = self.names(arguments)
        return all(_true(text, scope) for text in self.spec.requires)

    def broken_requires(self, arguments: Arguments) -> list[int] | None:
        """Return which `requires` are false; None where one cannot be told."""
        scope = self.names(arguments)
        try:
            kept = [bool(evaluate(text, scope)) for text in self.spec.requires]
        except Exception:
            return None
        return [i for i, one in enumerate(kept) if not one]

    def fault(self, arguments: Arguments, answer: Answer) -> Failure | None:
        """Judge an answer to allowed arguments: it ended well, of the right type, and
        keeps every `ensures`."""
        if (ended := self.bad_end(arguments, answer)) or answer.status != "value":
            return ended
        why = self.wrong_type(answer) or self.broken_ensures(arguments, answer)
        return self.failure(why, arguments, answer) if why else None

    def bad_end(self, arguments: Arguments, answer: Answer) -> Failure | None:
        """Judge how a call ended: a value, or an error that some example expects."""
        if answer.status == "value":
            return None
        if answer.status == "raised" and answer.error in self.raised:
            return None
        if answer.error == "EnsuresError" and (why := self._ensures_text(answer)):
            return self.failure(why, arguments, answer)
        final = answer.status != "raised"
        return self.failure(describe(answer, self.spec), arguments, answer, final=final)

    def _ensures_text(self, answer: Answer) -> str | None:
        start = f"{self.spec.name} does not ensure "
        text = answer.message.removeprefix(start)
        return f"ensures: {text} does not hold" if text in self.spec.ensures else None

    def wrong_type(self, answer: Answer) -> str | None:
        """Return what is wrong with the type of a value."""
        if types.matches(self.returns, answer.value):
            return None
        return f"the result is {_kind(answer.value)}, not {self.returns}"

    def broken_ensures(self, arguments: Arguments, answer: Answer) -> str | None:
        """Return the first `ensures` that a value does not keep."""
        scope = {**self.names(arguments), "result": answer.value}
        for text in self.spec.ensures:
            held, why = holds(text, scope)
            if not held:
                return f"ensures: {why}"
        return None

    def failure(
        self,
        why: str,
        arguments: Arguments,
        answer: Answer,
        *,
        expected: Any = UNKNOWN,
        raises: str | None = None,
        script: Script | None = None,
        final: bool = False,
    ) -> Failure:
        """Return a failure with its counter-example."""
        shown = CounterExample(
            arguments, expected, answer.shown, why,
            ports=script.plain if script else None, raises=raises,
        )  # fmt: skip
        return Failure(why, shown, line=answer.line, final=final)


def _true(text: str, scope: Mapping[str, Any]) -> bool:
    try:
        return bool(evaluate(text, scope))
    except Exception:
        return False


def _kind(value: Any) -> str:
    name = type(value).__name__
    dtype = getattr(value, "dtype", None)
    return f"{name}[{dtype}]" if name == "Series" else name


def describe(answer: Answer, spec: Spec) -> str:
    """Return how a call ended that gave no value."""
    match answer.status:
        case "raised":
            return f"{spec.name} raises {answer.error}: {answer.message}"
        case "timeout":
            return f"{spec.name} does not end within its {spec.limits.time_ms} ms"
        case "died":
            limit = spec.limits.memory_mb
            return f"{spec.name} ends its process (its memory limit is {limit} MB)"
    return f"{spec.name} gives no plain value: {answer.message}"
