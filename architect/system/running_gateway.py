"""The gateway of a running system: where it answers the person in charge, and what it says of
its kill switch, whose file a disk may not have taken.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from architect.atomic import write
from architect.system.kill_switch import switch_file
from core.errors import ExchangeError, ExchangeUnavailable, WriteFailed
from core.project import Project
from core.trading import kill_file
from core.trading.gateway_connection import Connection
from core.trading.gateway_facts import ask

# In the folder of a run: where the socket is, for a long path moves it elsewhere.
_NOTE = "gateway.admin"
_TIMEOUT_S = 5.0


def note_admin(run_dir: Path, socket: str) -> None:
    """Leave word of where the gateway answers. A full disk must not keep it from starting,
    nor empty the word of the one before it, which answered in the same place.
    """
    with contextlib.suppress(WriteFailed):
        write(run_dir / _NOTE, socket.encode())


def admin_socket(project: Project) -> Path | None:
    """Return where the running gateway answers the person in charge, None if none runs."""
    folder = project.data / "run"
    socket = folder / "gateway.sock.admin"
    with contextlib.suppress(OSError, ValueError):
        socket = Path((folder / _NOTE).read_text(encoding="utf-8"))
    try:
        Connection(str(socket), _TIMEOUT_S).close()
    except (OSError, ValueError):
        return None
    return socket


def halted(project: Project, socket: Path | None) -> str | None:
    """Return every reason for which nothing new is entered, None if there is none.

    A gateway that hangs is asked in vain: the file is enough where it is there, and
    ExchangeUnavailable is raised where it is not.
    """
    try:
        if socket is not None:
            reason = ask(socket, "status", _TIMEOUT_S)["halted"]
            return None if reason is None else str(reason)
    except ExchangeError as error:
        if kill_file.read(switch_file(project)) is None:
            raise ExchangeUnavailable(
                f"the gateway does not say whether it is halted: {error}",
                hint="try again; what no file holds ends with it, when architect up does",
            ) from None
    return kill_file.read(switch_file(project))


def shown_halt(project: Project) -> str | None:
    """Return what `halted` does, and of a gateway that hangs what the file says."""
    try:
        return halted(project, admin_socket(project))
    except ExchangeError:
        return kill_file.read(switch_file(project))
