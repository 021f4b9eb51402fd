"""Record classes for the gate, rendered from specs without touching `generated/`.

A record is rendered from its spec alone, so its text is trusted and is executed here.
The modules that it would import are answered from the classes made before it;
`sys.modules` is neither read for them nor written.
"""

from __future__ import annotations

import builtins
from types import SimpleNamespace
from typing import Any

from core.errors import SpecError
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import render_module

# What was made last, and of what: one edited spec leaves most records as they were.
_last: tuple[str, list[Spec], dict[str, type]] = ("", [], {})


def record_classes(graph: SpecGraph, package: str = "trading") -> dict[str, type]:
    """Return the class of every record of the graph by class name, in build order.

    While no record changes they are the same classes, in the same dict, which is not the
    caller's to change. SpecError names the record that cannot be made.
    """
    global _last
    specs = [spec for spec in graph if spec.kind == "record"]
    if _last[:2] == (package, specs):
        return _last[2]
    classes: dict[str, type] = {}
    for spec in specs:
        classes[spec.class_name] = _make(spec, classes, package)
    _last = package, specs, classes
    return classes


def _make(spec: Spec, classes: dict[str, type], package: str) -> type:
    def load(
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: tuple[str, ...] = (),
        level: int = 0,
    ) -> Any:
        if name.startswith(f"generated.{package}."):
            return SimpleNamespace(**classes)
        return builtins.__import__(name, globals, locals, fromlist, level)

    name = f"generated.{package}.{spec.name}"
    scope = {"__name__": name, "__builtins__": {**vars(builtins), "__import__": load}}
    try:
        text = render_module(spec, "", package)
        # This file's own __future__ import must not turn the annotations into strings.
        exec(compile(text, f"<{name}>", "exec", dont_inherit=True), scope)
    except Exception as error:
        raise SpecError(
            f"record {spec.name} cannot be made: {type(error).__name__}: {error}",
            hint=f"see its defaults and requires in specs/{package}/{spec.name}.yaml",
        ) from error
    made = scope[spec.class_name]
    assert isinstance(made, type)
    return made
