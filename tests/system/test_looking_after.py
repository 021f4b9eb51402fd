"""What looks after a running system ends it only where it must, and never without a word."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from listener import Listener

from architect.commands import up
from architect.config import load
from architect.system import restarts
from architect.system.child import Child, ChildFailed
from architect.system.halts import Halts
from architect.system.news import News
from architect.system.system import System
from architect.system.told import Told
from core.hang import hung_note
from core.stores.embedded import Stores

HERE = {"PYTHONPATH": str(Path(__file__).parent)}
PASSWORD = "pa55word"
RESTARTED = "wick1 ended with code 3; it is started again"


class Run:
    """A system whose processes only talk; `paper` and `follow` say on what it trades."""

    def __init__(self, root: Path) -> None:
        (root / "manifest.yaml").write_text("modules: {}\n")
        (root / "specs").mkdir()
        url = f"postgresql://ann:{PASSWORD}@db.example.org/books"
        self.config = load(root, process={"DATABASE_URL": url})
        self.system, self.person = System(self.config), Listener()
        self.stop = threading.Event()

    def add(self, name: str, kind: str) -> Child:
        """Start a process of a kind of `talking_child`."""
        log = self.system.run_dir / f"{name}.log"
        child = Child(name, "talking_child", [kind], log, HERE)
        self.system.children[name] = child
        return child

    def look_after(self, for_s: float = 20.0) -> int:
        """Look after the system, for as long at most."""
        root = self.config.project.root
        told = Told(root / "told.json")
        halts = Halts(root / "halt", self.person, told, lambda text: None)
        timer = threading.Timer(for_s, self.stop.set)
        timer.start()
        try:
            news = News(self.person, told)
            return up._look_after(self.system, self.config, news, halts, self.stop)
        finally:
            timer.cancel()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    for child in made.system.children.values():
        child.stop(0.1)


def test_a_repair_worker_that_dies_again_and_again_ends_nothing_that_trades(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []

    def start_wick_again(name: str) -> None:
        started.append(name)
        run.add(name, "dies")

    monkeypatch.setattr(restarts, "FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(run.system, "start_wick_again", start_wick_again)
    trader = run.add("trader", "patient")
    run.add("wick1", "dies")
    assert run.look_after(3.0) == 0
    assert trader.running
    assert started == ["wick1"] * restarts.MOST
    *again, last = run.person.heard
    assert again == [("restart", RESTARTED)] * restarts.MOST
    assert last[0] == "trouble"
    assert last[1].startswith(
        "wick1 ended with code 3 and is started no more: error: no"
    )
    said = capsys.readouterr().err.splitlines()
    assert said == [text for _, text in run.person.heard]


def test_a_repair_worker_that_cannot_be_started_ends_nothing_either(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the machine has no room for a process more."""

    def popen(*_: object, **__: object) -> None:
        raise BlockingIOError("fork")

    monkeypatch.setattr(restarts, "FIRST_DELAY_S", 0.001)
    run.system._stores = Stores("postgresql://x", "redis://x")
    trader = run.add("trader", "patient")
    run.add("wick1", "dies").wait(10)
    monkeypatch.setattr("architect.system.child.subprocess.Popen", popen)
    assert run.look_after(3.0) == 0
    assert trader.running
    assert [kind for kind, _ in run.person.heard] == ["restart"] * 5 + ["trouble"]


def test_nothing_that_trades_waits_for_a_repair_worker(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "FIRST_DELAY_S", 60.0)
    run.add("wick1", "dies").wait(10)
    run.add("trader", "ends").wait(10)
    since = time.monotonic()
    with pytest.raises(ChildFailed, match="trader ended"):
        run.look_after()
    assert time.monotonic() - since < 10


@pytest.mark.parametrize("market", ["live", "followed"])
def test_a_loop_that_somebody_ends_in_order_is_an_end_that_a_person_is_told_of(
    run: Run, market: str
) -> None:
    if market == "followed":
        run.system.paper_url = "http://127.0.0.1:1"
        run.add("candles", "patient").ready()
    run.add("trader", "ends").wait(10)
    with pytest.raises(ChildFailed, match="trader ended with code 0") as why:
        run.look_after()
    assert run.person.heard == [("ended", f"architect up ended: {why.value}")]


def test_candles_that_are_used_up_are_no_news(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.system.paper_url = "http://127.0.0.1:1"
    run.add("trader", "ends").wait(10)
    assert run.look_after() == 0
    assert capsys.readouterr().err == "the candles are used up\n"
    assert run.person.heard == []


def test_who_ends_every_process_at_once_is_told_nothing(run: Run) -> None:
    """As systemd does; ours may be the last that it reaches."""
    run.add("trader", "ends").wait(10)
    assert run.look_after(0.4) == 0
    assert run.person.heard == []


def test_a_loop_that_does_not_come_back_is_told_of(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = hung_note(run.config.project)
    note.parent.mkdir(parents=True)
    note.write_text("rsi")
    run.add("trader", "held").wait(10)

    def start_trader(ticks: int = 0) -> None:
        raise ChildFailed("trader did not start: it said nothing")

    monkeypatch.setattr(run.system, "start_trader", start_trader)
    with pytest.raises(ChildFailed, match="did not start"):
        run.look_after()
    said = "architect up ended: trader did not start: it said nothing"
    assert run.person.heard == [("ended", said)]


def test_a_fault_of_our_own_is_told_of_without_a_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold_books() -> None:
        raise RuntimeError(f"lost ann:{PASSWORD}@db.example.org")

    monkeypatch.setattr(up, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(run.system, "hold_books", hold_books)
    with pytest.raises(RuntimeError):
        run.look_after()
    said = "architect up ended: RuntimeError: lost ann:***@db.example.org"
    assert run.person.heard == [("ended", said)]
