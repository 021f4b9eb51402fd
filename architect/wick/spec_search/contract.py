"""A spec's contract as the checks of a search: examples, past failures, drawn claims.

Loaded on first use, within a confined worker: not even accepted modules run outside.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cached_property, partial
from typing import Any

from architect.gate.contract import examples, regressions
from architect.gate.contract.failure import Failure
from architect.gate.contract.ports import script
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Arguments, Terms
from architect.gate.expressions import evaluate
from architect.gate.sandbox.loading import load_module
from architect.wick.search import Check, Failed
from architect.wick.search.checks import Call, Namespace
from architect.wick.spec_search.kept import Kept
from architect.wick.spec_search.order import Order
from architect.wick.spec_search.subject import LocalSubject
from core.spec import Example, Property
from core.template_header import render_header
from core.values import decode

# Drawn inputs of one check of `ensures`.
AT_ONCE = 4
_OURS = ("core.wrapper", "core.records")
# The bare body has no contract around it, so it cannot break one.
_CONTRACT_ERRORS = ("RequiresError", "EnsuresError")


class _NotAllowed(Exception):
    """`call(...)` was given what `requires` refuse: the claim says nothing there."""


class _LocalTerms(Terms):
    """The same claims, without the watching thread that a confined worker may not have.

    What is asked of every candidate is loaded once.
    """

    def load(self, given: Mapping[str, Any]) -> Arguments:
        kept = self._kept.get(id(given))
        if kept is None:
            kept = self._kept[id(given)] = Kept(super().load(given))
        return kept.fresh()

    def expected(self, example: Example) -> Any:
        kept = self._kept.get(id(example))
        if kept is None:
            kept = self._kept[id(example)] = Kept({"": super().expected(example)})
        return kept.arguments[""]

    def decoded(self, plain: Mapping[str, Any]) -> Arguments:
        """Return the arguments in plain form as typed ones, for one call."""
        kept = self._kept.get(id(plain))
        if kept is None:
            kept = self._kept[id(plain)] = Kept(
                {n: decode(value, self.records) for n, value in plain.items()}
            )
        return kept.fresh()

    @cached_property
    def _kept(self) -> dict[int, Kept]:
        # By identity: specs and orders outlive the terms.
        return {}

    def broken_ensures(self, arguments: Arguments, answer: Answer) -> str | None:
        scope = {**self.names(arguments), "result": answer.value}
        for text in self.spec.ensures:
            try:
                held = bool(evaluate(text, scope))
            except Exception:
                held = False
            if not held:
                return f"ensures: {text}"
        return None


@dataclass(frozen=True)
class Contract:
    """The checks of one order; nothing is loaded before the first of them runs."""

    order: Order

    def checks(self) -> list[Check]:
        """Return what a candidate must pass, by name."""
        spec = self.order.spec
        found = [
            Check(f"regression {number}", self._check(self._regression, number))
            for number in range(len(self.order.known))
        ]
        found += [
            Check(f"example {number}", self._check(self._example, number))
            for number, example in enumerate(spec.examples)
            if not example.held_back and example.raises not in _CONTRACT_ERRORS
        ]
        found += [
            Check("ensures", self._check(self._ensured, start))
            for start in range(0, len(self.order.drawn.get("", ())), AT_ONCE)
        ]
        found += [
            Check(f"property {prop.name}", self._check(self._claimed, number))
            for number, prop in enumerate(spec.properties)
            if spec.ports or self.order.drawn.get(prop.name)
        ]
        return found

    def base(self) -> Namespace:
        """Return what the header's imports bind."""
        assert self.terms
        tree = ast.parse(
            render_header(self.order.spec, self.order.package) + "    pass"
        )
        imports = [
            node
            for node in tree.body
            if isinstance(node, ast.Import)
            or (isinstance(node, ast.ImportFrom) and node.module not in _OURS)
        ]
        namespace: Namespace = {}
        exec(compile(ast.Module(list(imports), []), "<imports>", "exec"), namespace)
        return namespace

    def fresh(self) -> list[Call]:
        """Return the calls on which patches are compared."""
        name = self.order.spec.name
        return [(name, (), self._decoded(plain)) for plain in self.order.compared]

    @cached_property
    def terms(self) -> _LocalTerms:
        """The contract over the modules that it needs, loaded into this process."""
        records: dict[str, type] = {}
        for name, source in self.order.sources:
            module = load_module(name, source, f"{name.replace('.', '/')}.py")
            for thing in vars(module).values():
                if isinstance(thing, type) and is_dataclass(thing):
                    records.setdefault(thing.__name__, thing)
        order = self.order
        subject = LocalSubject(order.spec, records, order.package)
        return _LocalTerms(order.spec, order.graph, subject, records)

    def _check(
        self, run: Callable[[int], Failure | None], number: int
    ) -> Callable[[Namespace], object]:
        return partial(self._run, run, number)

    def _run(
        self, run: Callable[[int], Failure | None], number: int, namespace: Namespace
    ) -> None:
        subject = self.terms.subject
        assert isinstance(subject, LocalSubject)
        subject.function = namespace[self.order.spec.name]
        failure = run(number)
        if failure is not None:
            raise Failed(failure.message, subject.raised)

    def _example(self, number: int) -> Failure | None:
        return examples.broken(self.terms, self.order.spec.examples[number])

    def _regression(self, number: int) -> Failure | None:
        known = self.order.known[number]
        given = regressions.playable(self.terms, known)
        if given is None or not self.terms.allowed(given[0]):
            return None  # what `requires` refuse is the header's affair
        return regressions.broken(self.terms, known)

    def _ensured(self, start: int) -> Failure | None:
        for plain in self.order.drawn[""][start : start + AT_ONCE]:
            arguments = self._decoded(plain)
            failure = self.terms.fault(arguments, self.terms.call(arguments))
            if failure is not None:
                return failure
        return None

    def _claimed(self, number: int) -> Failure | None:
        prop = self.order.spec.properties[number]
        if self.order.spec.ports:
            return self._claimed_of_examples(prop)
        for plain in self.order.drawn[prop.name]:
            arguments = self._decoded(plain)
            if failure := self._broken(prop, arguments, self.terms.call(arguments)):
                return failure
        return None

    def _claimed_of_examples(self, prop: Property) -> Failure | None:
        for example in self.order.spec.examples:
            if example.held_back or example.raises is not None:
                continue
            arguments, answer = self._played(example)
            if failure := self._broken(prop, arguments, answer):
                return failure
        return None

    def _played(self, example: Example) -> tuple[Arguments, Answer]:
        arguments = self.terms.load(example.given)
        played = script(self.terms.spec, example.ports, self.terms.records)
        return arguments, self.terms.call(arguments, played)

    def _broken(
        self, prop: Property, arguments: Arguments, answer: Answer
    ) -> Failure | None:
        failure = self.terms.fault(arguments, answer)
        if failure is not None or answer.status != "value":
            return failure
        scope = {**self.terms.names(arguments), "result": answer.value}
        scope["call"] = partial(self._call_again, arguments)
        try:
            held = bool(evaluate(prop.check, scope))
        except _NotAllowed:
            return None
        except Exception as error:
            return Failure(f"property {prop.name!r} raises {type(error).__name__}")
        return None if held else Failure(f"property {prop.name!r} does not hold")

    def _call_again(self, arguments: Arguments, **changes: Any) -> Any:
        terms = self.terms
        changed = {**terms.defaults, **arguments, **changes}
        if not terms.allowed(changed):
            raise _NotAllowed
        answer = terms.call(changed)
        if answer.status == "value":
            return answer.value
        if answer.error in terms.raised:
            raise _NotAllowed
        raise ValueError(answer.message)

    def _decoded(self, plain: Mapping[str, Any]) -> Arguments:
        return self.terms.decoded(plain)
