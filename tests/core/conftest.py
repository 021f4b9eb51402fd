"""Fixtures of core's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from core_modules import Folder

from core.hooks import hooks


@pytest.fixture(autouse=True)
def _hooks_as_in_the_gate() -> Iterator[None]:
    hooks.reset()
    yield
    hooks.reset()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty project."""
    return Folder(tmp_path / "project")
