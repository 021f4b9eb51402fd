"""What a spec may import into its module, and the statement that does it.

Everything here is pure: no files, processes, clocks or randomness. Which attributes
of these a body may touch is the gate's business.
"""

from __future__ import annotations

# key in the spec -> (sort group, statement). Groups as isort has them.
IMPORTS: dict[str, tuple[int, str]] = {
    "bisect": (0, "import bisect"),
    "collections.Counter": (0, "from collections import Counter"),
    "collections.defaultdict": (0, "from collections import defaultdict"),
    "collections.deque": (0, "from collections import deque"),
    "dataclasses.asdict": (0, "from dataclasses import asdict"),
    "dataclasses.replace": (0, "from dataclasses import replace"),
    "datetime.UTC": (0, "from datetime import UTC"),
    "datetime.datetime": (0, "from datetime import datetime"),
    "datetime.timedelta": (0, "from datetime import timedelta"),
    "decimal.Decimal": (0, "from decimal import Decimal"),
    "decimal.ROUND_CEILING": (0, "from decimal import ROUND_CEILING"),
    "decimal.ROUND_DOWN": (0, "from decimal import ROUND_DOWN"),
    "decimal.ROUND_FLOOR": (0, "from decimal import ROUND_FLOOR"),
    "decimal.ROUND_HALF_EVEN": (0, "from decimal import ROUND_HALF_EVEN"),
    "decimal.ROUND_HALF_UP": (0, "from decimal import ROUND_HALF_UP"),
    "decimal.ROUND_UP": (0, "from decimal import ROUND_UP"),
    "functools.reduce": (0, "from functools import reduce"),
    "hashlib.sha256": (0, "from hashlib import sha256"),
    "itertools": (0, "import itertools"),
    "math": (0, "import math"),
    "operator.attrgetter": (0, "from operator import attrgetter"),
    "operator.itemgetter": (0, "from operator import itemgetter"),
    "statistics": (0, "import statistics"),
    "typing.Any": (0, "from typing import Any"),
    "typing.Literal": (0, "from typing import Literal"),
    "numpy": (1, "import numpy as np"),
    "pandas": (1, "import pandas as pd"),
    "ta.momentum": (1, "from ta import momentum"),
    "ta.trend": (1, "from ta import trend"),
    "ta.volatility": (1, "from ta import volatility"),
    "ta.volume": (1, "from ta import volume as ta_volume"),
    "core.errors.DuplicateOrder": (2, "from core.errors import DuplicateOrder"),
    "core.errors.ExchangeError": (2, "from core.errors import ExchangeError"),
    "core.errors.ExchangeUnavailable": (
        2,
        "from core.errors import ExchangeUnavailable",
    ),
    "core.errors.GatewayRefused": (2, "from core.errors import GatewayRefused"),
    "core.errors.OrderRejected": (2, "from core.errors import OrderRejected"),
    "core.errors.OutcomeUnknown": (2, "from core.errors import OutcomeUnknown"),
    "core.errors.RateLimited": (2, "from core.errors import RateLimited"),
}


def import_name(key: str) -> str:
    """Return the name that the statement binds."""
    words = IMPORTS[key][1].split()
    return words[-1]


def render_imports(keys: set[str], first_party: list[str]) -> str:
    """Return the import block: sorted, grouped, `from` imports of a module merged.

    `first_party` are further statements of the last group.
    """
    groups: dict[int, list[str]] = {0: [], 1: [], 2: list(first_party)}
    for key in keys:
        group, statement = IMPORTS[key]
        groups[group].append(statement)
    blocks = [_merge(groups[group]) for group in (0, 1, 2) if groups[group]]
    return "\n\n".join(blocks)


def _merge(statements: list[str]) -> str:
    """Sort as isort does: plain imports first, then `from`, members in its order."""
    plain = sorted(s for s in statements if s.startswith("import "))
    members: dict[str, set[str]] = {}
    for statement in statements:
        if statement.startswith("from "):
            source, _, name = statement.removeprefix("from ").partition(" import ")
            members.setdefault(source, set()).add(name)
    lines = [_from(source, members[source]) for source in sorted(members)]
    return "\n".join(plain + lines)


def _from(source: str, names: set[str]) -> str:
    # isort's order of members: CONSTANTS, then Classes, then functions.
    ordered = sorted(names, key=lambda n: (not n.isupper(), not n[:1].isupper(), n))
    line = f"from {source} import {', '.join(ordered)}"
    if len(line) <= 88:
        return line
    inner = "".join(f"    {name},\n" for name in ordered)
    return f"from {source} import (\n{inner})"
