"""`architect up`: all processes by one command, and none left whatever ends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
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
from webhook import Hook

from core.errors import ExchangeError
from core.trading.gateway_facts import ask
from core.trading.record_fields import FIELDS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(reachable_tmp: Path) -> Path:
    return copy_project(reachable_tmp / "up")


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    with Hook() as found:
        yield found


@pytest.fixture(scope="module")
def running(root: Path, hook: Hook) -> Iterator[Command]:
    words = ("up", "--root", str(root), "--count", "60000", "--pace", "0.1")
    with Command(*words, settings={"NOTIFY_WEBHOOK_URL": hook.url}) as command:
        command.until("trading; Ctrl-C stops everything")
        yield command


def test_everything_starts_in_its_order(running: Command) -> None:
    order = [
        "Postgres and Redis are up",
        "paper exchange at",
        "the gateway and 1 wick worker are up",
        "trading;",
    ]
    places = [running.text.index(words) for words in order]
    assert places == sorted(places)
    below = alive(descendants(running.process.pid))
    for words in (
        "core.trading.paper",
        "core.trading.gateway",
        "core.trading.trader",
        "wick",
    ):
        assert any(words in line for line in below), words


def test_keys_are_with_the_gateway_alone(running: Command, root: Path) -> None:
    keys = json.loads((root / ".architect/run/paper-keys.json").read_text())
    assert (root / ".architect/run/paper-keys.json").stat().st_mode & 0o077 == 0
    for name, value in keys.items():
        if name != "control_token" and isinstance(value, str):
            assert mentioning(value) == [], name


def test_no_key_is_in_a_log_a_store_or_the_output(running: Command, root: Path) -> None:
    """The keys are canaries: whoever writes one down anywhere is found."""
    keys = json.loads((root / ".architect/run/paper-keys.json").read_text())
    canaries = [keys["api_key"], keys["secret"]]
    stores = stores_of(root)
    with psycopg.connect(stores.database_url) as connection:
        wait_for(
            lambda: connection.execute("select 1 from trading_data.orders").fetchone(),
            60,
        )
        tables = connection.execute(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables"
            " where table_schema in ('trading_data', 'system_logs')"
        ).fetchall()
        assert len(tables) > 8
        for (table,) in tables:
            for canary in canaries:
                query = f"select count(*) from {table} t where t::text like %s".encode()
                assert connection.execute(query, (f"%{canary}%",)).fetchone() == (0,)
    with redis.Redis.from_url(stores.redis_url) as client:
        held = b"".join(client.dump(key) or b"" for key in client.scan_iter())
    written = [path.read_bytes() for path in root.rglob("*.log")]
    assert len(written) >= 4
    for canary in canaries:
        assert canary.encode() not in held
        assert canary not in running.text
        assert not any(canary.encode() in text for text in written)


def test_a_second_one_is_told_who_runs(running: Command, root: Path) -> None:
    second = architect("up", "--root", str(root), "--count", "700")
    assert second.returncode == 1
    assert "error:" in second.stderr
    assert "hint:" in second.stderr
    assert str(running.process.pid) in second.stderr
    assert running.process.poll() is None


def test_status_shows_what_is_live(running: Command, root: Path) -> None:
    done = architect("status", "--root", str(root), "--json", "rsi", "entry_decision")
    rows = json.loads(done.stdout)
    assert {row["name"] for row in rows} == {"rsi", "entry_decision"}
    assert all(row["running"] == row["version"] for row in rows)
    text = architect("status", "--root", str(root), "rsi").stdout
    assert " live" in text
    assert "the system is not running" not in text


def enter(root: Path, number: int) -> str:
    """Send an entry that is too far off to fill; return why it was refused, and by whom."""
    order: dict[str, Any] = dict.fromkeys(FIELDS["OrderRequest"])
    order |= {"client_id": f"test-{number}", "symbol": "PF_XBTUSD", "side": "buy"}
    order |= {"size": "0.001", "kind": "ioc", "limit_price": "1"}
    order |= {"reduce_only": False}
    socket = root / ".architect/run/gateway.sock"
    with pytest.raises(ExchangeError) as caught:
        ask(socket, "place", order=order)
    return str(caught.value)


def test_a_halt_by_hand_stops_entries_and_is_told_and_so_is_its_end(
    running: Command, root: Path, hook: Hook
) -> None:
    reached = "OrderRejected: iocWouldNotExecute"  # by the exchange itself
    assert enter(root, 1) == reached
    done = architect("halt", "--root", str(root), "--why", "news at 14:00")
    assert done.returncode == 0, done.stderr
    assert "Halted: halted (news at 14:00)" in enter(root, 2)
    wait_for(lambda: hook.told("halt"), 10)
    running.until("HALTED: news at 14:00; exits and stops still pass", 10)
    assert architect("resume", "--root", str(root)).returncode == 0
    assert enter(root, 3) == reached
    wait_for(lambda: hook.told("resume"), 10)
    running.until("resumed; it was halted for: news at 14:00", 10)
    assert hook.told("halt") == ["architect: halt: news at 14:00"]
    assert len(hook.told("resume")) == 1
    assert running.text.count("HALTED") == 1


def test_a_halt_by_the_gateway_is_told_by_the_same_way(
    running: Command, root: Path, hook: Hook
) -> None:
    """It throws the switch itself; here the loop asks it to, as on drift."""
    before = len(hook.told("halt"))
    socket = root / ".architect/run/gateway.sock"
    ask(socket, "halt", reason="the books have differed for 12 candles")
    wait_for(lambda: len(hook.told("halt")) > before, 10)
    assert hook.told("halt")[before:] == [
        "architect: halt: the books have differed for 12 candles"
    ]
    running.until("HALTED: the books have differed for 12 candles", 10)
    assert architect("resume", "--root", str(root)).returncode == 0
    wait_for(lambda: len(hook.told("resume")) > before, 10)
    assert running.text.count("the books have differed for 12 candles; exits") == 1


def test_init_joins_the_running_stores_and_purge_leaves_them_alone(
    running: Command, root: Path
) -> None:
    assert architect("db", "--root", str(root), "init").returncode == 0
    for more in ((), ("--yes",)):
        refused = architect("db", "--root", str(root), "purge", *more)
        assert refused.returncode == 1
        assert "another system trades with these books" in refused.stderr
        assert "hint: end it first" in refused.stderr
    with psycopg.connect(stores_of(root).database_url) as connection:
        rows = connection.execute("select count(*) from trading_data.account")
        assert rows.fetchone() == (1,)
    assert running.process.poll() is None
