"""Attempts at what a worker must not be able to do, one function each.

A probe returns when it succeeded and raises when it was stopped; where the kernel
ends its process, that is an answer too. The proof runs each inside a worker that has
only the layer in question. No probe harms anything when it succeeds.
"""

from __future__ import annotations

import _thread
import ctypes
import mmap
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress

from architect.gate.sandbox import kernel

_STOPPED = (OSError, RuntimeError, MemoryError, ValueError)
_PTRACE_TRACEME = 0
_CLONE_NEWUSER = 0x10000000
_MUCH = 8 << 30


def run(name: str) -> str | None:
    """Return what stopped the probe, None when nothing did."""
    try:
        PROBES[name]()
    except _STOPPED as error:
        return f"{type(error).__name__}: {error}"
    return None


def _insist(holds: bool, what: str) -> None:
    """Stand in for an attempt where a setting can only be read back."""
    if holds:
        raise RuntimeError(what)


# --- process -----------------------------------------------------------------------


def shared_session() -> None:
    """Be in the zygote's session."""
    _insist(os.getsid(0) == os.getpid(), "own session")


def environment() -> None:
    """See a variable of the parent."""
    _insist({*os.environ} <= {"TZ"}, "empty environment")


def descriptors() -> None:
    """Hold more than the channel and three times nothing."""
    held = set(os.listdir("/proc/self/fd"))
    # The listing itself holds one.
    _insist(len(held) <= 5, "four descriptors")


def outlive_parent() -> None:
    """Live on when the zygote ends."""
    number = ctypes.create_string_buffer(4)
    kernel.prctl(kernel.PR_GET_PDEATHSIG, number)
    set_to = int.from_bytes(number.raw, sys.byteorder)
    _insist(set_to == signal.SIGKILL, "ends with its parent")


def dumpable() -> None:
    """Be open to others' ptrace and /proc."""
    _insist(kernel.prctl(kernel.PR_GET_DUMPABLE) == 0, "not dumpable")


# --- uid ---------------------------------------------------------------------------


def be_root() -> None:
    """Be root or become it."""
    if os.geteuid() != 0:
        os.setresuid(0, 0, 0)


def hold_capabilities() -> None:
    """Hold a right that root, or a container, gave to the parent."""
    _insist(not kernel.capabilities(), "no capabilities")


# --- rlimits -----------------------------------------------------------------------


def memory() -> None:
    """Map eight gigabytes."""
    mmap.mmap(-1, _MUCH).close()


def file_size() -> None:
    """Write one byte to a file that is nowhere."""
    fd = os.memfd_create("probe")
    os.write(fd, b"x")


def many_files() -> None:
    """Hold a hundred descriptors."""
    for _ in range(100):
        os.dup(0)


def more_cpu() -> None:
    """Lift the limit of CPU time."""
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_CPU, unlimited)


def core_file() -> None:
    """Leave a core file."""
    _insist(resource.getrlimit(resource.RLIMIT_CORE) == (0, 0), "no core file")


# --- landlock and seccomp ----------------------------------------------------------


def read_file() -> None:
    """Read a file."""
    os.close(os.open(__file__, os.O_RDONLY))


def make_file() -> None:
    """Make a file in a folder that all may write."""
    with tempfile.TemporaryFile(dir=tempfile.gettempdir()):
        pass


def list_folder() -> None:
    """List a folder."""
    os.listdir("/")


def others_memory() -> None:
    """Look into the parent by /proc."""
    os.close(os.open(f"/proc/{os.getppid()}/environ", os.O_RDONLY))


def execute() -> None:
    """Become another program."""
    os.execv("/bin/sh", ["sh", "-c", "exit 0"])


def stat_file() -> None:
    """Learn whether a file exists."""
    os.stat("/")


def change_mode() -> None:
    """Reach the call that changes a file's mode; there is no such file."""
    with suppress(FileNotFoundError):
        os.chmod("/no-such-folder/file", 0o600)


def tcp() -> None:
    """Connect by TCP."""
    with socket.socket() as connection, suppress(ConnectionRefusedError):
        connection.connect(("127.0.0.1", 1))


def tcp_socket() -> None:
    """Make a TCP socket."""
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def udp_socket() -> None:
    """Make a UDP socket."""
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()


def unix_socket() -> None:
    """Make a Unix socket."""
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close()


def fork() -> None:
    """Make a process."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def thread() -> None:
    """Make a thread."""
    _thread.start_new_thread(time.monotonic, ())


def signal_parent() -> None:
    """Send the parent a signal (one that does nothing)."""
    os.kill(os.getppid(), 0)


def signal_group() -> None:
    """Send its own group a signal, by the call that threads use."""
    kernel.syscall(kernel.NUMBERS["tgkill"], os.getpid(), os.getpid(), 0)


def trace() -> None:
    """Be traced."""
    kernel.syscall(kernel.NUMBERS["ptrace"], _PTRACE_TRACEME, 0, 0, 0)


def io_uring() -> None:
    """Make a ring, whose work no filter would see."""
    parameters = ctypes.create_string_buffer(120)
    os.close(kernel.syscall(kernel.NUMBERS["io_uring_setup"], 1, parameters))


def new_namespace() -> None:
    """Make a user namespace."""
    kernel.syscall(kernel.NUMBERS["unshare"], _CLONE_NEWUSER)


def executable_memory() -> None:
    """Map memory that can be run."""
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC).close()


def second_table() -> None:
    """Reach a system call by x86_64's second table of numbers."""
    kernel.syscall(0x40000000 | kernel.NUMBERS["getpid"])


def timer() -> None:
    """Set a timer that fires later."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def gain_privileges() -> None:
    """Gain rights by a program that has them."""
    _insist(kernel.prctl(kernel.PR_GET_NO_NEW_PRIVS) == 1, "no new privileges")


# --- from outside ------------------------------------------------------------------


def stay() -> None:
    """Leave a child in a session of its own and never answer."""
    if os.fork() == 0:
        os.setsid()
    while True:
        time.sleep(60)


PROBES: dict[str, Callable[[], None]] = {
    probe.__name__: probe
    for probe in (
        shared_session, environment, descriptors, outlive_parent, dumpable, be_root,
        hold_capabilities,
        memory, file_size, many_files, more_cpu, core_file, read_file, make_file,
        list_folder, others_memory, execute, stat_file, change_mode, tcp, tcp_socket,
        udp_socket, unix_socket, fork, thread, signal_parent, signal_group, trace,
        io_uring, new_namespace, executable_memory, second_table, timer,
        gain_privileges, stay,
    )
}  # fmt: skip
