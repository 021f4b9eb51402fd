"""Where the gateway of this project keeps its kill switch and its day's loss."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from core.project import Project
from core.trading.kill_file import DAY_FILE, HALT_FILE

# Of the project's data, so that it outlives every process and every socket's folder.
GATEWAY_STATE = "gateway"


def state_dir(project: Project) -> Path:
    """Return the folder that the gateway is given."""
    return project.data / GATEWAY_STATE


def switch_file(project: Project) -> Path:
    """Return the file that halts while it exists."""
    return state_dir(project) / HALT_FILE


def day_file(project: Project) -> Path:
    """Return the file with the day's first equity."""
    return state_dir(project) / DAY_FILE


def who_may(path: Path) -> str:
    """Return as a step who may write where the switch is: the owner of its folder."""
    folder = next(f for f in path.parents if os.path.exists(f))
    owner = folder.stat().st_uid
    if owner == os.geteuid():
        return f"make it possible to write in {path.parent}"
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"user {owner}"
    return f"run it as {name}, who owns {folder}"
