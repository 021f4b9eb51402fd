"""Is a budget ever passed? Wild runs over real HTTP, against a server that keeps the bill.

    python benchmarks/budget.py [--runs 10000] [--seed 1]

Each run is some clones in parallel, each with retries and a fallback, under a budget of
its own. The server answers, is too busy, breaks, cuts streams off, and reports usage that is
true, missing, negative, far too high or far too low; callers cancel half-way. What it
really used is drawn within what was asked for, and is billed also where the answer was
lost. Overspend is the bill over the budget, and has to be 0. What is reported too high is
charged as told: it ends the run, and costs nothing.

The last row is what no client can see: a server that bills up to twice what it reports.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chat_server import ChatServer, Exchange, cut, says, status

from architect.models.budget import Budget, spend
from architect.models.live import MOST_BYTES_A_TOKEN, Live, Waiting, most_tokens
from architect.models.prompt import Prompt
from architect.route import Route
from architect.secrets import Secrets
from core.errors import ModelError

PROMPT = Prompt("code", "rsi", "Write the body.", "Of rsi, for a price in USD.")
ANSWER = "```python\nreturn close.diff().clip(lower=0) / close\n```\n"
MAX_TOKENS, IN_USD, OUT_USD = 60, 1000, 2000
SEEN = ("true", "missing", "negative", "huge", "tiny", "text")


@dataclass
class Bill:
    """What the server used, by run, in USD; told apart by the model's name."""

    dice: random.Random
    lies: tuple[str, ...]
    usd: dict[str, Decimal] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, exchange: Exchange) -> None:
        with self.lock:
            kind = self.dice.choice(("ok", "ok", "ok", "busy", "broken", "cut"))
            asked, answered = self._used()
            if kind != "busy":
                run = exchange.request["model"]
                cost = Decimal(asked * IN_USD + answered * OUT_USD) / 1_000_000
                self.usd[run] = self.usd.get(run, Decimal(0)) + cost
            usage = told(self.dice.choice(self.lies), asked, answered)
        steps = {"busy": status(429), "broken": status(500), "cut": cut}
        with contextlib.suppress(OSError):  # the caller was cancelled
            steps.get(kind, says(ANSWER, usage=usage))(exchange)

    def _used(self) -> tuple[int, int]:
        """Draw what a tokenizer and a thinking model may make of the request."""
        sent = sum(len(m["content"].encode()) for m in PROMPT.messages)
        asked = self.dice.randint(-(-sent // MOST_BYTES_A_TOKEN), most_tokens(PROMPT))
        return asked, self.dice.randint(
            -(-len(ANSWER) // MOST_BYTES_A_TOKEN), MAX_TOKENS
        )


def told(lie: str, asked: int, answered: int) -> Any:
    """Return the usage that is reported."""
    known = {
        "true": (asked, answered),
        "negative": (-asked, answered),
        "huge": (asked * 100, answered * 100),
        "tiny": (1, 1),
        "half": (-(-asked // 2), -(-answered // 2)),
    }
    if lie in ("missing", "text"):
        return None if lie == "missing" else "many"
    counts = known[lie]
    return {"prompt_tokens": counts[0], "completion_tokens": counts[1]}


def one_run(server: ChatServer, folder: Path, seed: int) -> tuple[Decimal, Decimal]:
    """Do one run; return its budget and what the ledger was charged."""
    dice = random.Random(seed)
    limit = Decimal(dice.randrange(1, 400)) / 100
    budget = Budget(folder, limit, limit * dice.choice((1, 2)))
    routes = {name: route(server, name, seed, dice) for name in ("code", "other")}
    waiting = Waiting(sleep=lambda _: None)
    live = Live(routes, budget, Secrets(), waiting=waiting)

    def clone(number: int) -> None:
        mine = random.Random(seed * 10 + number)
        for _ in range(mine.randrange(1, 3)):
            ask(live, cancelled=mine.random() < 0.2)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(clone, range(3)))
    live.close()
    return limit, sum((charge.usd for _, charge in spend(folder)), Decimal(0))


def ask(live: Live, cancelled: bool) -> None:
    """Ask once; a cancelled call stops at the first piece of the answer."""

    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with contextlib.suppress(ModelError, KeyboardInterrupt):
        live.ask(PROMPT, "code", stop if cancelled else None)


def route(server: ChatServer, name: str, seed: int, dice: random.Random) -> Route:
    """Return a route; its model's name tells the server whose bill it is."""
    fields = {
        "name": name,
        "model": f"run{seed}",
        "url": server.url,
        "price_in_usd": IN_USD,
        "price_out_usd": OUT_USD,
        "max_tokens": MAX_TOKENS,
        "retries": dice.randrange(3),
        "stream": dice.random() < 0.3,
        "fallbacks": ("other",) if name == "code" and dice.random() < 0.5 else (),
    }
    return Route.model_validate(fields)


def series(title: str, runs: int, seed: int, lies: tuple[str, ...]) -> Decimal:
    """Do many runs and print a row; return what was spent over budgets."""
    bill = Bill(random.Random(seed), lies)
    began, over, wrong = time.perf_counter(), Decimal(0), 0
    charged = budgets = Decimal(0)
    with tempfile.TemporaryDirectory() as scratch, ChatServer(bill) as server:
        for number in range(runs):
            folder = Path(scratch) / str(number)
            limit, usd = one_run(server, folder, seed * 1_000_000 + number)
            billed = bill.usd.get(f"run{seed * 1_000_000 + number}", Decimal(0))
            over += max(billed - limit, Decimal(0))
            wrong += billed > limit or (usd > limit and "huge" not in lies)
            charged, budgets = charged + usd, budgets + limit
        asked = len(server.requests)
    spent = sum(bill.usd.values(), Decimal(0))
    print(
        f"{title:24} {runs} runs, {asked} requests, {time.perf_counter() - began:.0f} s:"
        f" budgets {budgets:.2f}, charged {charged:.2f}, billed {spent:.2f},"
        f" overspend {over:.4f} USD in {wrong} runs",
        flush=True,
    )
    return over


def main() -> int:
    """Return 0 when no budget was passed by reports that can be seen to be wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    over = series("wrong as can be seen", options.runs, options.seed, SEEN)
    series("wrong as nobody can see", options.runs // 10, options.seed + 1, ("half",))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
