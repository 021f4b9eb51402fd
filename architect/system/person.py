"""Tells a person what cannot wait: by a webhook or a command of theirs, never in the way.

Messages go into a bounded queue that one thread empties; each try has a time limit, and
what nobody takes is dropped with a line on stderr. Whoever tells something never waits.
"""

from __future__ import annotations

import contextlib
import json
import queue
import shlex
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from types import TracebackType
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr

from core.config import Section
from core.environment import Environment

KEPT = 100
Detail = dict[str, Any]


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


@dataclass
class Person:
    """A context manager; `tell` returns at once, whatever becomes of the message."""

    settings: PersonSettings
    _waiting: queue.Queue[Detail | None] = field(
        default_factory=lambda: queue.Queue(KEPT)
    )
    _thread: threading.Thread | None = None
    _until: float = float("inf")

    @property
    def listens(self) -> bool:
        """Tell whether anybody is told."""
        return bool(self.settings.webhook or self.settings.command)

    def __enter__(self) -> Person:
        if self.listens:
            self._thread = threading.Thread(
                target=self._deliver, name="person", daemon=True
            )
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None:
            self._until = time.monotonic() + 2 * self.settings.timeout_s
            with contextlib.suppress(queue.Full):
                self._waiting.put_nowait(None)
            self._thread.join(3 * self.settings.timeout_s)

    def tell(self, kind: str, text: str, **detail: Any) -> None:
        """Tell of a `kind` of thing; `text` is for people, `detail` is plain JSON data."""
        if not self.listens:
            return
        message = {"kind": kind, "text": f"architect: {text}", **detail}
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            _dropped(message, "too many are waiting")

    def _deliver(self) -> None:
        while (message := self._waiting.get()) is not None:
            if time.monotonic() > self._until:
                return
            body = json.dumps(message).encode()
            for send in (self._post, self._run):
                try:
                    send(body)
                except Exception as error:
                    # Its text may hold the webhook's URL, which is a secret.
                    _dropped(message, type(error).__name__)

    def _post(self, body: bytes) -> None:
        if self.settings.webhook is None:
            return
        request = urllib.request.Request(
            self.settings.webhook.get_secret_value(),
            body,
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=self.settings.timeout_s):
            pass

    def _run(self, body: bytes) -> None:
        if self.settings.command is None:
            return
        subprocess.run(
            shlex.split(self.settings.command),
            input=body + b"\n",
            stdout=subprocess.DEVNULL,
            timeout=self.settings.timeout_s,
            check=True,
        )


def _dropped(message: Detail, why: str) -> None:
    text = f"note: nobody was told of {message['kind']!r} ({why})"
    print(text, file=sys.stderr, flush=True)
