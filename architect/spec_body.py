"""The accepted body of a module, out of its file."""

from __future__ import annotations

from core.project import Project
from core.spec import Spec
from core.template_footer import split_module


def accepted_body(project: Project, spec: Spec) -> str:
    """Return the body on disk, empty when there is none or the header is another."""
    try:
        text = project.module(spec.name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    if spec.kind == "record":
        return ""
    return split_module(spec, text, project.package) or _between(text)


def _between(text: str) -> str:
    """Return what stands between docstring and footer of a module of an earlier spec."""
    _, _, rest = text.rpartition('    """\n')
    body, _, _ = rest.partition("\n\n__all__")
    return "\n".join(line.removeprefix("    ") for line in body.splitlines())
