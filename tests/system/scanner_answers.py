"""What a model answers when entries are to be rejected over a spread: a spec, bodies."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

# A whole spec; LIMIT stands for a fraction.
_SPEC = Path(__file__).with_name("market_scanner_answer.yaml")
_BODY = """\
limit = min(max_spread_frac, {limit})
fits = [
    m
    for m in markets
    if m.spread_frac {sign} limit
    and m.volume_usd >= min_volume_usd
    and not math.isnan(m.volatility_frac)
]
ranked = sorted(fits, key=lambda m: (-m.volatility_frac, -m.volume_usd, m.symbol))
return [m.symbol for m in ranked[:top]]
"""


def spec(limit: str) -> str:
    """Return the answer to the sentence: the scanner with a bound of its own."""
    return (
        "The scanner decides which symbols are looked at for an entry.\n\n```yaml\n"
        f"{_SPEC.read_text().replace('LIMIT', limit)}```\n"
    )


def body(limit: str, sign: str = "<=") -> str:
    """Return a body as a model answers it; another sign makes it wrong."""
    return f"```python\n{_BODY.format(limit=limit, sign=sign)}```\n"


def hostile(target: Path) -> str:
    """Return a body that wants out."""
    code = f'__import__("os").system("touch {target}")\nreturn []\n'
    return f"```python\n{code}```\n"


def asked_points(prompt: str) -> str:
    """Return the bound that a request or a spec's notes name, as a fraction."""
    if points := re.findall(r"over (\d) basis points", prompt):
        return f"0.000{points[-1]}"
    return re.findall(r"at most (0\.\d+) \(whatever", prompt)[-1]


Answer = Callable[[str, str], str]


class Model:
    """Answers prompts of a relay's folder; `answer(module, prompt)` is what it says.

    `prompts` are the prompts it was asked, in order.
    """

    def __init__(self, folder: Path, answer: Answer) -> None:
        self.folder, self._answer = folder, answer
        self.prompts: list[tuple[str, str]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Model:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            for path in sorted(self.folder.glob("*.prompt.md")):
                self._look_at(path)

    def _look_at(self, path: Path) -> None:
        answer = path.with_name(path.name.replace(".prompt.", ".answer."))
        if answer.exists():
            return
        module, text = path.name.rpartition("-")[0], path.read_text()
        self.prompts.append((module, text))
        draft = path.with_suffix(".draft")
        draft.write_text(self._answer(module, text))
        draft.replace(answer)
