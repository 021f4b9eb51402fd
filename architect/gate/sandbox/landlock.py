"""No file, no TCP, no signal out: a Landlock ruleset without a single exception.

The worker needs no file once it is warm, so there is no scratch folder that could be
filled or left behind. Kernels differ in what Landlock can hold back; all that this
one can is asked for. What an older one cannot, seccomp holds alone.
"""

from __future__ import annotations

import ctypes
import os
import struct

from architect.gate.sandbox import kernel

# linux/landlock.h: the file rights that each version of the interface knows.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP_BIND_AND_CONNECT = 0b11  # from version 4
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # from version 6
_ASK_VERSION = 1


def version() -> int:
    """Return the interface version; OSError where the kernel has no Landlock."""
    return kernel.syscall(
        kernel.NUMBERS["landlock_create_ruleset"], None, 0, _ASK_VERSION
    )


def restrict(abi: int) -> None:
    """Forbid this process all that `abi` can, for good. Needs no_new_privs before."""
    attributes = struct.pack("=Q", (1 << _FILE_RIGHTS[min(abi, 5)]) - 1)
    if abi >= 4:
        attributes += struct.pack("=Q", _TCP_BIND_AND_CONNECT)
    if abi >= 6:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    given = ctypes.create_string_buffer(attributes, len(attributes))
    rules = kernel.syscall(
        kernel.NUMBERS["landlock_create_ruleset"], given, len(attributes), 0
    )
    kernel.syscall(kernel.NUMBERS["landlock_restrict_self"], rules, 0)
    os.close(rules)
