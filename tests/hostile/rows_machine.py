"""Bodies that reach for the machine: files, processes, networks, the kernel, memory.

Structure refuses them all by their names. With it switched off the kernel's layers must
hold, and mostly one of them alone does. Whatever is written is called `was-here`.
"""

# ruff: noqa: E501 - a row is read best as one line

from __future__ import annotations

from textwrap import dedent

import hostile_snippets as snippets
from hostile_case import Hostile

_WORDS = str.split
# Which snippet which single layer stops. Memory is only tried where it is bounded.
_LANDLOCK = {
    *snippets.FILES, "exec", "tcp",
} - {"memfd", "exists", "remove", "change mode", "change folder", "change root"}  # fmt: skip
_RLIMITS = {"fork", "thread", "pool", "list", "text", "integer", "locked"}
_UID = {"become root", "priority"}
_NOT_SECCOMP = {"alarm", "list", "text", "integer", "shared"}

MORE_FILES = {
    "read the keys": "return open('.env').read()",
    "read the first process": "return open('/proc/1/environ', 'rb').read()",
    "read a private key": "import os; return open(os.path.expanduser('~/.ssh/id_rsa')).read()",
    "read shared memory": "import os; return os.listdir('/dev/shm')",
    "write shared memory": "open('/dev/shm/was-here', 'w').write('x')",
    "write home": "import os; open(os.path.expanduser('~/was-here'), 'w').write('x')",
    "write at the root": "open('/was-here', 'w').write('x')",
    "write to the terminal": "open('/dev/tty', 'w').write('x')",
    "open a device": "import os; return os.open('/dev/null', os.O_RDWR)",
    "append to a module": "open('generated/trading/rsi.py', 'a').write('x')",
    "unnamed file": "import os; return os.open('/tmp', os.O_TMPFILE | os.O_RDWR)",
    "append to the shell's start": "import os; open('/etc/profile', 'a').write('')",
    "hard link": "import os; os.link('/etc/passwd', '/tmp/was-here')",
    "rename": "import os; os.rename('/tmp/was-here', '/tmp/was-here-too')",
    "truncate": "import os; os.truncate('/tmp/was-here', 0)",
    "touch": "import os; os.utime('/tmp', None)",
    "own": "import os; os.chown('/tmp', -1, -1)",
    "attributes": "import os; os.setxattr('/tmp', 'user.was-here', b'x')",
    "device": "import os, stat; os.mknod('/tmp/was-here', stat.S_IFCHR | 0o600, 259)",
    "array to a file": "import numpy as np; np.zeros(3).tofile('/tmp/was-here')",
    "array saved": "import numpy as np; np.save('/tmp/was-here', np.zeros(3))",
    "array mapped": "import numpy as np; np.memmap('/tmp/was-here', mode='w+', shape=3)",
    "frame pickled": "import pandas as pd; pd.DataFrame().to_pickle('/tmp/was-here')",
    "log file": "import io; io.FileIO('/tmp/was-here', 'w').write(b'x')",
    "source of a module": "import importlib.util as u\n"
    "    return open(u.find_spec('core.errors').origin).read()",
    "walk": "import os; return 1 / len(list(os.walk('/')))",
    "glob": "import glob; return 1 / len(glob.glob('/etc/*'))",
    "watch": "import ctypes\n    if ctypes.CDLL(None).inotify_init() < 0: raise OSError",
    "free space": "import os; os.statvfs('/')",
    "folder descriptor": "import os; return os.open('/', os.O_PATH)",
}
MORE_PROCESSES = {
    "double fork": "import os\n    if os.fork() == 0:\n        os.setsid()\n        os.fork()\n"
    "    return 1",
    "fork and stay": "import os, time\n    os.fork()\n    time.sleep(60)",
    "fork exec": "import _posixsubprocess as p; p.fork_exec()\n    raise OSError",
    "pseudo terminal": "import os; return os.forkpty()",
    "raise a signal": "import signal; signal.raise_signal(signal.SIGKILL)",
    "abort": "import os; os.abort()",
    "crash": "import ctypes; ctypes.string_at(0)",
    "stack overflow": "import ctypes\n    sort = ctypes.CDLL(None).abort; sort()",
    "group": "import os; os.setpgid(0, os.getppid())",
    "scheduler": "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    "orphan thread": "import _thread, time; _thread.start_new_thread(time.sleep, (60,))",
    "end by descriptor": "import os, signal; signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
    "semaphore": "import ctypes\n    if ctypes.CDLL(None).semget(0, 1, 0o1600) < 0: raise OSError",
    "message queue": "import ctypes\n    if ctypes.CDLL(None).msgget(0, 0o1600) < 0: raise OSError",
    "timer descriptor": "import ctypes\n    if ctypes.CDLL(None).timerfd_create(1, 0) < 0:"
    " raise OSError",
    "file lock": "import fcntl; fcntl.lockf(3, fcntl.LOCK_EX)",
    "umask": "import os, ctypes\n    if ctypes.CDLL(None).umask(0) < 0: raise OSError",
}
MORE_NETWORKS = {
    "tcp 6": "import socket as s; s.socket(s.AF_INET6).connect(('::1', 22))",
    "listen": "import socket as s; s.create_server(('127.0.0.1', 0))",
    "vsock": "import socket as s; s.socket(40, 1)",
    "packet": "import socket as s; s.socket(17, 3)",
    "resolver": "import socket; return socket.getaddrinfo('example.org', 443)",
    "store": "import socket as s; s.create_connection(('127.0.0.1', 5432), 1)",
    "queue": "import socket as s; s.create_connection(('127.0.0.1', 6379), 1)",
    "metadata": "import socket as s; s.create_connection(('169.254.169.254', 80), 1)",
    "socket by ctypes": "import ctypes\n    if ctypes.CDLL(None).socket(2, 1, 0) < 0: raise OSError",
    "pair by ctypes": "import ctypes\n    b = (ctypes.c_int * 2)()\n"
    "    if ctypes.CDLL(None).socketpair(1, 1, 0, b) < 0: raise OSError",
}
MORE_MEMORY = {
    "map a file": "import mmap, os; mmap.mmap(os.open('/etc/passwd', 0), 9, prot=1)",
    "eight gigabytes": "import mmap; mmap.mmap(-1, 8 << 30)",
    "array": "import numpy as np; return int(np.ones(1 << 33).sum())",
    "bytes": "return len(bytes(1 << 35))",
    "shared by the kernel": "import ctypes\n"
    "    if ctypes.CDLL(None).shmget(0, 4096, 0o1600) < 0: raise OSError",
}
# In words that an honest body has as well.
_PLAIN = {"list", "text", "integer", "bytes"}
_BOUNDED = {"eight gigabytes", "array", "bytes"}
_MORE_LANDLOCK = set(_WORDS("walk glob")) | {
    "read the first process", "read shared memory", "write shared memory", "write home",
    "write at the root", "write to the terminal", "open a device", "unnamed file", "device",
    "append to the shell's start", "hard link", "array to a file", "array saved", "array mapped",
    "frame pickled", "log file", "source of a module",
}  # fmt: skip
# By what they are, not by a layer: they raise or crash anyway, so nothing is proved.
_ANYWAY = {
    "crash", "stack overflow", "abort", "rename", "truncate", "fork exec", "read a private key",
    "read the keys", "append to a module", "vsock", "alarm", "url", "multiprocessing", "walk",
    "glob",
}  # fmt: skip


def _alone(family: str, name: str) -> tuple[str, ...]:
    bounded = family == "memory" and name in {*_RLIMITS, *_BOUNDED}
    kept = []
    if name in _UID:
        kept.append("uid")
    if bounded or name in _RLIMITS:
        kept.append("rlimits")
    if name in _LANDLOCK | _MORE_LANDLOCK and family != "memory":
        kept.append("landlock")
    if not bounded and name not in _NOT_SECCOMP | _ANYWAY:
        kept.append("seccomp")
    return tuple(kept)


def _rows(family: str, bodies: dict[str, str]) -> list[Hostile]:
    return [
        Hostile(
            family,
            name,
            dedent(f"    {body}"),
            layer="limits" if name in _PLAIN and family == "memory" else "structure",
            then="limits" if family == "memory" else "sandbox",
            alone=_alone(family, name),
        )
        for name, body in bodies.items()
    ]


ROWS = [
    *_rows("files", snippets.FILES | MORE_FILES),
    *_rows("processes", snippets.PROCESSES | MORE_PROCESSES),
    *_rows("networks", snippets.NETWORKS | MORE_NETWORKS),
    *_rows("kernel", snippets.KERNEL),
    *_rows("memory", snippets.MEMORY | MORE_MEMORY),
]
