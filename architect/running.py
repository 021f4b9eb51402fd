"""What the running system runs, as it tells itself by Redis."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from architect.config import Config
from architect.stores import find_stores
from core.errors import StoreUnavailable
from core.events import RUNNING, connect

WAIT_S = 10.0
_LOOK_S = 0.05


def running_versions(
    config: Config, tell: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
    """Return the running version of each module, empty when nothing runs."""
    stores = find_stores(config)
    if stores is None:
        return {}
    try:
        client = connect(stores.redis_url)
    except StoreUnavailable as error:
        # How the modules stand is known without it.
        tell(f"note: {error}")
        return {}
    try:
        found: Any = client.hgetall(RUNNING)
        return dict(found)
    finally:
        client.close()


def wait_until_live(
    config: Config,
    versions: Mapping[str, str],
    gone: Collection[str] = (),
    timeout_s: float = WAIT_S,
) -> dict[str, bool] | None:
    """Wait until the running system runs these versions, and none of what is `gone`;
    None when nothing runs.

    The value of a name is False where that did not come about within `timeout_s`.
    """
    end = time.monotonic() + timeout_s
    while running := running_versions(config):
        live = {name: running.get(name) == v for name, v in versions.items()}
        live |= {name: name not in running for name in gone}
        if all(live.values()) or time.monotonic() >= end:
            return live
        time.sleep(_LOOK_S)
    return None
