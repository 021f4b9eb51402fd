"""A small real project with the format at hand, and a model over HTTP."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))

from pipeline_project import CHECKOUT, git, make_project, record_answers

from core.project import Project

NAMES = ("quote", "fee", "round_trip", "spread")


@pytest.fixture(autouse=True)
def no_settings(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No git identity, no settings of who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for key in [k for k in os.environ if k.startswith(("LLM_", "ARCHITECT_"))]:
        monkeypatch.delenv(key)
    for key in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with four specs and recorded answers; nothing is built."""
    made = make_project(tmp_path / "project", NAMES)
    shutil.copy(CHECKOUT / "specs/README.md", made.root / "specs/README.md")
    record_answers(made)
    git(made.root, "add", "-A")
    git(made.root, "commit", "-qm", "Explain the format")
    return made


@pytest.fixture
def use_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what sets a server as the model of all jobs."""

    def use(url: str) -> None:
        settings = {
            "LLM_API_URL": url,
            "LLM_API_KEY": "sk-canary-0123456789abcdef",
            "LLM_MODEL": "small",
            "LLM_PRICE_IN_USD": "1",
            "LLM_PRICE_OUT_USD": "2",
            "LLM_RETRIES": "0",
        }
        for key, value in settings.items():
            monkeypatch.setenv(key, value)

    return use
