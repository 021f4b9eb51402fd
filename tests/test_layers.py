"""Who imports whom: the layers hold, nothing goes in a circle, starting is quick."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("core", "architect")
HEAVY = (
    *("black", "ccxt", "git", "hypothesis", "libcst", "matplotlib", "numpy"),
    *("openai", "pandas", "pytest", "redis", "ruff", "ta"),
)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_name(path): path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
}


def imports(name: str) -> set[str]:
    """Return our modules that a module imports at any time, deferred imports included."""
    path = FILES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set(_imported(ast.parse(path.read_text(encoding="utf-8")), package))
    return {module for module in found if module in FILES and module != name}


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for other in node.orelse:
            yield from _imported(other, package)
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        source = ".".join([*above * bool(node.level), *filter(None, [node.module])])
        yield from (_module_of(source, alias.name) for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _imported(child, package)


def _module_of(source: str, name: str) -> str:
    return f"{source}.{name}" if f"{source}.{name}" in FILES else source


@cache
def graph() -> dict[str, set[str]]:
    """Return what each of our modules imports of the others."""
    return {name: imports(name) for name in FILES}


def test_the_graph_sees_imports_of_every_form() -> None:
    """Else the tests below would pass on nothing."""
    assert "core.imports" in graph()["core.spec"]
    assert "core.types" in graph()["core.spec"]
    assert any(
        module.startswith("architect.") for module in graph()["architect.pipeline"]
    )
    assert sum(map(len, graph().values())) > 200


def test_core_never_imports_architect() -> None:
    wrong = {
        name: sorted(found)
        for name in graph()
        if name.startswith("core")
        and (found := {m for m in graph()[name] if m.startswith("architect")})
    }
    assert wrong == {}


def test_the_generic_core_never_imports_trading() -> None:
    wrong = {
        name: sorted(found)
        for name in graph()
        if name.startswith("core") and not name.startswith("core.trading")
        if (found := {m for m in graph()[name] if m.startswith("core.trading")})
    }
    assert wrong == {}


# What knows an exchange's API: the adapter's own modules, by their names.
ADAPTER = ("core.trading.gateway.ccxt_", "core.trading.gateway.kraken_")
FACTORY = "core.trading.gateway.adapters"


def test_only_the_adapter_knows_its_exchanges_api() -> None:
    assert any(name.startswith(ADAPTER) for name in graph()[FACTORY])
    wrong = {
        name: sorted(found)
        for name in graph()
        if not name.startswith(ADAPTER) and name != FACTORY
        if (found := {m for m in graph()[name] if m.startswith(ADAPTER)})
    }
    assert wrong == {}


def test_only_the_adapter_imports_ccxt() -> None:
    users = {
        name
        for name, path in FILES.items()
        if any(
            module.split(".")[0] == "ccxt"
            for module in _imported(ast.parse(path.read_text(encoding="utf-8")), name)
        )
    }
    assert users
    assert {name for name in users if not name.startswith(ADAPTER)} == set()


def test_nothing_imports_itself_in_a_circle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_errors_stand_at_the_bottom() -> None:
    assert graph()["core.errors"] == set()


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_the_command_line_starts_without_what_only_some_commands_need() -> None:
    source = "import architect.command_line, sys; print(*sys.modules)"
    loaded = set(run("-c", source).stdout.split())
    assert loaded & set(HEAVY) == set()


@pytest.mark.alone
def test_help_is_there_at_once() -> None:
    """Beside an interpreter that imports what every command line needs."""
    reference = best_s("-c", "import argparse, dataclasses, pathlib, yaml, pydantic")
    assert best_s("-m", "architect", "--help") < 3 * reference + 0.2


def best_s(*words: str) -> float:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        run(*words)
        times.append(time.perf_counter() - started)
    return min(times)
