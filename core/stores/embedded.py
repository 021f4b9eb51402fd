"""Postgres and Redis on Unix sockets in a data folder, for as long as an owner lives.

`start` gives a pair of servers of our own, from the binaries of two wheels; `find` joins
those that another process owns. Nothing here knows tables or keys, and no other part of
the project knows how the servers are run: everybody else is handed two URLs.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.errors import StoreUnavailable
from core.stores import keeper, ownership, places

NOTE = "stores.json"
READY_TIMEOUT_S = 150.0
# With less room than this left, that is why a server did not start.
LEAST_FREE = 32 << 20
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",  # three worker processes fewer to start
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(slots=True)
class Stores:
    """A pair of stores that can be reached; `stop` ends them if they are ours.

    `first` is true when this start has made the data folder.
    """

    database_url: str
    redis_url: str
    first: bool = False
    pids: dict[str, int] = field(default_factory=dict)
    _data_dir: Path | None = None
    _keeper: subprocess.Popen[bytes] | None = None
    _owner: int = field(default_factory=os.getpid)

    def stop(self) -> None:
        """Stop our servers in order and wait for them; harmless when repeated."""
        process = self._keeper
        if process is None or os.getpid() != self._owner:  # a fork owns nothing
            return
        self._keeper = None
        process.terminate()
        process.wait()
        if self._data_dir:
            (self._data_dir / NOTE).unlink(missing_ok=True)

    def __enter__(self) -> Stores:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def start(data_dir: Path) -> Stores:
    """Start both servers for `data_dir`, which is made if it is missing.

    The servers end with this process, however it ends. Raises Busy when another
    process owns the folder, StoreUnavailable when a server does not start.
    """
    data_dir = data_dir.absolute()
    place = places.choose(data_dir)
    lock = ownership.take(data_dir)
    try:
        process, ready = launch(place, lock)
    finally:
        os.close(lock)  # the keeper has it now, and hands it to the servers
    try:
        answer = hear(process, ready, place.home)
        stores = Stores(
            *urls_of(place),
            first=answer["first"],
            pids={"keeper": process.pid, **answer["pids"]},
            _data_dir=data_dir,
            _keeper=process,
        )
        write_note(stores, data_dir)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        os.close(ready)
    return stores


def launch(place: places.Place, lock: int) -> tuple[subprocess.Popen[bytes], int]:
    """Start the keeper; return it and the descriptor on which it will answer."""
    ready, answer = os.pipe()
    plan = {
        "owner": os.getpid(),
        "lock_fd": lock,
        "ready_fd": answer,
        "servers": [postgres_plan(place), redis_plan(place)],
    }
    with open(log_file(place, "keeper"), "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, json.dumps(plan)],
            pass_fds=(lock, answer),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            # No key that may be exported: what it starts gets no more than this either.
            env=keeper.ENVIRONMENT,
            # Ctrl-C is for the owner, which stops the servers when it is done with them.
            start_new_session=True,
        )
    os.close(answer)
    return process, ready


def hear(process: subprocess.Popen[bytes], ready: int, home: Path) -> dict[str, Any]:
    """Return the keeper's answer; raise StoreUnavailable when it is an error. `home` is
    where the servers' data is."""
    parts = []
    while select.select([ready], [], [], READY_TIMEOUT_S)[0]:
        parts.append(os.read(ready, 65536))
        if not parts[-1]:
            break
    answer: dict[str, Any] = json.loads(b"".join(parts) or b"{}")
    if "first" in answer:
        return answer
    reason = answer.get("error", f"the keeper {process.pid} gave no answer")
    full = "No space left" in reason or "Errno 28" in reason
    # Postgres does not always say so itself; it begins with some 40 MB.
    full = full or shutil.disk_usage(home).free < LEAST_FREE
    raise StoreUnavailable(
        f"the embedded stores did not start: {reason}",
        hint=f"free some disk space for {home}, then try again" if full else None,
    )


