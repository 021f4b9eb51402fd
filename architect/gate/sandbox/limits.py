"""What a worker may use, and the names of the layers that hold it.

Plain data, shared by the trusted side, the zygote and the worker.
"""

from __future__ import annotations

from dataclasses import dataclass

# In the order in which a worker puts them on; each is proved alone at start-up.
LAYERS = ("process", "uid", "rlimits", "landlock", "seccomp")


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one worker; times are wall-clock seconds unless they say CPU.

    `memory_bytes` comes on top of what the warm zygote already maps. `cpu_s` counts
    over the worker's whole life, the other times for one request each.
    """

    memory_bytes: int = 512 << 20
    cpu_s: int = 30
    start_s: float = 5.0
    load_s: float = 5.0
    call_s: float = 2.0
    open_files: int = 16
    answer_bytes: int = 16 << 20
    answer_depth: int = 256
