"""The breakers of the running system as a person sees and resets them."""

from __future__ import annotations

import sys
import time

from architect.config import Config
from architect.stores import find_stores, running_stores
from core.errors import ArchitectError, StoreUnavailable
from core.events import connect
from core.health import Health
from core.health_store import read_healths, reset_health
from core.manifest import read_manifest


def healths(config: Config) -> dict[str, Health]:
    """Return what is remembered of each module, empty where no store answers."""
    stores = find_stores(config)
    if stores is None:
        return {}
    try:
        client = connect(stores.redis_url)
    except StoreUnavailable:
        return {}  # who asks has told so already
    try:
        return read_healths(client)
    finally:
        client.close()


def told(health: Health | None) -> str:
    """Return what keeps a module from running in a few words, empty when nothing does."""
    if health is None:
        return ""
    if health.tripped_ms:
        return f"breaker open: {health.story}"
    if health.hung:
        return f"version {health.hung} is not run: {health.why}"
    return (
        f"version {health.unsafe} had no safe answer: {health.why}"
        if health.unsafe
        else ""
    )


def reset(config: Config, module: str) -> int:
    """Let a module run again; 0, or 1 when nothing kept it from running."""
    if module not in read_manifest(config.project.manifest).modules:
        raise ArchitectError(
            f"there is no accepted module {module!r}",
            hint="architect status lists them",
        )
    client = connect(running_stores(config).redis_url)
    try:
        done = reset_health(client, module, time.time_ns() // 1_000_000)
    finally:
        client.close()
    if done:
        print(f"{module} runs again, and is repaired again when it fails")
        return 0
    print(f"error: nothing keeps {module} from running", file=sys.stderr)
    print("hint: architect status shows what does", file=sys.stderr)
    return 1
