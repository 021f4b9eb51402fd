"""Where the gateway answers is known for as long as it runs."""

from __future__ import annotations

import resource
import socket
from pathlib import Path

from running_system import copy_project

from architect.config import load
from architect.system.running_gateway import admin_socket, note_admin


def test_a_full_disk_takes_no_older_word_away(reachable_tmp: Path) -> None:
    """A gateway that is started again cannot leave its own then."""
    project = load(copy_project(reachable_tmp / "noted"), process={}).project
    folder, path = project.data / "run", reachable_tmp / "noted.sock"
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listens:
        listens.bind(str(path))
        listens.listen()
        note_admin(folder, str(path))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            note_admin(folder, str(path))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert admin_socket(project) == path
