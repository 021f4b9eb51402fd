"""One gate on real sandboxes for all tests of this folder, and an empty home."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pipeline_project import Bench, make_project

from architect.gate.gate import Gate, open_gate


@pytest.fixture(scope="session")
def pipeline_gate() -> Iterator[Gate]:
    with open_gate() as made:
        yield made


@pytest.fixture(autouse=True)
def empty_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No git identity, no settings of who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for key in list(os.environ):
        if key.startswith(
            ("GIT_AUTHOR", "GIT_COMMITTER", "LLM_", "XDG_", "ARCHITECT_")
        ):
            monkeypatch.delenv(key)
    for key in ("EMAIL", "DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def make_bench(tmp_path: Path, pipeline_gate: Gate) -> Callable[..., Bench]:
    """Return a maker of small projects with the given specs."""

    def make(*names: str) -> Bench:
        root = tmp_path / "project"
        project = make_project(root, names) if names else make_project(root)
        return Bench(project, pipeline_gate)

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """The whole small project, nothing built."""
    return make_bench()


@pytest.fixture
def built(bench: Bench) -> Bench:
    """The whole small project, all of it built."""
    assert bench.generate().ok
    return bench
