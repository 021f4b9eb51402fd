"""The signal service's answers: a line about an entry in, a model's own words out.

It stands between the trading loop, which holds no model key, and the `signal` route with
its budget, breaker and recorded replies. Each question is a run; the day's budget holds
them all. It judges nothing of what a model says:
gpt_signal_score does, in the trading loop.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from architect.models.access import Models
from architect.prompt import render_template
from core.errors import ArchitectError

MODULE = "entry_filter_gpt"
CONTEXT_MAX = 500
ANSWER_MAX = 2000
# More questions at once would only pay for answers that come too late.
AT_ONCE = 2


class Signals:
    """Answers request lines; threads may share it. `tell` hears of each failure."""

    def __init__(
        self, models: Models, prompts: Path, tell: Callable[[str], None]
    ) -> None:
        self._models, self._prompts, self._tell = models, prompts, tell
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def answer(self, line: bytes) -> bytes:
        """Return `{"answer": text}` or `{"error": why}` for `{"context": text}`, a line each."""
        try:
            plain = {"answer": self._asked(_context(line))[:ANSWER_MAX]}
        except ArchitectError as error:
            self._tell(str(error))
            plain = {"error": str(error)}
        except ValueError as error:
            plain = {"error": str(error)}
        return json.dumps(plain).encode() + b"\n"

    def _asked(self, context: str) -> str:
        if not self._free.acquire(blocking=False):
            raise ValueError(f"{AT_ONCE} questions are under way")
        try:
            fields = {"context": context}
            prompt = render_template("signal", "signal", MODULE, self._prompts, fields)
            # The service lives for weeks: one run for all would end its judgements for good.
            return self._models.new_run().ask(prompt).text
        finally:
            self._free.release()


def _context(line: bytes) -> str:
    plain: Any = json.loads(line)
    context = plain.get("context") if isinstance(plain, dict) else None
    if not isinstance(context, str) or not 0 < len(context) <= CONTEXT_MAX:
        raise ValueError(f"context is no text of 1 to {CONTEXT_MAX} characters")
    if not (context.isascii() and context.isprintable()):
        raise ValueError("context is not one line of plain ASCII")
    return context
