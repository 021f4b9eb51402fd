"""The sandbox as the gate uses it: started once, then one worker a candidate.

    with Sandbox() as sandbox, sandbox.worker() as worker:
        worker.load([("generated.trading.twice", source)])
        outcome = worker.call("twice", {"x": 2})

It runs candidates and says how they ended; what an answer should have been is the
caller's to know, on this side of the wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self
from weakref import WeakSet

from architect.gate.sandbox.limits import Limits
from architect.gate.sandbox.proof import check_platform, prove, unavailable
from architect.gate.sandbox.worker_handle import Worker
from architect.gate.sandbox.zygote_handle import ZygoteHandle
from core.errors import GateError

# All that a module's header can import, and what a worker itself needs.
PRELOAD = (
    "bisect", "collections", "dataclasses", "datetime", "decimal", "functools",
    "hashlib", "itertools", "math", "operator", "re", "statistics", "typing",
    "numpy", "pandas", "ta.momentum", "ta.trend", "ta.volatility", "ta.volume",
    "core.errors", "core.records", "core.wrapper", "core.trading.ports",
)  # fmt: skip
WARM_UP = "architect.gate.sandbox.warm:touch"
LOADER = "architect.gate.sandbox.loading:load_module"
CODEC = "core.values"


class Sandbox:
    """A warm, proved parent of workers. One object may be used by many threads.

    `preload` are modules to import before any worker; after that nothing can be
    imported from a file. `warm_up` and `loader` are `module:function`, `codec` a
    module with `encode(value)` and `decode(plain, records)`. Sets come in the order that
    `hash_seed` gives them, the same in every worker.
    """

    def __init__(
        self,
        preload: Sequence[str] = PRELOAD,
        limits: Limits | None = None,
        *,
        warm_up: str = WARM_UP,
        loader: str = LOADER,
        codec: str = CODEC,
        hash_seed: int = 0,
    ) -> None:
        self.limits = limits or Limits()
        self._preload, self._warm_up = tuple(preload), warm_up
        self._loader, self._codec = loader, codec
        self._hash_seed = hash_seed
        self._zygote: ZygoteHandle | None = None
        self._workers: WeakSet[Worker] = WeakSet()

    def start(self) -> None:
        """Start and prove; SandboxUnavailable names a layer that does not hold.

        On a started sandbox this begins anew, as is needed when its parent was killed.
        """
        self.close()
        check_platform()
        zygote = ZygoteHandle(self._hash_seed)
        try:
            facts = zygote.warm(self._preload, self._warm_up, self._loader, self._codec)
            if facts["threads"] != 1:
                raise unavailable(
                    "process", f"{facts['threads']} threads in the parent"
                )
            prove(zygote, facts["landlock"])
        except BaseException:
            zygote.close()
            raise
        self._zygote = zygote

    @property
    def zygote(self) -> ZygoteHandle:
        """The running parent; GateError before `start` and after `close`."""
        if self._zygote is None:
            raise GateError("the sandbox is not started", hint="call start() first")
        return self._zygote

    def worker(self, limits: Limits | None = None) -> Worker:
        """Fork a fresh worker, a few milliseconds; close it when done."""
        made = Worker(self.zygote, limits or self.limits)
        self._workers.add(made)
        return made

    def close(self) -> None:
        """End the parent and all workers."""
        for worker in list(self._workers):
            worker.close()
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
