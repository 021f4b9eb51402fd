"""The budget: whatever happens to calls, the sum of charges stays under each limit."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from architect.models.budget import Budget, spend
from architect.models.ledger import read_ledger
from core.errors import BudgetExceeded, ModelError

MIDNIGHT = 1_800_057_600.0  # 2027-01-16 00:00 UTC
WHAT = ("code", "rsi", "small")


class Clock:
    def __init__(self) -> None:
        self.now = MIDNIGHT + 60

    def __call__(self) -> float:
        return self.now


def budget(
    folder: Path, run: str = "1", day: str = "2", clock: Clock | None = None
) -> Budget:
    return Budget(folder, Decimal(run), Decimal(day), now=clock or Clock())


def total(folder: Path) -> Decimal:
    return sum((charge.usd for _, charge in spend(folder)), Decimal(0))


def test_what_would_pass_the_limit_is_refused_with_what_is_left(tmp_path: Path) -> None:
    one = budget(tmp_path)
    one.reserve(Decimal("0.7"), *WHAT)
    with pytest.raises(BudgetExceeded) as caught:
        one.reserve(Decimal("0.4"), *WHAT)
    assert "rsi (code) may cost 0.4000 USD" in str(caught.value)
    assert "0.3000 of 1 for this run and 1.3000 of 2 for today" in str(caught.value)
    assert "LLM_BUDGET_RUN_USD" in str(caught.value.hint)
    one.reserve(Decimal("0.3"), *WHAT)
    assert one.left() == (0, 1)


def test_settling_frees_what_was_not_used(tmp_path: Path) -> None:
    one = budget(tmp_path)
    held = one.reserve(Decimal(1), *WHAT)
    assert one.settle(held, Decimal("0.25")) == Decimal("0.25")
    assert one.left()[0] == Decimal("0.75")


@pytest.mark.parametrize(
    ("used", "charge"), [("-5", "0"), ("NaN", "1"), ("-Infinity", "1")]
)
def test_no_usage_frees_more_than_was_reserved(
    used: str, charge: str, tmp_path: Path
) -> None:
    one = budget(tmp_path)
    one.settle(one.reserve(Decimal(1), *WHAT), Decimal(used))
    assert total(tmp_path) == Decimal(charge)


def test_what_cost_more_than_was_reserved_is_charged_in_full(tmp_path: Path) -> None:
    one = budget(tmp_path)
    held = one.reserve(Decimal("0.5"), *WHAT)
    assert one.settle(held, Decimal("1.5")) == Decimal("1.5")
    assert one.left() == (Decimal("-0.5"), Decimal("0.5"))
    with pytest.raises(BudgetExceeded, match=r"left are -0\.5000 of 1 for this run"):
        one.reserve(Decimal("0.01"), *WHAT)
    assert one.reserve(Decimal(0), *WHAT).usd == 0  # a server of one's own


def test_settling_twice_counts_once(tmp_path: Path) -> None:
    one = budget(tmp_path)
    held = one.reserve(Decimal(1), *WHAT)
    one.settle(held, Decimal("0.5"))
    one.settle(held, Decimal(0))
    assert total(tmp_path) == Decimal("0.5")


def test_a_charge_in_full_is_not_lowered_later(tmp_path: Path) -> None:
    one = budget(tmp_path)
    held = one.reserve(Decimal(1), *WHAT)
    one.settle(held, None)
    one.settle(held, Decimal(0))
    assert total(tmp_path) == 1


def test_what_is_never_settled_stays_charged(tmp_path: Path) -> None:
    budget(tmp_path).reserve(Decimal(1), *WHAT)
    assert budget(tmp_path).left() == (1, 1)


def test_a_day_ends_at_midnight_utc_and_a_run_does_not(tmp_path: Path) -> None:
    clock = Clock()
    one = budget(tmp_path, clock=clock)
    held = one.reserve(Decimal("0.6"), *WHAT)
    clock.now += 86_400
    assert one.left() == (Decimal("0.4"), 2)
    with pytest.raises(BudgetExceeded):
        one.reserve(Decimal("0.5"), *WHAT)
    one.settle(held, Decimal(0))
    one.reserve(Decimal("0.5"), *WHAT)
    assert [day for day, _ in spend(tmp_path)] == ["2027-01-16", "2027-01-17"]


def test_runs_share_the_day(tmp_path: Path) -> None:
    for _ in range(2):
        budget(tmp_path).reserve(Decimal(1), *WHAT)
    with pytest.raises(BudgetExceeded, match=r"0\.0000 of 2 for today") as caught:
        budget(tmp_path).reserve(Decimal(1), *WHAT)
    assert "LLM_BUDGET_DAY_USD" in str(caught.value.hint)


def test_a_line_that_a_crash_cut_is_no_event(tmp_path: Path) -> None:
    one = budget(tmp_path)
    one.reserve(Decimal("0.5"), *WHAT)
    (path,) = tmp_path.glob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"reserve": "x", "usd": "0.')
    assert one.left()[0] == Decimal("0.5")
    one.reserve(Decimal("0.5"), *WHAT)
    assert len(read_ledger(path)) == 2


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "[]",
        "{}",
        '{"settle": "gone", "usd": "1"}',
        '{"reserve": "a", "usd": "-1"}',
    ],
)
def test_a_ledger_that_cannot_be_read_stops_all_spending(
    line: str, tmp_path: Path
) -> None:
    one = budget(tmp_path)
    one.reserve(Decimal("0.1"), *WHAT)
    (path,) = tmp_path.glob("*.jsonl")
    with path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(ModelError, match="line 2 cannot be read") as caught:
        one.reserve(Decimal("0.1"), *WHAT)
    assert str(path) in str(caught.value.hint)


def test_processes_share_a_limit(tmp_path: Path) -> None:
    code = """
        import sys; from decimal import Decimal; from pathlib import Path
        from architect.models.budget import Budget
        from core.errors import BudgetExceeded
        one = Budget(Path(sys.argv[1]), Decimal(1), Decimal(1), run=sys.argv[2])
        taken = 0
        print("ready", flush=True)
        input()
        try:
            while True:
                one.reserve(Decimal("0.01"), "code", "rsi", "small")
                taken += 1
        except BudgetExceeded:
            print(taken)
    """
    run = budget(tmp_path).run
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path), run]
    pipe = subprocess.PIPE
    children = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    taken = [int(child.communicate(timeout=60)[0]) for child in children]
    assert sum(taken) == 100


def fuzz(folder: Path, seed: int) -> None:
    """One run: some threads that reserve, retry, cancel and settle wrongly."""
    chance = random.Random(seed)
    limit = Decimal(chance.randrange(1, 200)) / 100
    one = Budget(folder, limit, limit * chance.choice([1, 2]), now=Clock())
    truth: list[Decimal] = []
    over: list[Decimal] = []

    def clone(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        for _ in range(dice.randrange(1, 6)):
            worst = Decimal(dice.randrange(0, 60)) / 100
            try:
                held = one.reserve(worst, *WHAT)
            except BudgetExceeded:
                continue
            cost = worst * dice.randrange(0, 101) / 100
            told = dice.choice([cost, None, worst, worst * 9, Decimal("NaN")])
            if dice.random() < 0.2:  # cancelled, or killed
                told = None
            truth.append(cost)
            one.settle(held, told)
            if told == worst * 9:
                over.append(worst * 8)
            if dice.random() < 0.1:
                one.settle(held, Decimal(-1))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(clone, range(3)))
    run_left, day_left = one.left()
    assert run_left >= -sum(over), seed
    assert day_left >= -sum(over), seed
    assert sum(truth) <= limit, seed


@pytest.mark.slow
def test_a_thousand_wild_runs_overspend_nothing(tmp_path: Path) -> None:
    for seed in range(1000):
        fuzz(tmp_path / str(seed), seed)


def test_some_wild_runs_overspend_nothing(tmp_path: Path) -> None:
    for seed in range(1000, 1030):
        fuzz(tmp_path / str(seed), seed)


def test_no_budget_is_passed_over_http_by_clones_retries_and_cancelled_streams() -> (
    None
):
    """The first runs of the benchmark; its server keeps the bill."""
    script = Path(__file__).resolve().parents[1] / "benchmarks/budget.py"
    command = [sys.executable, str(script), "--runs", "30"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "overspend 0.0000 USD in 0 runs" in done.stdout
