"""Turns a fresh fork into a confined worker, layer by layer, each for good.

Runs in the forked child before anything of a candidate is there. A layer that cannot
be put on raises LayerFailed; the caller ends the process. Which layers to leave out
is for the proof alone: to show that each one holds without the others.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Collection
from dataclasses import dataclass

from architect.gate.sandbox import kernel, landlock, seccomp
from architect.gate.sandbox.limits import LAYERS, Limits

CHANNEL_FD = 3
NOBODY = 65534
_FIRST_UID = 1_800_000_000
# Alone stays in the environment: C's mktime looks there at each call.
ZONE = "TZ"


class LayerFailed(Exception):
    """A layer could not be put on; the arguments are its name and the reason."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one fork is confined by; made in the zygote, before the fork."""

    limits: Limits
    layers: Collection[str]
    channel_fd: int
    parent: int
    mapped_bytes: int
    landlock_abi: int
    filter_program: bytes


def confine(plan: Plan) -> None:
    """Put on the plan's layers; LayerFailed names the one that cannot be."""
    for name in LAYERS:
        if name not in plan.layers:
            continue
        try:
            _STEPS[name](plan)
        except (OSError, ValueError, KeyError) as error:
            raise LayerFailed(name, f"{type(error).__name__}: {error}") from None


def _own_process(plan: Plan) -> None:
    os.setsid()
    _keep_only_the_channel(plan.channel_fd)
    for name in {*os.environ} - {ZONE}:
        del os.environ[name]
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    _bind_to_parent(plan)


def _keep_only_the_channel(channel_fd: int) -> None:
    nothing = os.open("/dev/null", os.O_RDWR)
    channel = os.dup(channel_fd)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.dup2(channel, CHANNEL_FD, inheritable=False)
    os.closerange(CHANNEL_FD + 1, os.sysconf("SC_OPEN_MAX"))


def _bind_to_parent(plan: Plan) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    if os.getppid() != plan.parent:
        os._exit(1)


def _drop_uid(plan: Plan) -> None:
    if os.geteuid() == 0:
        _leave_root()
    kernel.drop_capabilities()
    # The kernel forgets both when the user id changes.
    _bind_to_parent(plan)


def _leave_root() -> None:
    if os.getgroups():
        os.setgroups([])
    try:
        _become(_FIRST_UID + os.getpid())
    except OSError:
        # A user namespace maps few ids; nobody is nearly always among them.
        _become(NOBODY)


def _become(uid: int) -> None:
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _limit(plan: Plan) -> None:
    limits = plan.limits
    for kind, value in (
        (resource.RLIMIT_AS, plan.mapped_bytes + limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _forbid_files(plan: Plan) -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    landlock.restrict(plan.landlock_abi)


def _forbid_calls(plan: Plan) -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.install(plan.filter_program)


_STEPS: dict[str, Callable[[Plan], None]] = {
    "process": _own_process,
    "uid": _drop_uid,
    "rlimits": _limit,
    "landlock": _forbid_files,
    "seccomp": _forbid_calls,
}
