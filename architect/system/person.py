"""Tells a person what cannot wait: by a webhook or a command of theirs, never in the way.

Messages go into a bounded queue for each way, emptied by a thread; each try has a time
limit, and what nobody takes is dropped with a line on stderr. Whoever tells something never
waits.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shlex
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import TracebackType
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr

from core.config import FOREIGN_PREFIXES, Section
from core.environment import Environment

KEPT = 100
# Between the tries of one message.
PAUSES_S = (2.0, 10.0, 60.0)
# Answers that say: not now.
_LATER = frozenset({408, 425, 429})
# How settings begin that may be exported, keys among them: a program that is no part of this
# gets none. All else stays, since nobody but its owner knows what it needs of it.
_OURS = ("ARCHITECT_", "DATABASE_URL", "EXCHANGE_", "REDIS_URL", *FOREIGN_PREFIXES)
Detail = dict[str, Any]
Taken = Callable[[], object]


def _web(value: SecretStr | None) -> SecretStr | None:
    text = value.get_secret_value() if value else ""
    if text and not text.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return value


def _runnable(value: str | None) -> str | None:
    # An unfinished quote raises ValueError here, not when the first message comes.
    shlex.split(value or "")
    return value


class PersonSettings(Section):
    """Where a person is told; with neither of the two nothing is."""

    webhook: Annotated[SecretStr | None, AfterValidator(_web)] = Field(
        None, validation_alias="NOTIFY_WEBHOOK_URL"
    )
    command: Annotated[str | None, AfterValidator(_runnable)] = Field(
        None, validation_alias="NOTIFY_COMMAND"
    )
    timeout_s: float = Field(10.0, gt=0, le=300, validation_alias="NOTIFY_TIMEOUT_S")


def read_person(environment: Environment) -> PersonSettings:
    """Return the settings; an unknown NOTIFY_* key is an error."""
    environment.refuse_unknown(environment.keys("NOTIFY_"), PersonSettings.known())
    return PersonSettings.read(environment)


class Route:
    """One way to a person, with a queue and a thread of its own: a dead one holds up no
    other. What fails is tried again for a minute, for a hiccup must not cost the word of
    a halt.
    """

    def __init__(self, name: str, send: Callable[[bytes], None]) -> None:
        self.name, self.send = name, send
        self._waiting: queue.Queue[tuple[Detail, Taken] | None] = queue.Queue(KEPT)
        self._ended = threading.Event()
        self._until = float("inf")
        self._thread = threading.Thread(
            target=self._deliver, name="person", daemon=True
        )

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def put(self, message: Detail, taken: Taken) -> None:
        """Take a message; it is dropped when too many are waiting.

        `taken` is called on our thread when it was delivered.
        """
        try:
            self._waiting.put_nowait((message, taken))
        except queue.Full:
            self._dropped(message, "too many are waiting")

    def end(self, timeout_s: float) -> None:
        """Deliver what waits, each with one try more, for some time at most."""
        self._until = time.monotonic() + timeout_s
        self._ended.set()
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)

    def join(self, timeout_s: float) -> None:
        """Wait until that is done."""
        self._thread.join(timeout_s)

    def _deliver(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            if time.monotonic() > self._until:
                return
            message, taken = waiting
            if self._try(message, json.dumps(message).encode()):
                taken()

    def _try(self, message: Detail, body: bytes) -> bool:
        for pause_s in (*PAUSES_S, None):
            try:
                self.send(body)
                return True
            except Exception as error:
                why = cause(error)
                if pause_s is None or _is_final(error) or self._ended.is_set():
                    break
                self._ended.wait(pause_s)
        self._dropped(message, why)
        return False

    def _dropped(self, message: Detail, why: str) -> None:
        text = f"note: the {self.name} was not told of {message['kind']!r} ({why})"
        print(text, file=sys.stderr, flush=True)


def cause(error: Exception) -> str:
    """Return what is wrong, without the error's text: it may hold the webhook's URL."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return type(error.reason).__name__
    return type(error).__name__


def _is_final(error: Exception) -> bool:
    """Tell whether another try would end alike."""
    if isinstance(error, urllib.error.HTTPError):
        return 300 <= error.code < 500 and error.code not in _LATER
    return isinstance(error, (FileNotFoundError, PermissionError))


class _Straight(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: the message would be lost on the way, and a page that can be read
    there would count as its having been taken.
    """

    def redirect_request(self, *_: object) -> None:
        """Return None: the answer is an error like any other."""


class Person:
    """A context manager; `tell` returns at once, whatever becomes of the message."""

    def __init__(self, settings: PersonSettings) -> None:
        self.settings = settings
        self.routes = [
            Route(name, send)
            for name, send, given in (
                ("webhook", self._post, settings.webhook),
                ("command", self._run, settings.command),
            )
            if given
        ]

    @property
    def listens(self) -> bool:
        """Tell whether anybody is told."""
        return bool(self.routes)

    def __enter__(self) -> Person:
        for route in self.routes:
            route.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        timeout_s = self.settings.timeout_s
        for route in self.routes:
            route.end(2 * timeout_s)
        for route in self.routes:
            route.join(3 * timeout_s)

    def tell(
        self, kind: str, text: str, *, taken: Taken = lambda: None, **detail: Any
    ) -> None:
        """Tell of a `kind` of thing; `text` is for people, `detail` is plain JSON data.

        `taken` is called by each way that has delivered it, on a thread of that way.
        """
        for route in self.routes:
            route.put(_message(kind, text, detail), taken)

    def try_out(self, text: str) -> dict[str, str]:
        """Send a text by each route now; return what went wrong, empty where it arrived."""
        body = json.dumps(_message("test", text, {})).encode()
        found = {}
        for route in self.routes:
            found[route.name] = ""
            try:
                route.send(body)
            except Exception as error:
                found[route.name] = cause(error)
        return found

    def _post(self, body: bytes) -> None:
        assert self.settings.webhook is not None
        request = urllib.request.Request(
            self.settings.webhook.get_secret_value(),
            body,
            {"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(_Straight)
        with opener.open(request, timeout=self.settings.timeout_s):
            pass

    def _run(self, body: bytes) -> None:
        assert self.settings.command is not None
        known = os.environ.items()
        subprocess.run(
            shlex.split(self.settings.command),
            input=body + b"\n",
            stdout=subprocess.DEVNULL,
            env={key: text for key, text in known if not key.startswith(_OURS)},
            timeout=self.settings.timeout_s,
            check=True,
        )


def _message(kind: str, text: str, detail: Detail) -> Detail:
    return {"kind": kind, "text": f"architect: {text}", **detail}
