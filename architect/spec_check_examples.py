"""The examples of a spec against its own types, `requires`, `ensures` and properties."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from architect.gate.expressions import evaluate, holds, names, namespace
from architect.port_methods import methods
from core import plain_data, types
from core.errors import RequiresError, SpecError
from core.spec import Domain, Example, PortCall, Property, Spec
from core.spec_graph import SpecGraph

Found = tuple[str, str | None]
Values = dict[str, Any]
NOT_LOADED = (SpecError, RequiresError, ValueError, TypeError, OverflowError)


class Examples:
    """All examples of one spec, which is known to use only known names."""

    def __init__(
        self,
        spec: Spec,
        graph: SpecGraph,
        records: Mapping[str, type],
        package: str = "trading",
    ) -> None:
        assert spec.returns is not None
        self.spec, self.graph, self.records, self.package = (
            spec,
            graph,
            records,
            package,
        )
        self.kinds = {name: types.parse(p.type) for name, p in spec.params.items()}
        self.returns = types.parse(spec.returns.type)
        self.scope = namespace(spec, records)
        called = {*spec.uses, "call", *spec.ports}
        self.ensures = [text for text in spec.ensures if not called & {*names(text)}]
        self.properties = [p for p in spec.properties if not called & {*names(p.check)}]

    def findings(self) -> Iterator[Found]:
        """Yield (message, hint), example by example."""
        loaded: list[tuple[Example, str, Values]] = []
        for number, example in enumerate(self.spec.examples, 1):
            where = f"example {example.name or number}"
            try:
                given = self._given(example)
            except NOT_LOADED as error:
                yield f"{where}: {error}", "mend the example, or the type"
                continue
            loaded.append((example, where, given))
            yield from self._judge(example, where, given)
        yield from self._twice(loaded)
        if loaded:
            yield from self._on_failure(loaded[0][2])

    def _given(self, example: Example) -> Values:
        plain = {n: p.default for n, p in self.spec.params.items() if p.has_default}
        values = {}
        for name, value in {**plain, **example.given}.items():
            try:
                values[name] = plain_data.load(self.kinds[name], value, self.records)
            except SpecError as error:
                raise SpecError(f"{name}: {error}") from None
        return values

    def _judge(self, example: Example, where: str, given: Values) -> Iterator[Found]:
        yield from self._requires(example, where, given)
        for port, calls in example.ports.items():
            for call in calls:
                yield from self._port_call(port, call, f"{where}: {port}.{call.method}")
        if not example.expects_value:
            return
        try:
            result = plain_data.load(self.returns, example.expect, self.records)
        except NOT_LOADED as error:
            yield f"{where}: expect: {error}", f"the result is a {self.returns}"
            return
        scope = {**self.scope, **given, "result": result}
        for text in self.ensures:
            yield from _claim(f"{where}: expect contradicts ensures", text, scope)
        for prop in self.properties:
            if self._in_domain(prop, example):
                claim = f"{where}: expect contradicts property {prop.name!r}"
                yield from _claim(claim, prop.check, scope)

    def _requires(self, example: Example, where: str, given: Values) -> Iterator[Found]:
        scope = {**self.scope, **given}
        uses = {*self.spec.uses, *self.spec.ports}
        texts = [text for text in self.spec.requires if not uses & {*names(text)}]
        broken = [
            why for text in texts for held, why in [holds(text, scope)] if not held
        ]
        if example.raises == "RequiresError":
            if not broken and not self.spec.uses:
                yield f"{where}: expects RequiresError, but every requires holds", None
        elif broken:
            hint = "write raises: RequiresError, or mend the example"
            yield f"{where}: breaks requires: {broken[0]}", hint

    def _in_domain(self, prop: Property, example: Example) -> bool:
        given = example.given
        return all(
            name in given and _within(domain, given[name])
            for name, domain in prop.given.items()
        )

    def _port_call(self, port: str, call: PortCall, where: str) -> Iterator[Found]:
        try:
            known = {m.name: m for m in methods(self.spec.ports[port], self.package)}
        except SpecError as error:
            yield f"{where}: {error}", error.hint
            return
        if call.method not in known:
            yield f"{where}: port {port!r} has no such method", f"it has {', '.join(known)}"
            return
        method = known[call.method]
        try:
            for name, value in (call.args or {}).items():
                if name not in method.params:
                    raise SpecError(f"no argument {name!r}")
                plain_data.load(method.params[name], value, self.records)
            if call.raises is None:
                plain_data.load(method.returns, call.returns, self.records)
        except NOT_LOADED as error:
            yield f"{where}: {error}", method.signature

    def _twice(self, loaded: list[tuple[Example, str, Values]]) -> Iterator[Found]:
        seen: dict[str, tuple[Example, str]] = {}
        for example, where, given in loaded:
            key = repr((plain_data.dump(given), plain_data.dump(_scripts(example))))
            other = seen.setdefault(key, (example, where))
            if other[0] is example:
                continue
            same = (example.expect, example.raises) == (
                other[0].expect,
                other[0].raises,
            )
            what = "is the same as" if same else "contradicts"
            yield f"{where} {what} {other[1]}: the inputs are the same", "change one"

    def _on_failure(self, given: Values) -> Iterator[Found]:
        text = self.spec.on_failure
        if text == "raise" or {*self.spec.uses, *self.spec.ports} & {*names(text)}:
            return
        try:
            value = evaluate(text, {**self.scope, **copy.deepcopy(given)})
        except Exception as error:
            yield f"on_failure: {text} raises {type(error).__name__}: {error}", None
            return
        if not types.matches(self.returns, value):
            got = type(value).__name__
            yield f"on_failure: {text} is {got} {value!r}, not {self.returns}", None


def _claim(what: str, text: str, scope: Values) -> Iterator[Found]:
    held, why = holds(text, scope)
    if not held:
        yield f"{what}: {why}", "one of the two is wrong"


def _scripts(example: Example) -> dict[str, Any]:
    return {
        port: [call.model_dump() for call in calls]
        for port, calls in example.ports.items()
    }


def _within(domain: Domain, plain: Any) -> bool:
    """Tell whether an example's plain value is one that the domain would draw."""
    try:
        if domain.choices is not None:
            return plain in domain.choices
        if (
            domain.size is not None
            and not domain.size[0] <= len(plain) <= domain.size[1]
        ):
            return False
        if domain.range is not None:
            items = plain if isinstance(plain, list) else [plain]
            return all(
                domain.range[0] <= float(item) <= domain.range[1] for item in items
            )
    except (TypeError, ValueError):
        return False
    return True
