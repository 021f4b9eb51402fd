"""The spec format as a JSON Schema, so that editors complete and check spec files.

Made from the model that reads specs. What a schema cannot say (names that exist, types of
values) is told by `architect edit` and `architect watch`.
"""

from __future__ import annotations

import json
from typing import Any

from core.imports import IMPORTS
from core.spec import Spec
from core.spec_words import NAME

SCHEMA = "https://json-schema.org/draft/2020-12/schema"
# What each key is for, in the words of specs/README.md.
_TOLD = {
    "name": "the module's name, lower_snake_case, and the file's",
    "kind": "function and indicator are pure; action uses ports; record is typed data",
    "intent": "one or two sentences; the first becomes the docstring",
    "notes": "the exact rule: formula and source, edge cases, ties, rounding, NaN",
    "params": "the parameters, in order",
    "returns": "type, unit and meaning of the result",
    "fields": "the fields of a record",
    "requires": "what a caller must hold, as Python expressions",
    "ensures": "what every result holds; it sees `result`",
    "examples": "inputs and the exact answer; at least three shown and three held back",
    "properties": "claims over many drawn inputs",
    "uses": "other modules that the body may call",
    "imports": "what the body may import",
    "ports": "name and kind of what an action may reach",
    "on_failure": "an expression over the parameters for a call that failed, or raise",
    "money_path": "true where a wrong result moves money",
    "reflect": "what is recorded of each call",
    "tolerance": "how far floats may be from `expect`",
    "limits": "of one call",
    "strength": "the share of wrong programs that the tests must catch",
}


def spec_schema() -> dict[str, Any]:
    """Return the schema as plain data; the same every time."""
    schema = Spec.model_json_schema()
    schema.pop("description", None)
    for key, told in _TOLD.items():
        schema["properties"][key]["description"] = told
    schema["properties"]["name"]["pattern"] = f"^{NAME.pattern}$"
    schema["properties"]["uses"]["items"]["pattern"] = f"^{NAME.pattern}$"
    schema["properties"]["imports"]["items"]["enum"] = sorted(IMPORTS)
    return {"$schema": SCHEMA, "title": "A spec of Architect", **_named(schema)}


def _named(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out the titles that only repeat a key."""

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: walk(value)
                for key, value in node.items()
                if not (key == "title" and isinstance(value, str))
            }
        return [walk(item) for item in node] if isinstance(node, list) else node

    cleaned: dict[str, Any] = walk(schema)
    return cleaned


def render_schema() -> str:
    """Return the text of specs/schema.json."""
    return json.dumps(spec_schema(), indent=2, sort_keys=True) + "\n"