def postgres_plan(place: places.Place) -> dict[str, Any]:
    """Return how the keeper is to run Postgres."""
    data = place.home / "postgres"
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": str(place.sockets)}
    options = [part for item in settings.items() for part in ("-c", "=".join(item))]
    program = place.postgres_bin / "postgres"
    initdb = [str(place.postgres_bin / "initdb"), "-D", f"{data}.new"]
    initdb += ["-U", "architect", "-E", "UTF8", "--locale=C.UTF-8"]
    initdb += ["--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    lock = place.sockets / ".s.PGSQL.5432.lock"
    return server_plan(place, "postgres", signal.SIGINT) | {
        "first": initdb,
        "command": [str(program), "-D", str(data), *options],
        "stale": [str(data / "postmaster.pid"), str(lock)],
    }


def redis_plan(place: places.Place) -> dict[str, Any]:
    """Return how the keeper is to run Redis: every write in its log at once."""
    options = {
        "port": "0",
        "unixsocket": str(place.sockets / "redis.sock"),
        "unixsocketperm": "700",
        "dir": str(place.home / "redis"),
        "appendonly": "yes",
        "save": "",
        "loglevel": "warning",
        "databases": "64",
    }
    command = [str(place.redis_server)]
    command += [
        part for name, value in options.items() for part in (f"--{name}", value)
    ]
    return server_plan(place, "redis", signal.SIGTERM) | {
        "first": [],
        "command": command,
        "stale": [options["unixsocket"]],
        "socket": options["unixsocket"],
    }


def server_plan(place: places.Place, name: str, stop: signal.Signals) -> dict[str, Any]:
    """Return what the plans of both servers have in common."""
    return {
        "name": name,
        "data": str(place.home / name),
        "log": str(log_file(place, name)),
        "stop_signal": int(stop),
        "uid": place.user.uid if place.user else None,
        "gid": place.user.gid if place.user else None,
    }


def log_file(place: places.Place, name: str) -> Path:
    """Return the server's log, emptied when it has grown past a megabyte."""
    path = place.data_dir / f"{name}.log"
    if path.exists() and path.stat().st_size > 1_000_000:
        os.truncate(path, 0)
    return path


def urls_of(place: places.Place) -> tuple[str, str]:
    """Return the URLs of Postgres and Redis on their sockets."""
    folder = quote(str(place.sockets), safe="")
    redis = quote(str(place.sockets / "redis.sock"))
    return f"postgresql://architect@/postgres?host={folder}", f"unix://{redis}?db=0"


def write_note(stores: Stores, data_dir: Path) -> None:
    """Leave word for other processes, which may join but not stop the servers."""
    pid = os.getpid()
    text = json.dumps(
        {
            "database_url": stores.database_url,
            "redis_url": stores.redis_url,
            "owner": pid,
            "owner_started": ownership.started(pid),
        }
    )
    new = data_dir / f"{NOTE}.new"
    new.write_text(text)
    new.replace(data_dir / NOTE)


def find(data_dir: Path) -> Stores | None:
    """Return the running stores of `data_dir`, or None when there are none."""
    try:
        note = json.loads((data_dir / NOTE).read_text())
        stores = Stores(note["database_url"], note["redis_url"])
        alive = ownership.is_alive(note["owner"], note["owner_started"])
    except (OSError, ValueError, KeyError):
        return None
    return stores if alive and answers(stores) else None


def answers(stores: Stores) -> bool:
    """Whether both sockets of the pair accept a connection."""
    from urllib.parse import parse_qs, unquote, urlsplit

    folder = parse_qs(urlsplit(stores.database_url).query)["host"][0]
    paths = (f"{folder}/.s.PGSQL.5432", unquote(urlsplit(stores.redis_url).path))
    for path in paths:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            try:
                link.connect(path)
            except OSError:
                return False
    return True
