"""A folder of candles to which another process adds what has closed since."""

from __future__ import annotations

import time
from pathlib import Path

from core.errors import ConfigError
from core.trading.candles import Candles, load_folder

# A line may be half written when it is read; one that stays so is wrong.
PATIENCE_S = 10.0


class GrowingFolder:
    """Reads a folder again when a file of it has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: frozenset[tuple[str, int, int]] = frozenset()
        self._failing_since_s: float | None = None

    def newer(self) -> dict[str, Candles] | None:
        """Return the candles of the common time, None if no file has changed.

        ConfigError if the files have been no candles for PATIENCE_S.
        """
        seen = self._stamp()
        if seen == self._seen:
            return None
        try:
            found = load_folder(self.folder)
        except ConfigError:
            now_s = time.monotonic()
            self._failing_since_s = self._failing_since_s or now_s
            if now_s - self._failing_since_s < PATIENCE_S:
                return None
            raise
        self._seen, self._failing_since_s = seen, None
        return found

    def _stamp(self) -> frozenset[tuple[str, int, int]]:
        if not self.folder.is_dir():
            return frozenset()
        files = ((path.name, path.stat()) for path in self.folder.iterdir())
        return frozenset((name, stat.st_size, stat.st_mtime_ns) for name, stat in files)
