"""What to write instead of a thing that the gate refuses."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_TIME = "take the time as a parameter, or from a clock port (now_ms)"
_NO_FILES = "a body touches no files: return the value, or use a port"
_DOT = "write the attribute with a dot"
_NO_CODE = "write the expression itself"
_KINDS = "name the kinds that you expect: except (KeyError, ZeroDivisionError)"

USUAL: dict[str, str] = {
    "print": "return the value; the wrapper records every call",
    "open": _NO_FILES,
    "input": "take the value as a parameter",
    "getattr": _DOT,
    "setattr": "make a new value: records are frozen; see dataclasses.replace",
    "hasattr": _DOT,
    "vars": _DOT,
    "dir": _DOT,
    "eval": _NO_CODE,
    "exec": _NO_CODE,
    "compile": _NO_CODE,
    "hash": "use hashlib.sha256: hash differs from run to run",
    "id": "compare with `is` or `==`",
    "random": "take random numbers as a parameter",
    "time": _TIME,
    "now": _TIME,
    "utcnow": _TIME,
    "today": _TIME,
    "Timestamp": _TIME + "; keep times as milliseconds",
    "to_datetime": "keep times as milliseconds",
    "os": _NO_FILES,
    "sys": "the spec's imports are all there is",
    "format": "use an f-string",
    "format_map": "use an f-string",
    "query": 'use a mask: frame[frame["close"] > 0]',
    "pipe": "call the function itself",
    "to_csv": _NO_FILES,
    "to_pickle": _NO_FILES,
    "to_json": _NO_FILES,
    "to_parquet": _NO_FILES,
    "read_csv": _NO_FILES,
    "load": _NO_FILES,
    "save": _NO_FILES,
    "sample": "take random numbers as a parameter",
    "Exception": _KINDS,
    "RuntimeError": _KINDS,
    "MemoryError": _KINDS,
    "RecursionError": _KINDS,
    "BaseException": _KINDS,
    "object": "name the type that you mean",
    "apply_along_axis": "use a vectorised expression",
    "vectorize": "use a vectorised expression, or a comprehension",
    "inplace": "assign the result instead",
    "log": "reflections are recorded by the wrapper",
    "super": "a body has no classes",
}

NODES: dict[str, str] = {
    "Import": "the header imports what the spec allows: add it to the spec's imports",
    "ImportFrom": "the header imports what the spec allows: add it to the spec's imports",
    "ImportStar": "the header imports what the spec allows",
    "ClassDef": "use a record of the spec, a tuple or a dict",
    "Global": "a body keeps no state between calls: return it",
    "Nonlocal": "return the value from the inner function",
    "Asynchronous": "a body is not async: ports answer directly",
    "Await": "a body is not async: ports answer directly",
    "Del": "leave the value, or build a new one without it",
    "With": "a body opens nothing",
    "Assert": "the spec's requires and ensures check; otherwise raise ValueError",
    "Decorator": "write the call itself",
    "TryStar": "use a plain except with the kinds that you expect",
    # In it a `yield`, `return` or `raise` would swallow any error, no memory among them.
    "Finally": "write it after the try: an error that no except names ends the call",
    "TypeAlias": "leave it out",
    "TemplatedString": "use an f-string",
}


def instead_of(word: str, near: Iterable[str]) -> str | None:
    """Return the usual replacement, or the nearest allowed names, or None."""
    if word in USUAL:
        return USUAL[word]
    if word.startswith(("to_", "read_", "load", "save", "tofile", "fromfile")):
        return _NO_FILES
    found = difflib.get_close_matches(word, list(near), 2, cutoff=0.6)
    return f"allowed and near: {', '.join(found)}" if found else None
