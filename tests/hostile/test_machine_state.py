"""The look at what is left behind sees what it should."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import machine_state
import pytest
from corpus import WithoutStructure

from architect.gate.gate import Gate


def test_a_file_of_a_body_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"/tmp", "/dev/shm", "~"} < set(machine_state.FOLDERS)
    # A folder of its own: the rows are tried beside this, and look at the real ones.
    monkeypatch.setattr(machine_state, "FOLDERS", (str(tmp_path),))
    path = tmp_path / "seen-was-here"
    assert machine_state.files() == set()
    path.touch()
    (tmp_path / "of-somebody-else").touch()
    assert machine_state.files() == {str(path)}
    path.unlink()
    assert machine_state.files() == set()


def test_a_change_of_this_process_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = machine_state.trusted()
    assert machine_state.changed(before, machine_state.trusted()) == []
    monkeypatch.setenv("CHANGED", "1")
    # One that no thread of this process needs meanwhile, as the test runner's need len.
    monkeypatch.setattr("builtins.aiter", lambda value: 6)
    monkeypatch.setattr(pytest, "skip", None)
    monkeypatch.setitem(sys.modules, "changed", sys)
    old = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    reader, writer = os.pipe()
    try:
        found = machine_state.changed(before, machine_state.trusted())
    finally:
        signal.signal(signal.SIGUSR1, old)
        os.close(reader)
        os.close(writer)
    wanted = {"environment", "builtins", "pytest", "modules", "signals", "descriptors"}
    assert wanted <= set(found)


@pytest.mark.slow
def test_a_process_of_a_body_is_seen_and_the_next_worker_is_none(
    gates: tuple[Gate, WithoutStructure],
) -> None:
    sandbox = gates[0].sandbox
    with sandbox.worker() as worker:
        assert sandbox.zygote.spare() not in (None, worker.pid)
        assert machine_state.processes(sandbox.zygote) == {worker.pid}
    assert machine_state.processes(sandbox.zygote) == set()
