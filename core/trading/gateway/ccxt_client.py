"""ccxt's client of the one exchange that is traded, without its hundred others.

`import ccxt` reads all of them: 0.4 s of a gateway's start, so also of the time for which
one that died is away, and 37 MB. The class is ccxt's own, unmodified.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any


def _loaded() -> tuple[Any, Any]:
    """Return ccxt's class krakenfutures and its module of errors."""
    known = "ccxt" in sys.modules
    if not known:
        sys.modules["ccxt"] = _bare()
    try:
        from ccxt.base import errors  # type: ignore[import-untyped]  # it has no types
        from ccxt.krakenfutures import (  # type: ignore[import-untyped]
            krakenfutures,
        )
    finally:
        if not known:
            # Who imports ccxt later gets all of it, with these very classes.
            del sys.modules["ccxt"]
    return krakenfutures, errors


def _bare() -> ModuleType:
    """Return the package without what its own file would import."""
    spec = importlib.util.find_spec("ccxt")
    if spec is None:
        raise ModuleNotFoundError("No module named 'ccxt'", name="ccxt")
    bare = ModuleType("ccxt")
    bare.__path__ = [*(spec.submodule_search_locations or ())]
    bare.__spec__ = spec
    return bare


krakenfutures, errors = _loaded()
