"""What a candidate must pass: callables over a program's namespace.

A check raises when the candidate fails it. The search knows nothing else about it, so
tests of a program and examples of a spec serve alike.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Namespace = dict[str, Any]
# A function's name, positional and named arguments.
Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class Failed(Exception):
    """A check's value was not what it must be; `seen` is what it was.

    `raised` tells that there was none: the program raised.
    """

    def __init__(self, seen: object = None, raised: bool = False) -> None:
        self.seen, self.raised = seen, raised
        super().__init__("not what it must be")


@dataclass(frozen=True)
class Check:
    """`run(namespace)` raises when the program is wrong."""

    name: str
    run: Callable[[Namespace], object]


def _nothing(_: Namespace) -> None:
    return None


def _always(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Checks:
    """Checks, what to do before each, and which functions they call from outside.

    `base` gives the names that a program finds in its namespace; it is called within
    the worker. `fresh` gives calls on which patches are compared; where it gives none,
    they are varied from the calls of the checks. `acceptable` tells from a patch's source
    whether it may be taken at all; it is called where no candidate runs. A candidate is
    given up at its `misses`-th failing check, however many others it passes.
    """

    checks: Sequence[Check]
    entries: tuple[str, ...] = ()
    setup: Callable[[Namespace], None] = field(default=_nothing)
    base: Callable[[], Namespace] = dict
    fresh: Callable[[], list[Call]] = list
    acceptable: Callable[[str], bool] = field(default=_always)
    misses: int = 1_000_000

    @classmethod
    def of_examples(
        cls,
        entry: str,
        examples: Sequence[tuple[dict[str, Any], Any]],
        same: Callable[[Any, Any], bool] | None = None,
    ) -> Checks:
        """Return checks that call `entry` with keyword arguments and compare results.

        Arguments are copied for each call. `same` compares by exact type and value
        unless given.
        """
        agree = same or _same
        return cls(
            [
                Check(str(n), _example(entry, given, expected, agree))
                for n, (given, expected) in enumerate(examples)
            ],
            (entry,),
        )

    @classmethod
    def of_source(cls, tests: str, program: str) -> Checks:
        """Return checks of test source: each assertion and each `test...` function.

        All other statements are the setup, run anew before each check.
        """
        tree = ast.parse(tests)
        functions = _test_functions(tree)
        setup: list[ast.stmt] = []
        checks = []
        for node in tree.body:
            if isinstance(node, ast.Assert):
                checks.append(Check(f"line {node.lineno}", _assertion(node)))
            elif not _calls_any(node, functions):
                setup.append(node)
        checks += [Check(name, _call(name)) for name in functions]
        code = compile(ast.Module(_observed(setup), []), "<tests>", "exec")
        return cls(checks, _entries(tree, program), _execute(code))


def _same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            _same(left[key], right[key]) for key in left
        )
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right) or (left != left and right != right)


def _example(
    entry: str, given: dict[str, Any], expected: Any, same: Callable[[Any, Any], bool]
) -> Callable[[Namespace], object]:
    from copy import deepcopy

    def run(namespace: Namespace) -> None:
        seen = namespace[entry](**deepcopy(given))
        if not same(seen, expected):
            raise Failed(seen)

    return run


def _test_functions(tree: ast.Module) -> list[str]:
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test")
        and not node.args.args
    ]


def _calls_any(node: ast.stmt, functions: list[str]) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    name = call.func if isinstance(call, ast.Call) else None
    return isinstance(name, ast.Name) and name.id in functions


def _entries(tree: ast.Module, program: str) -> tuple[str, ...]:
    defined = [
        node.name
        for node in ast.parse(program).body
        if isinstance(node, ast.FunctionDef)
    ]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return tuple(name for name in defined if name in used)


class _Observe(ast.NodeTransformer):
    """Turns `assert left == right` into one that tells what `left` was."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            seen = ast.NamedExpr(ast.Name("_wick_seen", ast.Store()), test.left)
            check = ast.Compare(seen, test.ops, test.comparators)
            told: ast.expr = ast.Name("_wick_seen", ast.Load())
        else:
            check, told = test, ast.Constant(None)  # type: ignore[assignment]
        failed = ast.Call(ast.Name("_wick_failed", ast.Load()), [told], [])
        branch = ast.If(ast.UnaryOp(ast.Not(), check), [ast.Raise(failed, None)], [])
        return ast.fix_missing_locations(ast.copy_location(branch, node))


def _observed(statements: list[ast.stmt]) -> list[ast.stmt]:
    return [_Observe().visit(statement) for statement in statements]


def _execute(code: Any) -> Callable[[Namespace], None]:
    def run(namespace: Namespace) -> None:
        namespace["_wick_failed"] = Failed
        exec(code, namespace)

    return run


def _assertion(node: ast.Assert) -> Callable[[Namespace], object]:
    return _execute(compile(ast.Module(_observed([node]), []), "<tests>", "exec"))


def _call(name: str) -> Callable[[Namespace], object]:
    def run(namespace: Namespace) -> object:
        return namespace[name]()

    return run
