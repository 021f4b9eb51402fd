"""What the program does on its checks as it stands: outcomes, coverage, kinds, calls.

Coverage is by expression, not by line, so a condition that was cut short is told from
one that was not. All of it is gathered by one instrumented copy of the tree.
"""

from __future__ import annotations

import ast
import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any

from architect.wick.search.checks import Checks, Namespace
from architect.wick.search.kinds import kind_of
from architect.wick.search.program import Program, is_tick
from architect.wick.search.runner import Outcome, Runner

STEPS = 200_000
SECONDS = 0.5
EVENTS = 60_000
TRACED_EACH = 6
CALLS = 60
VALUE = "_wick_value"
NAMES = "_wick_names"


@dataclass
class Observed:
    """What was seen. `ran` has, for each traced check, the numbers of the nodes it ran."""

    outcomes: list[Outcome] = field(default_factory=list)
    ran: dict[int, set[int]] = field(default_factory=dict)
    kinds: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    names: dict[int, dict[str, set[str]]] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(
        default_factory=list
    )

    @property
    def only_breaks(self) -> bool:
        """Tell whether the program gives no wrong value: it raises, or never ends. Then what
        kinds its values have is no hint of what belongs there."""
        failed = [one for one in self.outcomes if not one.passed]
        return bool(failed) and all(one.how != "wrong" for one in failed)

    @property
    def failing(self) -> list[int]:
        """Return the numbers of the checks that fail, cheapest first."""
        return self._sorted(False)

    @property
    def passing(self) -> list[int]:
        """Return the numbers of the checks that pass, cheapest first."""
        return self._sorted(True)

    def _sorted(self, passed: bool) -> list[int]:
        numbers = [n for n, one in enumerate(self.outcomes) if one.passed is passed]
        return sorted(numbers, key=lambda n: self.outcomes[n].steps)


def observe(program: Program, checks: Checks) -> Observed:
    """Run every check once, then some of each sort again with the instruments in."""
    seen = Observed()
    recording = replace(checks, setup=_recording(checks, seen))
    plain = Runner(program, recording)
    seen.outcomes = [
        plain.run(plain.units, check, STEPS, SECONDS) for check in checks.checks
    ]
    traced = Runner(program, checks)
    units = _instrumented(program)
    for number in seen.failing[:TRACED_EACH] + seen.passing[:TRACED_EACH]:
        _trace(traced, units, number, seen)
    return seen


def _recording(checks: Checks, seen: Observed) -> Callable[[Namespace], None]:
    def setup(namespace: Namespace) -> None:
        checks.setup(namespace)
        for entry in checks.entries:
            if callable(namespace.get(entry)):
                namespace[entry] = _recorder(entry, namespace[entry], seen)

    return setup


def _recorder(entry: str, function: Callable[..., Any], seen: Observed) -> Any:
    """Wrap a function so that calls from outside are kept, with copies of what came in."""
    inside = False

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal inside
        if inside:
            return function(*args, **kwargs)
        if len(seen.calls) < CALLS:
            seen.calls.append((entry, *copy.deepcopy((args, kwargs))))
        inside = True
        try:
            return function(*args, **kwargs)
        finally:
            inside = False

    return call


def _trace(runner: Runner, units: list[CodeType], number: int, seen: Observed) -> None:
    ran = seen.ran.setdefault(number, set())

    def value(node: int, got: Any) -> Any:
        runner.tick()
        ran.add(node)
        kind = kind_of(got)
        seen.kinds[node].add(kind)
        if kind.startswith("class "):
            fields = getattr(got, "__dataclass_fields__", ())
            seen.attributes.update(fields or getattr(got, "__dict__", ()))
        return got

    def names(node: int, local: dict[str, Any]) -> None:
        runner.tick()
        ran.add(node)
        kinds = seen.names.setdefault(node, {})
        for name, got in local.items():
            kinds.setdefault(name, set()).add(kind_of(got))

    runner.extras = {VALUE: value, NAMES: names}
    runner.run(units, runner.checks.checks[number], EVENTS, SECONDS)


def _instrumented(program: Program) -> list[CodeType]:
    units = []
    for statement in program.tree.body:
        if program.may_edit(statement):
            statement = _Instrument().visit(copy.deepcopy(statement))
            ast.fix_missing_locations(statement)
        units.append(compile(ast.Module([statement], []), "<observed>", "exec"))
    return units


class _Instrument(ast.NodeTransformer):
    """Wraps expressions in a recorder, and puts another before each statement."""

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and _is_value(node):
            number = node.wick_id  # type: ignore[attr-defined]
            return _call(VALUE, [ast.Constant(number), self.generic_visit(node)])
        if isinstance(node, ast.pattern | ast.JoinedStr | ast.ClassDef):
            return node
        return super().visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and isinstance(
                node, ast.stmt | ast.excepthandler
            ):
                setattr(node, name, [new for old in block for new in _with_names(old)])
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        return node


def _is_value(node: ast.expr) -> bool:
    if isinstance(node, ast.Starred | ast.Slice | ast.JoinedStr | ast.FormattedValue):
        return False
    if not hasattr(node, "wick_id"):
        return False
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _with_names(statement: ast.stmt) -> list[ast.stmt]:
    if is_tick(statement):
        return [statement]
    number = ast.Constant(statement.wick_id)  # type: ignore[attr-defined]
    local = _call("locals", [])
    return [ast.Expr(_call(NAMES, [number, local])), statement]


def _call(name: str, arguments: list[Any]) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), arguments, [])
