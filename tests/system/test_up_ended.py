"""`architect up`: what ends it, what it comes back from, and that nothing is left of it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import psycopg
import pytest
from chat_server import ChatServer, says
from running_system import (
    Command,
    alive,
    architect,
    copy_project,
    descendants,
    mentioning,
    stores_of,
    wait_for,
)
from wick_project import git

from core.manifest import read_manifest, render_manifest, sha256
from core.spec_text import load_spec
from core.stores.embedded import Stores
from core.template_footer import render_module

pytestmark = pytest.mark.slow
NUMBERS = count(1)
GATEWAY = "core.trading.gateway"


@pytest.fixture
def own_root(reachable_tmp: Path) -> Path:
    return copy_project(reachable_tmp / f"ended{next(NUMBERS)}")


def test_ctrl_c_ends_all_in_a_few_seconds(own_root: Path) -> None:
    with Command("up", "--root", str(own_root)) as command:
        command.until("trading;")
        below = descendants(command.process.pid)
        started = time.monotonic()
        command.ctrl_c()
        assert command.end() == 0
        assert time.monotonic() - started < 15
    assert alive(below) == []
    assert mentioning(str(own_root)) == []
    assert not (own_root / ".architect/run/paper-keys.json").exists()
    assert list(own_root.rglob("*.sock")) == []


def test_a_killed_one_leaves_nothing_and_the_next_starts_at_once(
    own_root: Path,
) -> None:
    with Command("up", "--root", str(own_root)) as command:
        command.until("trading;")
        below = descendants(command.process.pid)
        assert len(below) > 6
        os.kill(command.process.pid, signal.SIGKILL)
        command.end()
    wait_for(lambda: not alive(below), 15)
    wait_for(lambda: not mentioning(str(own_root)), 5)
    again = architect("up", "--root", str(own_root), "--count", "660")
    assert again.returncode == 0, again.stderr
    assert "the candles are used up" in again.stderr
    assert " UTC  equity " in again.stderr
    assert "architect trades lists them" in again.stderr
    # The stores have ended with it: its books are read all the same.
    for words in (["trades"], ["incidents"]):
        read = architect(*words, "--root", str(own_root))
        assert (read.returncode, read.stderr) == (0, ""), words
    assert mentioning(str(own_root)) == []


def test_given_stores_are_used_and_none_are_started(
    own_root: Path, fresh_stores: Stores
) -> None:
    urls = {
        "DATABASE_URL": fresh_stores.database_url,
        "REDIS_URL": fresh_stores.redis_url,
    }
    for before in (False, True):
        done = architect("up", "--root", str(own_root), "--count", "660", **urls)
        assert done.returncode == 0, done.stderr
        # A paper account begins anew, so its books do too.
        assert ("the books of the paper run before are in" in done.stderr) == before
        with psycopg.connect(fresh_stores.database_url) as connection:
            found = connection.execute(
                "select count(*) from trading_data.equity"
            ).fetchone()
        assert found == (60,)
    assert not (own_root / ".architect/stores").exists()
    (aside,) = (own_root / ".architect/dumps").glob("paper-*")
    with gzip.open(aside / "trading_data.equity.csv.gz", "rt") as file:
        assert len(file.readlines()) == 61


def test_a_repair_worker_and_a_gateway_come_back_and_another_end_is_the_systems(
    own_root: Path,
) -> None:
    with Command("up", "--root", str(own_root)) as command:
        command.until("trading;")
        below = descendants(command.process.pid)
        worker = next(p for p, _ in below if "architect wick" in _cmd(p))
        os.kill(worker, signal.SIGKILL)
        command.until("wick1 ended with code -9; it is started again")
        wait_for(lambda: _others(command, "architect wick", worker), 20)
        gateway = next(p for p, _ in below if GATEWAY in _cmd(p))
        os.kill(gateway, signal.SIGKILL)
        command.until("the gateway ended with code -9; it is started again")
        wait_for(lambda: _others(command, GATEWAY, gateway), 20)
        before = _equities(own_root)
        wait_for(lambda: _equities(own_root) > before + 5, 30)
        paper = next(p for p, _ in below if "core.trading.paper" in _cmd(p))
        os.kill(paper, signal.SIGKILL)
        assert command.end() == 1
    assert "paper ended with code" in command.text
    assert alive(below) == []
    assert mentioning(str(own_root)) == []


def _others(command: Command, words: str, but: int) -> list[int]:
    below = descendants(command.process.pid)
    return [p for p, _ in below if p != but and words in _cmd(p)]


def _equities(root: Path) -> int:
    with psycopg.connect(stores_of(root).database_url) as connection:
        row = connection.execute("select count(*) from trading_data.equity").fetchone()
    assert row is not None
    return int(row[0])


def test_a_module_that_holds_the_process_is_taken_out_and_repaired(
    own_root: Path,
) -> None:
    """A loop in C that nothing inside the process can end; what was before it is good."""
    accept(own_root, "rsi", "return close * sum(range(10**15))")
    with Command("up", "--root", str(own_root), "--count", "60000") as command:
        command.until("a module held the trading loop: it is started again without it")
        command.until("incident 1: rsi repaired")
        told = architect("incidents", "--root", str(own_root), "1").stdout
        running = architect("status", "--root", str(own_root), "--json", "rsi").stdout
    assert "process started again" in told
    assert "earlier version" in told
    (row,) = json.loads(running)
    assert row["running"] == row["version"]


def accept(root: Path, name: str, body: str) -> None:
    """Record a body as accepted that no gate would accept."""
    path, lock = root / f"generated/trading/{name}.py", root / "manifest.yaml"
    spec = load_spec(root / f"specs/trading/{name}.yaml")
    path.write_text(render_module(spec, body + "\n"))
    known = read_manifest(lock)
    entry = replace(known.modules[name], file=sha256(path.read_bytes()), by="model")
    lock.write_text(render_manifest(known.with_entry(name, entry)))
    git(root, "commit", "-qam", "Accept it")


def test_status_and_incidents_say_that_nothing_runs(own_root: Path) -> None:
    text = architect("status", "--root", str(own_root), "rsi")
    assert "the system is not running" in text.stdout
    away = {
        "DATABASE_URL": "postgresql://nowhere.invalid/x",
        "REDIS_URL": "redis://127.0.0.1:1",
    }
    lost = architect("status", "--root", str(own_root), "rsi", **away)
    assert "note: Redis does not answer" in lost.stderr
    assert "the system is not running" in lost.stdout
    done = architect("incidents", "--root", str(own_root))
    assert done.returncode == 1
    assert "hint: architect up" in done.stderr


def test_init_and_purge_start_the_stores_when_nothing_runs(own_root: Path) -> None:
    done = architect("db", "--root", str(own_root), "init", "--json")
    assert json.loads(done.stdout)["applied"], done.stderr
    again = architect("db", "--root", str(own_root), "init")
    assert again.stdout == "the schemas are as they must be\n"
    empty = architect("db", "--root", str(own_root), "purge")
    assert (empty.returncode, empty.stdout) == (0, "there was nothing to empty\n")
    assert mentioning(str(own_root)) == []


def _cmd(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:  # it has ended meanwhile
        return ""


def test_a_model_of_its_own_judges_entries_and_may_go_away(own_root: Path) -> None:
    """Its key is with the signal service and Wick, never with what trades."""
    key = f"sk-signal-canary-{os.getpid()}"
    with ChatServer(says("score: 0.8\nreason: fine")) as server:
        settings = {
            "LLM_SIGNAL_MODEL": "judge-1",
            "LLM_SIGNAL_API_URL": server.url,
            "LLM_SIGNAL_API_KEY": key,
            "LLM_SIGNAL_PRICE_IN_USD": "0",
            "LLM_SIGNAL_PRICE_OUT_USD": "0",
        }
        words = ("up", "--root", str(own_root), "--count", "60000")
        with Command(*words, settings=settings) as command:
            command.until("a model judges entries")
            command.until("trading; Ctrl-C stops everything")
            wait_for(lambda: server.requests, 90)
            holders = "\n".join(mentioning(key))
            assert "architect signal" in holders
            assert "core.trading.trader" not in holders
            assert "core.trading.gateway" not in holders
            below = descendants(command.process.pid)
            (service,) = (p for p in below if " signal " in "".join(alive({p})))
            os.kill(service[0], signal.SIGKILL)
            command.until("entries go on without the model")
            time.sleep(0.3)
            assert command.process.poll() is None
            assert any("core.trading.trader" in line for line in alive(below))
