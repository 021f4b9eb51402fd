"""Shows, before anything is trusted to the sandbox, that each layer blocks by itself.

Every probe runs in a worker that wears only the layer in question (limits also need
the user id: root may pass them). What cannot be proved raises SandboxUnavailable;
there is no weaker mode. A proof holds for this boot, this code and this user.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from functools import cache
from hashlib import sha256
from pathlib import Path

from architect.gate.sandbox import kernel
from architect.gate.sandbox.limits import Limits
from architect.gate.sandbox.worker_handle import Worker
from architect.gate.sandbox.zygote_handle import ZygoteHandle
from core.errors import SandboxUnavailable

WORN = {
    "process": ("process",),
    "uid": ("uid",),
    "rlimits": ("uid", "rlimits"),
    "landlock": ("landlock",),
    "seccomp": ("seccomp",),
}
_PROBES = {
    "process": "shared_session environment descriptors outlive_parent dumpable",
    "uid": "be_root hold_capabilities",
    "rlimits": "memory file_size many_files more_cpu core_file fork",
    "landlock": "read_file make_file list_folder others_memory execute gain_privileges",
    "seccomp": "read_file make_file list_folder stat_file change_mode tcp_socket "
    "udp_socket unix_socket execute fork thread signal_parent signal_group trace "
    "io_uring new_namespace executable_memory second_table timer gain_privileges",
}
# What Landlock holds back only from a later version on; seccomp holds it anyway.
_LANDLOCK_LATER = {"tcp": 4, "signal_parent": 6}
_HINTS = {
    "process": "see that /proc is mounted",
    "uid": "run as a normal user, or as a root that may change its user id",
    "rlimits": "see that no container option lifts the limits",
    "landlock": "use Linux 5.13 or newer with landlock among the lsm= of its command line",
    "seccomp": "use Linux on x86_64 or aarch64 with CONFIG_SECCOMP_FILTER",
    "killing": "see that the gate may signal its own child processes",
}
_KILL_LIMIT_S = 0.25

_proved: set[tuple[str, ...]] = set()


def check_platform() -> None:
    """Refuse a platform that the layers are not written for."""
    if sys.platform != "linux":
        raise unavailable("seccomp", f"{sys.platform} has none")
    if not kernel.NUMBERS:
        raise unavailable("seccomp", f"no table of system calls for {kernel.MACHINE}")


def prove(zygote: ZygoteHandle, landlock_abi: int) -> None:
    """Run every layer's probes; SandboxUnavailable names the one that does not hold."""
    if landlock_abi == 0:
        raise unavailable("landlock", "the kernel does not offer it")
    if (key := _key(landlock_abi)) in _proved:
        return
    for layer, probe in probes_of(landlock_abi):
        with Worker(zygote, Limits(), WORN[layer], probe) as worker:
            if worker.probe() is None:
                raise unavailable(layer, f"the probe {probe} was not stopped")
    _prove_killing(zygote)
    _proved.add(key)


def probes_of(landlock_abi: int) -> list[tuple[str, str]]:
    """Return (layer, probe) for all that this machine must stop."""
    pairs = [
        (layer, probe) for layer, names in _PROBES.items() for probe in names.split()
    ]
    pairs += [
        ("landlock", p) for p, since in _LANDLOCK_LATER.items() if landlock_abi >= since
    ]
    if kernel.MACHINE != "x86_64":
        pairs.remove(("seccomp", "second_table"))
    return pairs


def _prove_killing(zygote: ZygoteHandle) -> None:
    """A worker with no layer and a child in another session is gone in time."""
    worker = Worker(zygote, Limits(), (), "stay")
    worker.wait_ready()
    started = time.monotonic()
    worker.close()
    if time.monotonic() - started > _KILL_LIMIT_S:
        raise unavailable("killing", f"it took more than {_KILL_LIMIT_S} s")


def unavailable(layer: str, reason: str) -> SandboxUnavailable:
    """Return the error that names the layer, the reason and what mends it."""
    return SandboxUnavailable(
        f"the sandbox's {layer} layer does not hold: {reason}", hint=_HINTS[layer]
    )


def _key(landlock_abi: int) -> tuple[str, ...]:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return (
        boot,
        platform.release(),
        str(os.geteuid()),
        str(landlock_abi),
        _code_digest(),
    )


@cache
def _code_digest() -> str:
    digest = sha256(sys.version.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
