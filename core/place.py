"""Where a checkout is: what two processes must share to see the same files."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path


def place_of(root: Path) -> str:
    """Return a short name of this machine's checkout at `root`; others have others."""
    whole = f"{socket.gethostname()}:{root.resolve()}"
    return hashlib.sha256(whole.encode()).hexdigest()[:12]
