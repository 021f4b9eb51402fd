"""From a sentence on a terminal to a module that is live in a running paper system.

The relay is the model: prompts are answered from files by what reads nothing else. Three
sessions on one system: all goes well; the first body is wrong; the model is hostile.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_system import (
    CHECKOUT,
    Command,
    architect,
    copy_project,
    environment,
    wait_for,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "chat"))

from pty_terminal import ENTER, Terminal
from scanner_answers import Model, asked_points, body, hostile, spec
from tmux_terminal import TmuxTerminal

from architect.config import load
from architect.stores import running_stores
from core.manifest import read_manifest
from core.stores.postgres import connect

pytestmark = pytest.mark.slow
SENTENCE = "reject entries when the spread is over {} basis points"
YES = "Write these specs and build them? [y/N]"


@pytest.fixture(scope="module")
def system(reachable_tmp: Path) -> Iterator[tuple[Path, Command]]:
    """A running paper system on a copy of the shipped project."""
    root = copy_project(reachable_tmp / "ask")
    _, *words = shlex.split(walk()[0])
    with Command(*words, "--root", str(root)) as running:
        running.until("trading; Ctrl-C stops everything", 180)
        yield root, running


def version(root: Path) -> str:
    return read_manifest(root / "manifest.yaml").modules["market_scanner"].version


def runs(root: Path) -> Any:
    rows = json.loads(
        architect("status", "market_scanner", "--json", "--root", str(root)).stdout
    )
    return rows[0]["running"]


def calls(root: Path, of_version: str) -> int:
    """Return how often a version was called in the running system."""
    query = "select count(*) from system_logs.reflections where module = %s and version = %s"
    with connect(running_stores(load(root)).database_url) as connection:
        row: Any = connection.execute(query, ("market_scanner", of_version)).fetchone()
    return int(row[0])


def session(
    root: Path, points: int, outcome: str, kind: Any = Terminal
) -> tuple[str, int]:
    """Ask on a terminal, say yes, wait for the outcome; return what was on the screen."""
    words = ("ask", "--relay", SENTENCE.format(points))
    with kind(*words, cwd=root) as terminal:
        terminal.until(YES, 120)
        terminal.type("y" + ENTER)
        terminal.until(outcome, 180)
        code = terminal.end()
        return terminal.text, code


def honest(module: str, prompt: str) -> str:
    """Answer as a model that does its job."""
    if module == "chat":
        return "It lists the symbols that are worth watching.\n"
    limit = asked_points(prompt)
    return spec(limit) if module == "ask" else body(limit)


def walk() -> list[str]:
    """Return the commands of the walk in the README, without their comments."""
    text = (CHECKOUT / "README.md").read_text()
    part = text.partition("## A walk\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("    ")]
    return [line.partition("  #")[0].strip() for line in lines]


def test_every_command_of_the_walk_in_the_readme_works(
    system: tuple[Path, Command],
) -> None:
    """In the order in which they stand there; the system of the first line is up."""
    root, running = system
    first, *commands = walk()
    assert first == "architect up --pace 1"
    assert len(commands) > 12
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    settings = environment(LLM_RELAY="yes", EDITOR="true", PATH=path)
    settings.pop("VISUAL", None)
    with Model(root / ".architect/relay", honest):
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", command], cwd=root, env=settings, timeout=180, text=True,
                capture_output=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert runs(root) == version(root)
    assert running.process.poll() is None


def test_a_saved_spec_goes_live_without_a_command(
    system: tuple[Path, Command],
) -> None:
    """`up` watches: a spec that was built before has a recorded answer, so no model is
    needed; one that is wrong is told and changes nothing."""
    root, running = system
    path = root / "specs/trading/market_scanner.yaml"
    with Model(root / ".architect/relay", honest):
        done = architect(
            "ask", "--relay", "--yes", SENTENCE.format(9), "--root", str(root)
        )
    assert done.returncode == 0, done.stdout + done.stderr
    nine, text = version(root), path.read_text()
    path.write_text(text.replace("kind: function", "kind: funktion"))
    running.until("must be 'function'")
    path.write_text(text.replace("0.0009", "0.0008"))  # as the walk had it
    wait_for(lambda: version(root) != nine and runs(root) == version(root), 120)
    running.until("market_scanner: live")
    assert "1 to build: market_scanner; nobody has to be asked" in running.text


def test_a_sentence_becomes_a_live_module(system: tuple[Path, Command]) -> None:
    """Through tmux where it is installed, else through a pseudo terminal of ours."""
    root, running = system
    before = version(root)
    kind = TmuxTerminal if shutil.which("tmux") else Terminal
    with Model(root / ".architect/relay", honest) as model:
        screen, code = session(root, 7, "market_scanner: live", kind)
    assert code == 0, screen
    assert "+++ b/specs/trading/market_scanner.yaml" in screen
    assert "1 to build: market_scanner; 1 needs an answer by the relay" in screen
    assert [module for module, _ in model.prompts] == ["ask", "market_scanner"]
    assert version(root) != before
    assert runs(root) == version(root)
    # It is not only loaded: the trading loop calls it.
    wait_for(lambda: calls(root, version(root)) > 0, 60)
    assert running.process.poll() is None


def test_a_wrong_body_is_told_its_counter_example_and_the_right_one_goes_live(
    system: tuple[Path, Command],
) -> None:
    root, _ = system

    def answer(module: str, prompt: str) -> str:
        if module == "ask":
            return spec("0.0006")
        again = "Your last answer was refused" in prompt
        return body("0.0006", "<=" if again else "<")

    with Model(root / ".architect/relay", answer) as model:
        screen, code = session(root, 6, "market_scanner: live")
    assert code == 0, screen
    second = model.prompts[-1][1].partition("Your last answer was refused")[2]
    assert "if m.spread_frac < limit" in second
    assert "spread_frac: 0.0005" in second  # the example on the limit
    assert runs(root) == version(root)


def test_a_hostile_model_changes_nothing(
    system: tuple[Path, Command], tmp_path: Path
) -> None:
    root, running = system
    before, target = version(root), tmp_path / "out"

    def answer(module: str, prompt: str) -> str:
        return spec("0.0004") if module == "ask" else hostile(target)

    with Model(root / ".architect/relay", answer):
        screen, code = session(root, 4, "every module runs on as it was")
    assert code == 1, screen
    assert "error: market_scanner: refused at structure" in screen
    take_back = "git checkout -- specs/trading/market_scanner.yaml"
    assert take_back in screen.replace("\n", "")
    assert not target.exists()
    assert version(root) == before == runs(root)
    subprocess.run(shlex.split(take_back), cwd=root, check=True)
    assert architect("status", "market_scanner", "--root", str(root)).returncode == 0
    seen = calls(root, before)
    wait_for(lambda: calls(root, before) > seen, 60)
    assert running.process.poll() is None
