"""Embedded stores: real servers, and what becomes of them when processes die."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from core.errors import Busy, StoreError, StoreUnavailable
from core.stores import embedded, keeper, ownership, places
from core.stores.open import open_stores

OWNER = Path(__file__).parent / "owner.py"
ROOT = Path(embedded.__file__).parents[2]
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")


@pytest.fixture
def data_dir(reachable_tmp: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A data folder that is not there yet."""
    folder = reachable_tmp / f"d{abs(hash(request.node.name)) % 10**8}"
    yield folder
    places.remove(folder)


@contextlib.contextmanager
def owner(data_dir: Path, uid: int = 0) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Run an owner of `data_dir`; yield its process and what it said."""
    process = subprocess.Popen(
        [python_for(uid), str(OWNER), str(data_dir), str(uid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{places.site_packages()}"},
    )
    with process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())


def python_for(uid: int) -> str:
    """Return a Python of this version that the user `uid` can run too."""
    system = "/usr/bin/python{}.{}".format(*sys.version_info)
    for program in (sys.executable, system):
        user = places.User(uid, uid)
        if os.geteuid() != 0 or not uid or places.can_run(user, Path(program)):
            return program
    pytest.skip("this Python lies where no other user can run it")


def wait_for(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
    """Poll until `condition` holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def row(database_url: str, query: bytes) -> tuple[Any, ...] | None:
    """Return the first row of a query."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchone() if cursor.description else None


def test_both_servers_answer_and_keep_data_across_a_restart(data_dir: Path) -> None:
    with embedded.start(data_dir) as stores:
        assert stores.first
        row(stores.database_url, b"create table t as select 42 as n")
        with redis.Redis.from_url(stores.redis_url) as client:
            client.set("k", "v")
    with embedded.start(data_dir) as stores:
        assert not stores.first
        assert row(stores.database_url, b"select n from t") == (42,)
        with redis.Redis.from_url(stores.redis_url) as client:
            assert client.get("k") == b"v"


def test_stop_ends_every_process_and_leaves_no_socket(data_dir: Path) -> None:
    stores = embedded.start(data_dir)
    stores.stop()
    stores.stop()
    assert not any(ownership.started(pid) for pid in stores.pids.values())
    assert not [path for path in data_dir.rglob("*") if path.is_socket()]
    assert embedded.find(data_dir) is None


@pytest.mark.alone
def test_a_warm_start_takes_a_small_part_of_the_first(data_dir: Path) -> None:
    """A tenth of a second on most machines; beside the first, it holds on all."""
    begun = time.perf_counter()
    embedded.start(data_dir).stop()
    first, best = time.perf_counter() - begun, 9.9
    for _ in range(12):
        begun = time.perf_counter()
        stores = embedded.start(data_dir)
        best = min(best, time.perf_counter() - begun)
        stores.stop()
    assert best < first / 5


def test_servers_are_reached_by_private_sockets_only(data_dir: Path) -> None:
    with embedded.start(data_dir) as stores:
        assert row(stores.database_url, b"show listen_addresses") == ("",)
        assert stat.S_IMODE((data_dir / "run").stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / "postgres").stat().st_mode) == 0o700


def test_servers_never_run_as_root(data_dir: Path) -> None:
    with embedded.start(data_dir) as stores:
        for name in ("postgres", "redis"):
            assert Path(f"/proc/{stores.pids[name]}").stat().st_uid != 0


def test_what_keeps_them_gets_no_more_of_our_environment_than_it_needs(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_API_SECRET", "s3cret")
    with embedded.start(data_dir) as stores:
        given = Path(f"/proc/{stores.pids['keeper']}/environ").read_bytes()
    names = {entry.partition(b"=")[0].decode() for entry in given.split(b"\0") if entry}
    assert names == set(keeper.ENVIRONMENT)


def test_no_folder_above_ours_is_opened(data_dir: Path) -> None:
    before = stat.S_IMODE(data_dir.parent.stat().st_mode)
    embedded.start(data_dir).stop()
    assert stat.S_IMODE(data_dir.parent.stat().st_mode) == before


def test_a_second_owner_is_told_who_the_first_is(data_dir: Path) -> None:
    with (
        embedded.start(data_dir),
        pytest.raises(Busy, match=str(os.getpid())) as caught,
    ):
        embedded.start(data_dir)
    assert caught.value.hint


def test_of_two_owners_at_the_same_moment_one_wins(data_dir: Path) -> None:
    embedded.start(data_dir).stop()
    with owner(data_dir) as (_, one), owner(data_dir) as (_, two):
        assert sorted(["error" in one, "error" in two]) == [False, True]


def test_servers_end_when_their_owner_is_killed(data_dir: Path) -> None:
    with owner(data_dir) as (process, facts):
        process.kill()
        pids = facts["pids"].values()
        wait_for(lambda: not any(ownership.started(pid) for pid in pids))


@pytest.mark.alone
def test_the_next_start_after_a_killed_owner_needs_no_wait(data_dir: Path) -> None:
    with owner(data_dir) as (process, facts):
        row(facts["database_url"], b"create table t as select 7 as n")
        process.kill()
        begun = time.monotonic()
        with embedded.start(data_dir) as stores:
            assert row(stores.database_url, b"select n from t") == (7,)
    assert time.monotonic() - begun < 3


def test_servers_end_when_owner_and_keeper_are_killed(data_dir: Path) -> None:
    with owner(data_dir) as (process, facts):
        row(facts["database_url"], b"create table t as select 7 as n")
        process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.kill(facts["pids"]["keeper"], signal.SIGKILL)
        with embedded.start(data_dir) as stores:
            assert row(stores.database_url, b"select n from t") == (7,)
        assert not any(map(ownership.started, facts["pids"].values()))


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_killed_server_is_started_again_with_its_data(
    data_dir: Path, name: str
) -> None:
    with embedded.start(data_dir) as stores:
        row(stores.database_url, b"create table t as select 1 as n")
        with redis.Redis.from_url(stores.redis_url) as client:
            client.set("k", "v")
        os.kill(stores.pids[name], signal.SIGKILL)
        wait_for(lambda: not ownership.started(stores.pids[name]))
        wait_for(lambda: is_back(stores))
        assert row(stores.database_url, b"select n from t") == (1,)
        with redis.Redis.from_url(stores.redis_url) as client:
            assert client.get("k") == b"v"


def is_back(stores: embedded.Stores) -> bool:
    """Whether both stores answer queries."""
    try:
        with redis.Redis.from_url(stores.redis_url) as client:
            client.ping()
        return row(stores.database_url, b"select 1") == (1,)
    except (psycopg.OperationalError, redis.RedisError):
        return False


def test_a_pid_file_that_names_a_living_stranger_does_not_block(data_dir: Path) -> None:
    embedded.start(data_dir).stop()
    note = f"{os.getpid()}\n{data_dir}/postgres\n1\n5432\n{data_dir}/run\n\n  1  1\n"
    (data_dir / "postgres/postmaster.pid").write_text(note + "ready   \n")
    (data_dir / "run/.s.PGSQL.5432.lock").write_text(note)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(data_dir / "run/redis.sock"))
    with embedded.start(data_dir) as stores:
        assert is_back(stores)


def test_a_lock_that_names_a_reused_pid_does_not_block(data_dir: Path) -> None:
    embedded.start(data_dir).stop()
    (data_dir / "lock").write_text(json.dumps([os.getpid(), 1]))
    embedded.start(data_dir).stop()


def test_servers_outlive_the_thread_that_started_them(data_dir: Path) -> None:
    """The kernel's parent-death signal is sent at the end of a thread already."""
    started: list[embedded.Stores] = []
    thread = threading.Thread(target=lambda: started.append(embedded.start(data_dir)))
    thread.start()
    thread.join()
    with started[0] as stores:
        os.kill(stores.pids["keeper"], signal.SIGUSR1)
        assert is_back(stores)
        assert ownership.started(stores.pids["postgres"])


