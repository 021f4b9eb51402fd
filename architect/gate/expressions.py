"""The expressions of a spec (`requires`, `ensures`, properties, `on_failure`), run.

Specs are written or approved by a person, so plain eval is right here; a model's body
never comes this way. Which names an expression may use is told by `contract_names` and
`property_names`; their values by `namespace`.
"""

from __future__ import annotations

import ast
import builtins
import importlib
from collections.abc import Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from architect.gate.time_box import Overdue, TimeBox
from architect.uninterrupted import uninterrupted
from core.contract import TERMS
from core.imports import IMPORTS, import_name
from core.spec import Spec

# name in a property -> the key of the import that gives it.
PROPERTY_IMPORTS = {
    import_name(key): key
    for key in (
        "dataclasses.replace",
        "decimal.Decimal",
        "math",
        "numpy",
        "pandas",
        "ta.momentum",
        "ta.trend",
        "ta.volatility",
        "ta.volume",
    )
}
_BUILTINS = """
abs all any bool dict divmod enumerate filter float frozenset int isinstance len list
map max min pow range repr reversed round set sorted str sum tuple zip
"""
BUILTINS = frozenset(_BUILTINS.split())


def contract_names(spec: Spec) -> set[str]:
    """Return the names that `requires`, `ensures` and `on_failure` may use.

    `result` is not among them: it belongs to `ensures` alone.
    """
    inputs = {*spec.params, *spec.fields, *spec.ports}
    return inputs | {*TERMS, *BUILTINS, *spec.import_names, *_type_names(spec)}


def property_names(spec: Spec) -> set[str]:
    """Return the names that a property's check may use, `result` and `call` included."""
    return contract_names(spec) | {*PROPERTY_IMPORTS, *spec.uses, "result", "call"}


def _type_names(spec: Spec) -> set[str]:
    """The names that the header imports for the types of the signature."""
    texts = [p.type for p in (*spec.params.values(), *spec.fields.values())]
    texts += [spec.returns.type] if spec.returns else []
    bound = {
        "Series": "pd",
        "Frame": "pd",
        "Decimal": "Decimal",
        "datetime": "datetime",
    }
    found = {name for word, name in bound.items() if any(word in t for t in texts)}
    return found | set(spec.record_types)


def namespace(spec: Spec, records: Mapping[str, type] | None = None) -> dict[str, Any]:
    """Return the values of all names but inputs, `result`, `call` and used modules.

    Only what the spec's expressions mention is imported, so a spec without series
    does not pay for pandas.
    """
    keys = {**PROPERTY_IMPORTS, "datetime": "datetime.datetime"}
    keys.update({import_name(key): key for key in spec.imports})
    mentioned = {name for text in _expressions(spec) for name in names(text)}
    scope: dict[str, Any] = {**TERMS, **(records or {}), "__builtins__": builtins}
    # What Ctrl-C raises while pandas is imported, pandas swallows.
    with uninterrupted():
        scope.update({n: _imported(keys[n]) for n in sorted(mentioned & set(keys))})
    return scope


def _expressions(spec: Spec) -> list[str]:
    texts = [*spec.requires, *spec.ensures, *(p.check for p in spec.properties)]
    return texts if spec.on_failure == "raise" else [*texts, spec.on_failure]


def _imported(key: str) -> Any:
    words = IMPORTS[key][1].split()
    if words[0] == "import":
        return importlib.import_module(words[1])
    source, member = importlib.import_module(words[1]), words[3]
    return getattr(source, member, None) or importlib.import_module(
        f"{words[1]}.{member}"
    )


@lru_cache(maxsize=4096)
def _compiled(text: str) -> CodeType:
    return compile(text.strip(), f"<{text}>", "eval")


def evaluate(text: str, scope: Mapping[str, Any]) -> Any:
    """Return the value of an expression; whatever it raises rises. `scope` stays as it is."""
    return eval(_compiled(text), {**scope})


def holds(text: str, scope: Mapping[str, Any]) -> tuple[bool, str]:
    """Tell whether a claim is true, and if not why: an expression that raises is not.

    Overdue when it takes too long to tell.
    """
    try:
        with TimeBox():
            if evaluate(text, scope):
                return True, ""
    except Overdue:
        raise
    except Exception as error:
        return False, f"{text} raises {type(error).__name__}: {error}"
    shown = [name for name in names(text) if _is_input(name, scope)]
    values = ", ".join(f"{name} = {_short(scope[name])}" for name in shown)
    return False, f"{text} does not hold" + (f" with {values}" if values else "")


def _is_input(name: str, scope: Mapping[str, Any]) -> bool:
    return (
        name in scope
        and not callable(scope[name])
        and not hasattr(scope[name], "__spec__")
    )


def _short(value: Any) -> str:
    plain = value.tolist() if hasattr(value, "tolist") else value
    text = repr(plain)
    return text if len(text) <= 120 else text[:80] + " ... " + text[-35:]


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[str, ...]:
    """Return the free names of an expression, in the order in which they stand."""
    nodes = list(ast.walk(ast.parse(text.strip(), mode="eval")))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and not _is_load(n)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    free = [n for n in nodes if isinstance(n, ast.Name) and n.id not in bound]
    free.sort(key=lambda n: (n.lineno, n.col_offset))
    return tuple(dict.fromkeys(n.id for n in free))


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)
