"""One row of the corpus: a body, what it tries, and which layer must stop it.

Layers, in the order in which a body meets them:
structure  the allowlist over the body's text
sandbox    the kernel's layers around the worker (process, uid, rlimits, landlock, seccomp)
limits     the time and memory of one call, and the size of one answer
wire       the trusted reading of the answer: frames, plain values, exact types
contract   the spec's examples, ensures and properties, held by the trusted side
coverage   the demand that every part of a body is needed by some test
wrapper    the contract checks of every call in the running system
"""

from __future__ import annotations

from dataclasses import dataclass

INT = "x: int -> int"
TEXT = "text: str -> str"
PRICES = "prices: Series -> Series"


@dataclass(frozen=True)
class Hostile:
    """A hostile body of the spec that `signature` names (see `known_answers`).

    `layer` stops it when every layer is on, `then` when the structure layer is switched
    off; None says that nothing would, so that structure must hold alone. `alone` are the
    sandbox's layers each of which stops it without any other.
    """

    family: str
    name: str
    body: str
    signature: str = INT
    layer: str = "structure"
    then: str | None = "contract"
    imports: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"
