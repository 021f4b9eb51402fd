"""`architect up` as a process, on a project of its own with the shipped modules."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from architect.config import load
from architect.stores import find_stores
from core.stores.embedded import Stores

CHECKOUT = Path(__file__).resolve().parents[1]
COPIED = ("specs", "prompts", "generated")
CLEAN = ("DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE")


def copy_project(root: Path) -> Path:
    """Copy what is accepted into a repository of its own."""
    root.mkdir()
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / name, root / name, ignore=ignored)
    for name in ("manifest.yaml", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, root / name)
    (root / ".gitignore").write_text(".architect/\n.env\n__pycache__/\n")
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["commit", "-qm", "Start"],
    ):
        subprocess.run(["git", *who, *words], cwd=root, check=True)
    return root


def stores_of(root: Path) -> Stores:
    """Return the stores that a running system has told of."""
    found = find_stores(load(root, process={}))
    assert found is not None
    return Stores(found.database_url, found.redis_url)


def environment(**more: str) -> dict[str, str]:
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in CLEAN and not k.startswith("LLM_")
    }
    return {**kept, **more}


def architect(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-P", "-m", "architect", *words]
    return subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, timeout=180,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


class Command:
    """One command that runs meanwhile; its stderr is read as it comes."""

    def __init__(self, *words: str, settings: Mapping[str, str] | None = None) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "architect", *words],
            env=environment(**(settings or {})), stderr=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self._threads = [
            threading.Thread(target=self._read, args=(self.process.stderr,)),
            threading.Thread(target=self._read, args=(self.process.stdout,)),
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]
            self.lines.append(line.rstrip("\n"))

    def __enter__(self) -> Command:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.end()

    def ctrl_c(self) -> None:
        """Do what the terminal does: SIGINT to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def until(self, words: str, timeout_s: float = 90.0) -> None:
        """Wait until a line holds `words`."""
        wait_for(
            lambda: words in self.text or self.process.poll() is not None, timeout_s
        )
        assert words in self.text, self.text

    def end(self, timeout_s: float = 90.0) -> int:
        """Wait for its end; return the exit code."""
        code = self.process.wait(timeout_s)
        for thread in self._threads:
            thread.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code


def wait_for(found: Callable[[], object], timeout_s: float) -> None:
    """Wait for other processes; there is no clock to pass in to them."""
    end = time.monotonic() + timeout_s
    while not found():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


Process = tuple[int, str]


def descendants(pid: int) -> set[Process]:
    """Return (pid, start time) of all processes below one, whatever their session."""
    parents = {p: stat[1] for p in _pids() if (stat := _stat(p))}
    below, found = {pid}, set()
    while below:
        below = {p for p, parent in parents.items() if int(parent) in below} - found
        found |= below
    return {(p, stat[19]) for p in found if (stat := _stat(p))}


def alive(processes: set[Process]) -> list[str]:
    """Return the command lines of those that still run."""
    return [
        _command(pid)
        for pid, started in processes
        if (stat := _stat(pid)) and stat[19] == started and stat[0] not in "ZX"
    ]


def mentioning(text: str) -> list[str]:
    """Return the command lines of all processes that name `text`, or have it in their
    environment or folder."""
    found = []
    for pid in _pids():
        if pid == os.getpid() or not (stat := _stat(pid)) or stat[0] in "ZX":
            continue
        if text in _command(pid) or text in _raw(pid, "environ"):
            found.append(f"{pid} {_command(pid)}")
    return found


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    return _raw(pid, "cmdline").replace("\0", " ").strip()


def _raw(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    except OSError:
        return ""
