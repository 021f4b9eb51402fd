"""Bodies that try to get past the rules on text, syntax, names and attributes.

They are the cases of the structure stage. Here each is also run, with that stage off.
"""

from __future__ import annotations

from body_cases import Case
from hostile_case import Hostile
from hostile_structure import HOSTILE, HOSTILE_LAYOUT


def _row(case: Case) -> Hostile:
    return Hostile(
        "rule escapes", case.name, case.body, case.signature, imports=case.imports,
        uses=case.uses, ports=tuple(case.ports),
    )  # fmt: skip


ROWS = [_row(case) for case in (*HOSTILE, *HOSTILE_LAYOUT)]
