"""`python -m core.stores.clean FOLDER`: remove the embedded stores of a project.

For `make clean-stores` alone: it asks for a yes, and refuses while a process uses them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.errors import Busy
from core.stores import ownership, places
from core.stores.open import FOLDER


def main(project_data: Path) -> int:
    """Remove the stores under `project_data`; return the exit code."""
    data_dir = project_data.absolute() / FOLDER
    if not data_dir.is_dir():
        print("there are no embedded stores")
        return 0
    print(f"{data_dir} holds the books: trades, fills, incidents, reflections.")
    print("architect db purge empties them after a dump; this leaves nothing.")
    print("Remove it? Type yes: ", end="", flush=True)
    if sys.stdin.readline().strip() != "yes":
        print("nothing was removed", file=sys.stderr)
        return 1
    try:
        lock = ownership.take(data_dir)
    except Busy as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)
        return 1
    places.remove(data_dir)
    os.close(lock)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
