"""The accepted body of a module, out of its file."""

from __future__ import annotations

from core.errors import FileConflict
from core.project import Project
from core.spec import Spec
from core.template_footer import split_module


def accepted_body(project: Project, spec: Spec) -> str:
    """Return the body on disk, empty when there is none or the header is another."""
    text = file_text(project, spec.name)
    if spec.kind == "record":
        return ""
    return split_module(spec, text, project.package) or between(text)


def file_text(project: Project, name: str) -> str:
    """Return a module's file as it is on disk, empty when there is none.

    FileConflict where it is no text any more.
    """
    path = project.module(name)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    except OSError as error:
        why = str(error.strerror)
    raise FileConflict(
        f"{path} cannot be read: {why}",
        hint=f"architect rollback {name} brings the accepted one back",
    )


def between(text: str) -> str:
    """Return what stands between docstring and footer of a module of an earlier spec."""
    _, _, rest = text.rpartition('    """\n')
    body, _, _ = rest.partition("\n\n__all__")
    return "\n".join(line.removeprefix("    ") for line in body.splitlines())
