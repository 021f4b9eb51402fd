"""One gate for all tests of this folder, small projects, and stores of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wick_project import Bench, make_project, open_bench

from architect.gate.gate import Gate, open_gate
from architect.wick.incidents import Incidents
from architect.wick.spec_search.handle import Searcher
from core.stores.embedded import Stores

Maker = Callable[..., Bench]


@pytest.fixture(scope="session")
def wick_gate() -> Iterator[Gate]:
    with open_gate() as made:
        yield made


@pytest.fixture(scope="session")
def searcher() -> Iterator[Searcher]:
    with Searcher() as made:
        yield made


@pytest.fixture(autouse=True)
def empty_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No git identity, no settings of who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for key in list(os.environ):
        if key.startswith(("GIT_AUTHOR", "GIT_COMMITTER", "LLM_", "ARCHITECT_")):
            monkeypatch.delenv(key)
    for key in ("EMAIL", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def incidents(fresh_stores: Stores) -> Iterator[Incidents]:
    with Incidents(fresh_stores.database_url) as made:
        yield made


@pytest.fixture
def make_bench(
    tmp_path: Path, wick_gate: Gate, incidents: Incidents
) -> Iterator[Maker]:
    """Return a maker of a small project; its arguments are settings."""
    made: list[Bench] = []

    def make(**settings: str) -> Bench:
        project = make_project(tmp_path / "project")
        made.append(open_bench(project, incidents, wick_gate, settings))
        return made[0]

    yield make
    for bench in made:
        bench.session.__exit__(None, None, None)


@pytest.fixture
def bench(make_bench: Maker) -> Bench:
    """A small project without a model, nothing accepted."""
    return make_bench()
