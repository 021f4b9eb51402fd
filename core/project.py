"""Where things are: the folders and files of one project.

A project is a folder with `manifest.yaml` and `specs/`. All paths are derived from its
root in this one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Project:
    """A project's paths; `package` is the package of modules that it holds."""

    root: Path
    package: str = "trading"

    @property
    def specs(self) -> Path:
        """Folder of the specs, one YAML file a module."""
        return self.root / "specs" / self.package

    @property
    def generated(self) -> Path:
        """Folder of the accepted modules."""
        return self.root / "generated" / self.package

    @property
    def replies(self) -> Path:
        """Folder of the recorded replies, one folder a module."""
        return self.root / "generated" / "replies"

    @property
    def regressions(self) -> Path:
        """Folder of the inputs that once failed, one folder a module."""
        return self.root / "generated" / "regressions"

    @property
    def prompts(self) -> Path:
        """Folder of the prompt templates."""
        return self.root / "prompts"

    @property
    def manifest(self) -> Path:
        """The lock of generated/."""
        return self.root / "manifest.yaml"

    @property
    def data(self) -> Path:
        """Folder of everything that is not committed: stores, sockets, locks, spool."""
        return self.root / ".architect"

    @property
    def journal(self) -> Path:
        """What the file creator is about to write."""
        return self.data / "pending.json"

    @property
    def taking(self) -> Path:
        """What is being taken up from another clone: files come before the manifest."""
        return self.data / "taking.json"

    def spec(self, name: str) -> Path:
        """Return the path of one spec."""
        return self.specs / f"{name}.yaml"

    def module(self, name: str) -> Path:
        """Return the path of one accepted module."""
        return self.generated / f"{name}.py"


_WHERE = "run the command inside the checkout, or give its folder by --root DIR"


def find_project(start: Path, root: Path | None = None) -> Project:
    """Return the project at `root`, or the one that `start` lies in.

    ConfigError when there is none.
    """
    if root is not None:
        if not root.is_dir():
            raise ConfigError(f"there is no folder {root}", hint=_WHERE)
        if not (root / "specs").is_dir():
            raise ConfigError(f"{root} is no project: it has no specs/", hint=_WHERE)
        return Project(root.resolve())
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "manifest.yaml").is_file() and (folder / "specs").is_dir():
            return Project(folder)
    raise ConfigError(
        f"no project at {start} or above: no folder has manifest.yaml and specs/",
        hint=_WHERE,
    )
