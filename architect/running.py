"""What the running system runs, as it tells itself by Redis."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from architect.config import Config
from architect.stores import find_stores
from core.errors import StoreUnavailable
from core.events import HELD, RUNNING, connect

WAIT_S = 10.0
# A look of the running system may be under way that frees what the one before held back.
HELD_S = 1.0
_LOOK_S = 0.05


def running_versions(
    config: Config, tell: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
    """Return the running version of each module, empty when nothing runs."""
    return _told(config, RUNNING, tell)


def held_back(config: Config, versions: Mapping[str, str]) -> dict[str, str]:
    """Return which of these versions the running system holds back, and what it says."""
    told = _told(config, HELD)
    return {
        name: told[name]
        for name, version in versions.items()
        if told.get(name, "").startswith(f"version {version} ")
    }


def _told(
    config: Config, key: str, tell: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
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
        found: Any = client.hgetall(key)
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

    The value of a name is False where that did not come about within `timeout_s`. What
    is held back is not waited for and not among them: `held_back` says what it waits for.
    """
    begun = time.monotonic()
    while running := running_versions(config):
        live = {name: running.get(name) == v for name, v in versions.items()}
        live |= {name: name not in running for name in gone}
        waited_s = time.monotonic() - begun
        if waited_s >= HELD_S and not all(live.values()):
            held = held_back(config, versions)
            live = {name: so for name, so in live.items() if so or name not in held}
        if all(live.values()) or waited_s >= timeout_s:
            return live
        time.sleep(_LOOK_S)
    return None
