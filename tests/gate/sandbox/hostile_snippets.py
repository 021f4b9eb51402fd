"""Bodies that try what no module may: family, source, how they must end.

Each must end in an error or in the death of its worker, never in a value. Every one is
run with the structure rules of the gate left out, so the sandbox alone has to hold.
"""

from __future__ import annotations

FILES = {
    "read password file": "return open('/etc/passwd').read()",
    "read by descriptor": "import os; return os.read(os.open('/etc/passwd', 0), 9)",
    "read own source": "import core.errors; return open(core.errors.__file__).read()",
    "read environ": "return open('/proc/self/environ').read()",
    "read parent": "import os; return open(f'/proc/{os.getppid()}/maps').read()",
    "read memory": "return open('/proc/self/mem', 'rb').read(1)",
    "write temp": "open('/tmp/sandbox-was-here', 'w').write('x')",
    "write here": "open('sandbox-was-here', 'w').write('x')",
    "temp file": "import tempfile; return tempfile.mkdtemp()",
    "memfd": "import os; return os.memfd_create('x')",
    "list root": "import os; return os.listdir('/')",
    "exists": "import os; os.stat('/etc/passwd')",
    "make folder": "import os; os.mkdir('/tmp/sandbox-was-here')",
    "symlink": "import os; os.symlink('/etc', '/tmp/sandbox-was-here')",
    "remove": "import os; os.unlink('/tmp/x')",
    "change mode": "import os; os.chmod('/tmp', 0o777)",
    "change folder": "import os; os.chdir('/tmp')",
    "change root": "import os; os.chroot('/')",
    "named pipe": "import os; os.mkfifo('/tmp/sandbox-was-here')",
    "pickle bomb": "import pickle; pickle.loads(b'cos\\nlistdir\\n(S\"/\"\\ntR.')",
    "pandas csv": "import pandas as pd; return len(pd.read_csv('/etc/passwd'))",
    "pandas write": "import pandas as pd; pd.Series([1]).to_csv('/tmp/sandbox-was-here')",
    "numpy file": "import numpy as np; return np.fromfile('/etc/passwd', dtype='u1').size",
    "late import": "import antigravity",
    "open by ctypes": "import ctypes; l = ctypes.CDLL(None, use_errno=True)\n"
    "    if l.open(b'/etc/passwd', 0) < 0: raise OSError(ctypes.get_errno())",
}
PROCESSES = {
    "fork": "import os; return os.fork()",
    "fork bomb": "import os\n    while True: os.fork()",
    "system": "import os; return 1 / os.system('true')",
    "popen": "import subprocess; return subprocess.run(['true']).returncode",
    "exec": "import os; os.execv('/bin/true', ['true'])",
    "spawn": "import os; return os.posix_spawn('/bin/true', ['true'], {})",
    "vfork by ctypes": "import ctypes; return ctypes.CDLL(None).vfork()",
    "multiprocessing": "import multiprocessing as m; p = m.Process(target=int); p.start()",
    "thread": "import threading; threading.Thread(target=int).start()",
    "pool": "from concurrent.futures import ThreadPoolExecutor as T; T(1).submit(int).result()",
    "kill parent": "import os; os.kill(os.getppid(), 9)",
    "kill all": "import os; os.kill(-1, 9)",
    "kill group": "import os; os.killpg(0, 9)",
    "stop parent": "import os, signal; os.kill(os.getppid(), signal.SIGSTOP)",
    "trace parent": "import ctypes, os; l = ctypes.CDLL(None)\n"
    "    if l.ptrace(16, os.getppid(), 0, 0) < 0: raise OSError",
    "late timer": "import signal; signal.setitimer(signal.ITIMER_REAL, 1)",
    "alarm": "import signal; signal.alarm(1)\n    raise OSError",
    "priority": "import os; os.setpriority(os.PRIO_PROCESS, 0, -5)",
    "lift limits": "import resource as r; r.setrlimit(r.RLIMIT_CPU, (-1, -1))",
    "become root": "import os; os.setuid(0); os.setresuid(0, 0, 0)",
    "own session": "import os; os.setsid()",
    "affinity": "import os; os.sched_setaffinity(0, {0})",
}
NETWORKS = {
    "tcp": "import socket; socket.create_connection(('127.0.0.1', 22), 1)",
    "udp": "import socket as s; s.socket(2, 2).sendto(b'x', ('127.0.0.1', 9))",
    "unix": "import socket as s; s.socket(s.AF_UNIX).connect('/run/x')",
    "abstract": "import socket as s; s.socket(s.AF_UNIX).bind('\\0x')",
    "netlink": "import socket as s; s.socket(s.AF_NETLINK, 3)",
    "raw": "import socket as s; s.socket(2, 3, 1)",
    "name": "import socket; return socket.gethostbyname('localhost')",
    "pair": "import socket; socket.socketpair()",
    "url": "import urllib.request as u; u.urlopen('http://127.0.0.1')",
    "descriptor as socket": "import socket as s; s.socket(fileno=3).send(b'x')",
    "pass descriptors": "import socket as s; s.send_fds(s.socket(fileno=3), [b'x'], [0])",
}
KERNEL = {
    name: f"import ctypes; l = ctypes.CDLL(None, use_errno=True)\n"
    f"    if l.syscall({call}) < 0: raise OSError(ctypes.get_errno())\n    return 1"
    for name, call in {
        "io_uring": "425, 1, ctypes.create_string_buffer(120)",
        "pidfd": "434, 1, 0",
        "mount api": "430, b'tmpfs', 0",
        "clone3": "435, ctypes.create_string_buffer(88), 88",
        "landlock": "444, ctypes.create_string_buffer(8), 8, 0",
        "memory of others": "440, 0, 0, 0, 0, 0",
        "unknown": "999",
        "second table": "0x40000000 + 39",
        "quick exec": "520 + 0x40000000, b'/bin/true', 0, 0",
    }.items()
}
MEMORY = {
    "executable": "import mmap; mmap.mmap(-1, 4096, prot=7)",
    "shellcode": "import ctypes, mmap; b = mmap.mmap(-1, 4096)\n"
    "    b.write(b'\\xc3'); a = ctypes.addressof(ctypes.c_char.from_buffer(b))\n"
    "    if ctypes.CDLL(None).mprotect(ctypes.c_void_p(a), 4096, 7): raise OSError",
    "list": "return len([0] * 10**10)",
    "text": "return len('x' * 10**10)",
    "integer": "return (1 << 10**11) % 7",
    "shared": "import multiprocessing.shared_memory as m; m.SharedMemory(create=True, size=9)",
    "locked": "import ctypes\n    if ctypes.CDLL(None).mlockall(1): raise OSError",
}

FAMILIES = {
    "files": FILES,
    "processes": PROCESSES,
    "networks": NETWORKS,
    "kernel": KERNEL,
    "memory": MEMORY,
}
SNIPPETS = [
    (f"{family}: {name}", body)
    for family, bodies in FAMILIES.items()
    for name, body in bodies.items()
]