def test_ctrl_c_in_the_terminal_does_not_reach_the_servers(data_dir: Path) -> None:
    with embedded.start(data_dir) as stores:
        groups = {os.getpgid(pid) for pid in stores.pids.values()}
        assert os.getpgid(0) not in groups
        os.killpg(os.getpgid(stores.pids["keeper"]), 0)


def test_another_process_finds_what_runs(data_dir: Path) -> None:
    assert embedded.find(data_dir) is None
    with owner(data_dir) as (process, facts):
        found = embedded.find(data_dir)
        assert found is not None
        assert found.database_url == facts["database_url"]
        found.stop()  # not ours to stop
        assert is_back(found)
        process.kill()
        process.wait()
        assert embedded.find(data_dir) is None


def test_given_urls_replace_the_embedded_stores(
    fresh_stores: embedded.Stores, tmp_path: Path
) -> None:
    urls = fresh_stores.database_url, fresh_stores.redis_url
    with open_stores(tmp_path, *urls) as stores:
        assert (stores.database_url, stores.redis_url) == urls
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "urls",
    [
        ("postgresql://u:secret@127.0.0.1:1/db", "redis://127.0.0.1:1"),
        ("not a url", "redis://127.0.0.1:1"),
    ],
)
def test_an_unreachable_url_is_named_without_its_password(
    tmp_path: Path, urls: tuple[str, str]
) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_stores(tmp_path, *urls)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


