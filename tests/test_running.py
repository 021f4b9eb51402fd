"""What is said of versions that the running system runs, and of those that it holds back."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from architect import config as configuration
from architect import running
from architect.commands import status
from architect.config import Config
from architect.running import held_back, wait_until_live
from core.events import HELD, RUNNING, connect
from core.stores.embedded import Stores

TEXT = "version v2 is held back: it was judged without user, whose spec changed too"


@pytest.fixture
def config(
    tmp_path: Path, fresh_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> Config:
    (tmp_path / "specs/trading").mkdir(parents=True)
    (tmp_path / "manifest.yaml").write_text("format: 1\nmodules: {}\n")
    monkeypatch.setenv("DATABASE_URL", fresh_stores.database_url)
    monkeypatch.setenv("REDIS_URL", fresh_stores.redis_url)
    return configuration.load(tmp_path)


def test_what_is_held_back_is_not_waited_for_and_not_said_to_have_failed(
    config: Config, fresh_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect(fresh_stores.redis_url)
    client.hset(RUNNING, mapping={"used": "v1", "other": "v2"})
    client.hset(HELD, mapping={"used": TEXT, "user": "version v1 is held back: why"})
    monkeypatch.setattr(running, "HELD_S", 0.2)
    versions = {"used": "v2", "other": "v2"}
    begun = time.monotonic()
    assert wait_until_live(config, versions) == {"other": True}
    assert time.monotonic() - begun < 5
    assert held_back(config, {**versions, "user": "v2"}) == {"used": TEXT}
    # A look that was under way frees it.
    monkeypatch.setattr(running, "HELD_S", 1.0)
    later = threading.Timer(0.2, client.hset, (RUNNING, "used", "v2"))
    later.start()
    assert wait_until_live(config, versions) == {"used": True, "other": True}
    later.join()
    client.close()


def test_status_says_what_a_held_version_waits_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {"name": "used", "state": "ok", "why": "", "version": "v2", "by": "hand"}
    more = {"checks": 1, "running": "v1", "barred": ""}
    status._table([{**row, **more, "held": TEXT}], True)
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first.endswith("runs v1")
    assert second.strip() == TEXT
