"""The footer of a module, rendered from its spec byte for byte: export and rebuild line."""

from __future__ import annotations

from core.spec import Spec
from core.template_header import render_header


def render_footer(spec: Spec) -> str:
    """Return the text after the body, newline at end."""
    source = "spec" if spec.kind == "record" else "recorded reply"
    return (
        f'\n\n__all__ = ["{spec.class_name}"]\n'
        f"# From its {source}, byte for byte: architect rebuild {spec.name}\n"
    )


def render_module(spec: Spec, body: str, package: str = "trading") -> str:
    """Return the whole module: header, body (indented by four, newline at end), footer."""
    indented = "".join(
        f"    {line}\n" if line.strip() else "\n" for line in body.splitlines()
    )
    return render_header(spec, package) + indented + render_footer(spec)


def split_module(spec: Spec, text: str, package: str = "trading") -> str | None:
    """Return the body of a whole module, None if its header or footer is not the spec's."""
    header, footer = render_header(spec, package), render_footer(spec)
    if not (text.startswith(header) and text.endswith(footer)):
        return None
    inner = text[len(header) : len(text) - len(footer)]
    lines = inner.splitlines()
    if any(line.strip() and not line.startswith("    ") for line in lines):
        return None
    return "".join(f"{line[4:]}\n" for line in lines)
