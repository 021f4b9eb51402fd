"""The gateway's own look at loop and loss goes on whatever fails in one of them."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from core.trading.gateway import __main__ as gateway
from core.trading.gateway.heartbeat import Heartbeat
from core.trading.gateway.service import Service


class Failing:
    """Both what is watched and who looks; each look fails, and the third is told of."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.third = threading.Event()

    def watch(self) -> bool:
        return self._fail("watch", OSError("no space left, key 123"))

    def look(self) -> Any:
        return self._fail("look", ValueError("key 123"))

    def _fail(self, name: str, error: Exception) -> Any:
        self.seen.append(name)
        if self.seen.count(name) == 3 and name == "look":
            self.third.set()
            threading.Event().wait()
        raise error


def test_no_error_ends_the_watch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gateway, "WATCH_S", 0.001)
    monkeypatch.setattr(gateway, "LOOK_EVERY", 1)
    both = Failing()
    looks = (cast(Heartbeat, both), cast(Service, both))
    threading.Thread(target=gateway._watch, args=looks, daemon=True).start()
    assert both.third.wait(5)
    assert both.seen == ["watch", "look"] * 3
    told = capsys.readouterr().err
    assert "gateway: watch: OSError at " in told
    assert "key 123" not in told
