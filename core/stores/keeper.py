"""The process between an owner and its store servers; it outlives neither.

The wheels' own start functions leave servers behind when their owner is killed. Here the
owner starts this keeper, and the keeper starts the servers as its direct children, so:
when the owner ends in any way, the keeper stops them in order; when the keeper itself is
killed, the kernel tells the servers to stop; when a server dies, it is started again.

It runs as a plain script with the standard library alone (`python -I -S keeper.py`),
which makes it start in 20 ms. It decides no paths, users or settings: the plan that it
is handed names them all. It holds the lock of the data folder and hands it to the
servers, so the lock is free only when the last of their processes is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

Server = dict[str, Any]
OWNER_GONE = signal.SIGUSR1
WATCHED = {
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGCHLD,
    OWNER_GONE,
}
READY_TIMEOUT_S = 120.0  # a crash recovery may have much to replay
STOP_TIMEOUT_S = 15.0
RESTART_PAUSE_S = 0.1
RESTARTS_PER_MINUTE = 30  # the first few may meet the dying children of the last one
PR_SET_PDEATHSIG = 1
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"}


class Failed(Exception):
    """A server cannot be started; the message is for the owner."""


def main(text: str) -> int:
    """Run the plan in `text` until the owner is gone or asks to stop."""
    plan: dict[str, Any] = json.loads(text)
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    signal_at_parents_death(OWNER_GONE)
    os.set_inheritable(plan["ready_fd"], False)
    servers: list[Server] = plan["servers"]
    if os.getppid() != plan["owner"]:  # it died before the kernel knew of our wish
        return 1
    try:
        made = [prepare(server) for server in servers]
        for server in servers:
            launch(server)
        for server in servers:
            wait_until_ready(server, plan["owner"])
        answer = {"first": any(made), "pids": {s["name"]: s["pid"] for s in servers}}
    except (Failed, OSError) as error:
        stop(servers)
        tell(plan["ready_fd"], {"error": str(error)})
        return 1
    tell(plan["ready_fd"], answer)
    watch(servers, plan["owner"])
    stop(servers)
    return 0


def tell(ready_fd: int, answer: dict[str, Any]) -> None:
    """Answer the owner, who may be gone by now."""
    with contextlib.suppress(OSError):
        os.write(ready_fd, json.dumps(answer).encode())
    os.close(ready_fd)


def prepare(server: Server) -> bool:
    """Make the server's data folder if there is none; whether it was made.

    It is made under another name and renamed, so that a half-made one is never used.
    Files in which an earlier server noted its process id are removed: under the lock
    there is no such process, whoever has that number now.
    """
    for path in server["stale"]:
        if os.path.lexists(path):
            os.remove(path)
    data, uid = server["data"], server["uid"]
    if os.path.isdir(data):
        return False
    made = data + ".new"
    shutil.rmtree(made, ignore_errors=True)
    os.mkdir(made, 0o700)
    if uid is not None:
        os.chown(made, uid, server["gid"])
    if server["first"]:
        status = os.waitpid(spawn(server, server["first"], made), 0)[1]
        if status:
            raise Failed(f"{server['first'][0]} failed: {last_words(server)}")
    os.rename(made, data)
    return True


def launch(server: Server) -> None:
    """Start the server; its process id is kept in `server`."""
    server["pid"] = spawn(server, server["command"], server["data"])
    server.setdefault("starts", []).append(time.monotonic())


def spawn(server: Server, command: list[str], folder: str) -> int:
    """Fork and run `command` in `folder` as the server's user; return its process id."""
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            become(server, command, folder, keeper)
        except BaseException as error:
            os.write(2, f"{command[0]}: {error}\n".encode())
        finally:
            os._exit(127)
    return pid


def become(server: Server, command: list[str], folder: str, keeper: int) -> NoReturn:
    """Turn this process into the server."""
    log = os.open(server["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.umask(0o077)
    if server["uid"] is not None:
        os.setgroups([])
        os.setgid(server["gid"])
        os.setuid(server["uid"])
    # After the change of user, which would clear it.
    signal_at_parents_death(server["stop_signal"])
    if os.getppid() != keeper:
        os._exit(1)
    os.chdir(folder)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
    os.execve(command[0], command, ENVIRONMENT)


def signal_at_parents_death(number: int) -> None:
    """Ask the kernel for a signal when the parent ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def wait_until_ready(server: Server, owner: int) -> None:
    """Wait until the server answers; raise Failed when it ends or takes too long."""
    is_ready: Callable[[Server], bool] = READY[server["name"]]
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not is_ready(server):
        if os.waitpid(server["pid"], os.WNOHANG)[0]:
            server["pid"] = None
            raise Failed(f"{server['name']} did not start: {last_words(server)}")
        if os.getppid() != owner or signal.SIGTERM in signal.sigpending():
            raise Failed("stopped while starting")
        if time.monotonic() > deadline:
            raise Failed(f"{server['name']} is not ready after {READY_TIMEOUT_S:.0f} s")
        time.sleep(0.002)


def postgres_is_ready(server: Server) -> bool:
    """Whether Postgres says so in the last line of its pid file."""
    try:
        with open(os.path.join(server["data"], "postmaster.pid")) as file:
            lines = file.read().split("\n")
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def redis_is_ready(server: Server) -> bool:
    """Whether Redis answers a ping (while it loads its data it answers otherwise)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(1.0)
        try:
            link.connect(server["socket"])
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"+PONG")
        except OSError:
            return False


READY = {"postgres": postgres_is_ready, "redis": redis_is_ready}


def last_words(server: Server) -> str:
    """Return the last lines of the server's log."""
    try:
        with open(server["log"], errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
    except OSError:
        lines = []
    return " / ".join(lines[-4:]) or "it left no word in its log"


def watch(servers: list[Server], owner: int) -> None:
    """Return when the owner is gone or asks to stop; restart servers that die."""
    while True:
        # The kernel signals the end of the thread that started us, not only of the
        # process; and a signal may come before a handler: so ask who the parent is.
        happened = signal.sigtimedwait(WATCHED, 1.0)
        if os.getppid() != owner:
            return
        if happened is not None and happened.si_signo == signal.SIGTERM:
            return
        dead = [server for server in servers if not is_running(server)]
        if not all(map(restart, dead)):
            return


def is_running(server: Server) -> bool:
    """Whether the server's process lives; a dead one is reaped."""
    if server["pid"] is None:
        return False
    gone, status = os.waitpid(server["pid"], os.WNOHANG)
    if gone:
        log(f"{server['name']} ended with status {status}")
        server["pid"] = None
    return not gone


def restart(server: Server) -> bool:
    """Start a server that died; False when it dies too often to go on."""
    now = time.monotonic()
    server["starts"] = [start for start in server["starts"] if now - start < 60]
    if len(server["starts"]) > RESTARTS_PER_MINUTE:
        log(f"{server['name']} dies too often: {last_words(server)}")
        return False
    if server["starts"] and now - server["starts"][-1] < 1.0:
        time.sleep(RESTART_PAUSE_S)
    launch(server)
    return True


def stop(servers: list[Server]) -> None:
    """Ask all servers to end, wait for them, and kill what does not."""
    running = [server for server in servers if server.get("pid")]
    for server in running:
        os.kill(server["pid"], server["stop_signal"])
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while running and time.monotonic() < deadline:
        running = [server for server in running if is_running(server)]
        time.sleep(0.002)
    for server in running:
        os.kill(server["pid"], signal.SIGKILL)
        os.waitpid(server["pid"], 0)


def log(text: str) -> None:
    """Write to the keeper's own log."""
    sys.stderr.write(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
