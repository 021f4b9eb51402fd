"""An owner of embedded stores in a process of its own, for tests that kill it.

Says READY and its store's facts as JSON on stdout, then waits until stdin ends.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from core.errors import ArchitectError
from core.stores import embedded


def main(data_dir: Path, uid: int) -> int:
    """Own `data_dir` until told to end."""
    if uid:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    try:
        with embedded.start(data_dir) as stores:
            facts = {"pids": stores.pids, "database_url": stores.database_url}
            print(json.dumps(facts), flush=True)
            sys.stdin.read()
    except ArchitectError as error:
        print(json.dumps({"error": type(error).__name__, "text": str(error)}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