def test_a_long_path_gets_a_short_socket_folder(reachable_tmp: Path) -> None:
    data_dir = reachable_tmp / ("long" * 30)
    try:
        with embedded.start(data_dir) as stores:
            assert is_back(stores)
        assert not list((data_dir).glob("run"))
    finally:
        places.remove(data_dir)


def test_data_of_another_major_version_is_refused(data_dir: Path) -> None:
    embedded.start(data_dir).stop()
    (data_dir / "postgres/PG_VERSION").write_text("15\n")
    with pytest.raises(StoreError, match="Postgres 15"):
        embedded.start(data_dir)


def test_a_broken_server_leaves_its_last_words_and_no_lock(data_dir: Path) -> None:
    embedded.start(data_dir).stop()
    control = data_dir / "postgres/global/pg_control"
    kept = control.read_bytes()
    control.write_bytes(b"")
    with pytest.raises(StoreUnavailable, match="pg_control"):
        embedded.start(data_dir)
    control.write_bytes(kept)
    embedded.start(data_dir).stop()


@as_root
def test_a_normal_user_owns_servers_of_his_own(reachable_tmp: Path) -> None:
    home = reachable_tmp / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    with owner(home / "stores", NOBODY) as (_, facts):
        assert "pids" in facts, facts
        for pid in facts["pids"].values():
            assert Path(f"/proc/{pid}").stat().st_uid == NOBODY


@as_root
def test_a_checkout_that_only_root_can_enter_stays_closed(reachable_tmp: Path) -> None:
    closed = reachable_tmp / "closed"
    closed.mkdir(mode=0o700)
    data_dir = closed / "stores"
    try:
        with embedded.start(data_dir) as stores:
            assert is_back(stores)
            home = Path((data_dir / places.HOME_NOTE).read_text().strip())
            assert home.parent in places.ROOTS_HOMES
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        places.remove(data_dir)
    assert not home.exists()
    shutil.rmtree(closed)


@as_root
def test_servers_run_from_a_copy_where_their_user_cannot_run_the_wheels(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "can_run", lambda user, program: False)
    for _ in range(2):
        with embedded.start(data_dir) as stores:
            assert is_back(stores)
            program = os.readlink(f"/proc/{stores.pids['postgres']}/exe")
            assert program.startswith(f"{data_dir}/servers-")


@as_root
def test_a_folder_of_somebody_else_is_not_used(reachable_tmp: Path) -> None:
    data_dir = reachable_tmp / "theirs"
    data_dir.mkdir()
    os.chown(data_dir, 12345, 12345)
    with pytest.raises(StoreError, match="another user"):
        embedded.start(data_dir)


def test_a_folder_that_cannot_be_written_is_told_with_what_mends_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path, _: str) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "write_text", read_only)
    with pytest.raises(StoreUnavailable, match="Read-only file system") as caught:
        embedded.start(data_dir)
    assert "writable" in str(caught.value.hint)


@pytest.mark.parametrize("free", [1 << 20, 1 << 40])
def test_a_server_that_does_not_start_for_want_of_room_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    """Postgres itself may say something else."""
    ready, answer = os.pipe()
    os.write(answer, json.dumps({"error": "initdb failed: PANIC"}).encode())
    os.close(answer)
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with (
        subprocess.Popen(["true"]) as keeper,
        pytest.raises(StoreUnavailable, match="PANIC") as caught,
    ):
        embedded.hear(keeper, ready, tmp_path)
    os.close(ready)
    hint = caught.value.hint or ""
    assert hint.startswith("free some disk space") == (free < embedded.LEAST_FREE)
