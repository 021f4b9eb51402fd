"""Events through Redis: what happened, for whoever listens, and jobs for Wick.

Publishing never waits for Redis and never fails its caller: events go into a queue that
one thread sends, and are kept while Redis is away (the newest ones, up to a bound).
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import StoreUnavailable

if TYPE_CHECKING:
    import redis

EVENTS = "architect:events"
JOBS = "architect:jobs"
# Jobs about trades: there is often nothing to repair, so they wait for those that are not.
TRADES = "architect:trades"
RUNNING = "architect:running"
# By module what is said of an accepted version that the running system holds back.
HELD = "architect:held"
HEALTH = "architect:health"
# Before the name of what a process wants to know again after a restart.
REMEMBERED = "architect:remembered:"
# The checkout that the running system has its modules from.
PLACE = "architect:place"
KEPT = 10_000
RETRY_S = 0.2

# A word of elsewhere that a module may run again wins over what this process knew before it.
_KEEP = """
local old = redis.call('hget', KEYS[1], ARGV[1])
local ok, told = pcall(cjson.decode, old or '')
if ok and type(told) == 'table' and (tonumber(told.reset_ms) or 0) > tonumber(ARGV[3]) then
    return 0
end
return redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
"""

# How Redis begins its word that it takes no writes at the moment: its disk is full, it could
# not save, or too few replicas follow it. The client has no classes for these.
_TAKES_NONE = ("MISCONF", "NOREPLICAS")

# How it is sent, the key, and the fields.
Event = tuple[str, str, dict[str, str]]


def connect(url: str) -> redis.Redis:
    """Return a client that was seen to answer; StoreUnavailable otherwise."""
    import redis

    client = redis.Redis.from_url(url, decode_responses=True, socket_timeout=10)
    try:
        client.ping()
    except redis.RedisError as error:
        raise StoreUnavailable(
            f"Redis does not answer: {error}",
            hint="architect up starts the embedded one",
        ) from None
    return client


class Events:
    """Publishes to the streams of one Redis; thread-safe.

    `refused` counts events that Redis would not take, as when a key is of another kind.
    """

    def __init__(self, url: str) -> None:
        self._client = connect(url)
        self.refused = 0
        self._waiting: deque[Event] = deque(maxlen=KEPT)
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._send, name="events", daemon=True)
        self._thread.start()

    def publish(self, kind: str, /, **detail: Any) -> None:
        """Tell everybody; `detail` must be plain JSON data."""
        self._put(EVENTS, kind, detail)

    def job(self, kind: str, /, **detail: Any) -> None:
        """Give Wick a job."""
        self._put(TRADES if kind == "trade" else JOBS, kind, detail)

    def running(self, versions: Mapping[str, str]) -> None:
        """Say which version of each module new calls reach."""
        if versions:
            self._queue("hset", RUNNING, dict(versions))

    def no_longer(self, module: str) -> None:
        """Say that a module does not run any more."""
        self._queue("hdel", RUNNING, {module: ""})

    def ended(self) -> None:
        """Say that nothing runs any more."""
        self._queue("delete", RUNNING, {})
        self._queue("delete", HELD, {})

    def held(self, texts: Mapping[str, str]) -> None:
        """Say which accepted versions are held back, and why; of all others none is."""
        self._queue("delete", HELD, {})
        if texts:
            self._queue("hset", HELD, dict(texts))

    def here(self, place: str) -> None:
        """Say from which checkout the modules run."""
        self._queue("set", PLACE, {"place": place})

    def keep(self, module: str, health: str) -> None:
        """Remember the health of a module over a restart, as JSON with its `reset_ms`. What
        was reset or acquitted since stands.
        """
        self._queue("keep", HEALTH, {module: health})

    def remember(self, name: str, field: str, text: str | None) -> None:
        """Remember a text over a restart, None to forget it; `remembered` gives all back."""
        how = "hdel" if text is None else "hset"
        self._queue(how, REMEMBERED + name, {field: text or ""})

    def remembered(self, name: str) -> dict[str, str]:
        """Return what is remembered by field; nothing when Redis does not tell."""
        import redis

        try:
            found: Any = self._client.hgetall(REMEMBERED + name)
        except redis.RedisError:
            return {}
        return dict(found)

    def _put(self, stream: str, kind: str, detail: dict[str, Any]) -> None:
        fields = {
            "kind": kind,
            "time_ms": str(time.time_ns() // 1_000_000),
            "detail": json.dumps(detail),
        }
        self._queue("xadd", stream, fields)

    def _queue(self, how: str, key: str, fields: dict[str, str]) -> None:
        self._waiting.append((how, key, fields))
        self._wake.set()

    def _send(self) -> None:
        import redis

        away = (
            redis.ConnectionError,
            redis.TimeoutError,
            redis.exceptions.OutOfMemoryError,
            redis.exceptions.ReadOnlyError,
        )
        while not (self._closing and not self._waiting):
            self._wake.wait(0.5)
            self._wake.clear()
            while self._waiting:
                event = self._waiting.popleft()
                try:
                    self._send_one(*event)
                except redis.RedisError as error:
                    if not isinstance(error, away) and not _takes_none(error):
                        # Refused as such: to send it again would hold up all others.
                        self.refused += 1
                        continue
                    self._keep(event)
                    if self._closing:
                        return
                    time.sleep(RETRY_S)
                    break

    def _keep(self, event: Event) -> None:
        if len(self._waiting) < KEPT:
            self._waiting.appendleft(event)

    def _send_one(self, how: str, key: str, fields: dict[str, str]) -> None:
        if how == "delete":
            self._client.delete(key)
        elif how == "hdel":
            self._client.hdel(key, *fields)
        elif how == "keep":
            for module, text in fields.items():
                known_ms = json.loads(text)["reset_ms"]
                self._client.eval(_KEEP, 1, key, module, text, known_ms)
        elif how == "set":
            self._client.set(key, fields["place"])
        elif how == "hset":
            self._client.hset(key, mapping=fields)  # type: ignore[arg-type]
        else:
            self._client.xadd(key, fields, maxlen=KEPT)  # type: ignore[arg-type]

    def close(self, timeout_s: float = 2.0) -> None:
        """Send what is waiting, then stop."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout_s)
        self._client.close()


def _takes_none(error: redis.RedisError) -> bool:
    return str(error).startswith(_TAKES_NONE)
