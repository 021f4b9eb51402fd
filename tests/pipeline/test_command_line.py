"""The command line: exit codes, help, hints, JSON, and what a crash leaves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline_cli import architect
from pipeline_project import BODIES, Bench, fenced, git, record_answers

from architect import command_line
from architect.command_line import main
from architect.command_table import COMMANDS, COMMITTING
from core.manifest import read_manifest
from core.stores.embedded import Stores


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    said = capsys.readouterr()
    assert f"example:\n  architect {command}" in said.out
    assert "--root DIR" in said.out
    assert said.err == ""


def test_without_a_command_it_shows_help_and_was_called_wrongly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert all(command in said.err for command in COMMANDS)
    assert main(["--help"]) == 0


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["generat"], "there is no command 'generat'", "did you mean generate?"),
        (["frobnicate"], "there is no command 'frobnicate'", "architect --help"),
        (["generate", "--jsn"], "architect generate has no option --jsn", "did you mean --json?"),
        (["verify", "--zzz"], "architect verify has no option --zzz", "architect verify --help"),
        (["verify", "fee"], "'fee' is one word too many", "architect verify --help"),
        (["log"], "the following arguments are required: NAME", "architect log --help"),
        (["up", "--workers", "0"], "argument --workers: '0' is no whole number above 0",
         "architect up --help"),
        (["db", "drop"], "argument action: invalid choice: 'drop' "
         "(choose from 'init', 'purge', 'restore')", "architect db --help"),
    ],
)  # fmt: skip
def test_a_wrong_call_ends_with_2_and_a_hint(
    words: list[str], error: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    # Python 3.12 and later quote choices otherwise.
    assert (
        said.err.replace("init, purge, restore", "'init', 'purge', 'restore'")
        == f"error: {error}\nhint: {hint}\n"
    )


def run(bench: Bench, *words: str) -> int:
    return main([*words, "--root", str(bench.project.root)])


@pytest.mark.parametrize("command", ["verify", "status"])
def test_it_ends_with_0_when_all_is_well_and_1_when_not(
    built: Bench, command: str
) -> None:
    assert run(built, command) == 0
    built.edit("fee", "notional * rate", "rate_frac * notional  # rate")
    assert run(built, command) == 1


def test_an_unknown_module_ends_with_1_and_names_the_nearest(
    built: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("generate", "log", "rollback", "adopt", "rebuild", "status"):
        assert run(built, command, "fees") == 1
        assert capsys.readouterr().err == (
            "error: there is no spec 'fees'\nhint: did you mean 'fee'?\n"
        )


def test_json_is_one_document_on_stdout(
    built: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(*words: str) -> object:
        capsys.readouterr()
        run(built, *words, "--json")
        return json.loads(capsys.readouterr().out)

    assert read("verify") == {"ok": True, "problems": []}
    rows = read("status", "fee")
    assert isinstance(rows, list)
    assert (rows[0]["name"], rows[0]["state"], rows[0]["by"]) == ("fee", "ok", "model")
    log = read("log", "fee")
    assert isinstance(log, list)
    assert (
        log[0]["version"]
        == read_manifest(built.project.manifest).modules["fee"].version
    )
    rebuilt = read("rebuild", "--into", str(tmp_path / "again"))
    assert isinstance(rebuilt, dict)
    assert len(rebuilt["written"]) == 8


@pytest.mark.slow
def test_json_of_generate_tells_every_outcome(built: Bench) -> None:
    def generate() -> dict[str, object]:
        done = architect(built.project.root, "generate", "--json")
        assert done.returncode == (0 if json.loads(done.stdout)["ok"] else 1)
        plain: dict[str, object] = json.loads(done.stdout)
        return plain

    assert len(generate()["fresh"]) == 8  # type: ignore[arg-type]
    built.change_spec(
        "running_mean", "Mean of all closes so far.", "Mean of the closes so far."
    )
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    record_answers(built.project, running_mean="return close\n")
    built.edit("spread", "quote.ask - quote.bid", "-quote.bid + quote.ask")
    plain = generate()
    assert list(plain["built"]) == ["fee", "round_trip"]  # type: ignore[call-overload]
    refused = plain["refused"]["running_mean"]  # type: ignore[index]
    assert refused["counter_example"]["expect"] == [2, 3]
    assert "edited by hand" in plain["failed"]["spread"]["error"]  # type: ignore[index]


# --- gate --------------------------------------------------------------------------


@pytest.mark.slow
def test_gate_takes_a_body_a_module_or_stdin_and_writes_nothing(built: Bench) -> None:
    root = built.project.root
    before = git(root, "status", "--porcelain", "--ignored")
    body, module = root.parent / "body.py", built.project.module("fee")
    body.write_text(BODIES["fee"])
    for file, spec in (
        (body, "fee"),
        (module, "fee"),
        (body, "specs/trading/fee.yaml"),
    ):
        assert architect(root, "gate", file, "--spec", spec).returncode == 0
    wrong = architect(
        root, "gate", "-", "--spec", "fee", "--json", stdin="return notional\n"
    )
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["counter_example"]["expect"] == "0.5"
    eleven = architect(
        root, "gate", "-", "--spec", "fee", stdin="x = 1\n" * 11 + "return x\n"
    )
    assert eleven.returncode == 1
    assert "12 lines, at most 10" in eleven.stdout
    assert git(root, "status", "--porcelain", "--ignored") == before


@pytest.mark.parametrize(
    ("file", "spec", "error"),
    [
        ("nothing.py", "fee", "nothing.py"),
        ("specs", "fee", "Is a directory"),
        ("manifest.yaml", "fees", "no spec 'fees'"),
        ("manifest.yaml", "nothing.yaml", "nothing.yaml"),
    ],
)
def test_gate_called_wrongly_ends_with_2(
    bench: Bench, file: str, spec: str, error: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(bench.project.root)
    assert main(["gate", file, "--spec", spec]) == 2
    assert error in capsys.readouterr().err


# --- what must not happen ----------------------------------------------------------


def test_a_fault_of_our_own_is_one_line_and_a_traceback_in_a_file(
    built: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (built.project.root / ".env").write_text("LLM_API_KEY=wonderfully-secret\n")

    def broken(*_: object) -> None:
        raise RuntimeError("sent wonderfully-secret to nobody")

    monkeypatch.setattr("architect.commands.verify.verify", broken)
    monkeypatch.chdir(built.project.root)
    assert main(["verify"]) == 1
    said = capsys.readouterr().err
    kept = built.project.data / "crash.log"
    assert said == (
        "error: RuntimeError: sent *** to nobody\n"
        f"hint: the traceback is in {kept}: please report it\n"
    )
    assert "Traceback" in kept.read_text()
    assert "wonderfully-secret" not in kept.read_text()


def test_a_closed_pipe_is_no_error(built: Bench) -> None:
    command = f"{sys.executable} -m architect status | true"
    done = subprocess.run(
        command, shell=True, cwd=built.project.root, capture_output=True, text=True
    )
    assert done.stderr == ""


def test_the_version_and_a_root_before_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"architect \d+\.\d+\.\d+\n", capsys.readouterr().out)
    assert main(["--root", "/tmp", "status"]) == 2
    assert "--root goes behind the command" in capsys.readouterr().err


def test_what_was_accepted_is_told_of_after_ctrl_c_where_something_may_have_been(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    assert set(COMMANDS) > COMMITTING
    monkeypatch.setattr(command_line, "_run", interrupted)
    for word, told in (("generate", True), ("verify", False), ("", False)):
        assert main([word] if word else []) == 130
        assert ("is committed" in capsys.readouterr().err) == told


def test_a_stdout_that_is_closed_from_the_start_is_no_error(built: Bench) -> None:
    command = f"{sys.executable} -m architect status >&-"
    done = subprocess.run(
        command, shell=True, cwd=built.project.root, capture_output=True, text=True
    )
    assert done.stderr == ""


@pytest.mark.parametrize("word", ["status", "--help"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_for_which_there_is_no_room_is_one_line(
    built: Bench, unbuffered: str, word: str
) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "architect", word],
            cwd=built.project.root, stdout=full, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "error: nothing more can be written: No space left on device\n"
        "hint: free some space or write the output elsewhere, then run the command again\n"
    )


HEAVY = {
    "libcst",
    "pandas",
    "git",
    "openai",
    "hypothesis",
    "black",
    "ccxt",
    "numpy",
    "rich",
}
LIGHT = (
    [["--help"]]
    + [[name, "--help"] for name in ("generate", "gate", "adopt", "rollback", "verify")]
    + [["verify"]]
)


@pytest.mark.parametrize("words", LIGHT, ids=" ".join)
def test_nothing_heavy_is_imported_for_help_or_verify(
    built: Bench, words: list[str]
) -> None:
    script = (
        "import sys; from architect.command_line import main; main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=built.project.root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stderr.split())
    assert "architect.command_line" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.alone
def test_help_is_there_at_once() -> None:
    """150 ms on a quiet machine: the best of five, so that a busy one passes too."""
    took = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "architect", "--help"], stdout=subprocess.DEVNULL
        )
        took.append(time.perf_counter() - started)
    assert min(took) < 0.15


@pytest.mark.slow
def test_verdicts_are_kept_where_stores_run(built: Bench, fresh_stores: Stores) -> None:
    import psycopg

    (built.project.root / ".env").write_text(
        f"DATABASE_URL={fresh_stores.database_url}\nREDIS_URL={fresh_stores.redis_url}\n"
    )
    built.change_spec("fee", "Fee of a trade.", "Fee of one trade.")
    record_answers(built.project, fee="return notional\n")
    assert architect(built.project.root, "generate").returncode == 1
    record_answers(built.project)
    with psycopg.connect(fresh_stores.database_url) as connection:
        rows = connection.execute(
            "select module, accepted, stage from system_logs.gate_verdicts"
        ).fetchall()
    assert rows == [("fee", False, "contract")]


@pytest.mark.slow
def test_a_store_that_is_away_is_no_reason_to_fail(built: Bench) -> None:
    (built.project.root / ".env").write_text(
        "DATABASE_URL=postgresql://nobody@127.0.0.1:1/none\nREDIS_URL=redis://127.0.0.1:1/0\n"
    )
    assert architect(built.project.root, "generate", "fee", "--force").returncode == 0


def test_a_refusal_says_how_to_be_asked_again(make_bench: object) -> None:
    bench: Bench = make_bench("fee")  # type: ignore[operator]
    record_answers(bench.project, fee="return notional\n")
    done = architect(bench.project.root, "generate")
    assert done.returncode == 1
    reply = next((bench.project.replies / "fee").glob("*.md"))
    place = reply.relative_to(bench.project.root)
    assert f"rm {place} to ask again" in done.stderr
    told = done.stderr.splitlines()
    assert "refused  fee" in told
    (asked,) = [line for line in told if line.startswith("fee is asked for again: ")]
    assert asked.partition(": ")[2] in done.stderr.partition("error: fee: ")[2]
    reply.unlink()
    bench.answers["fee"] = [fenced(BODIES["fee"])]
    assert bench.generate().ok


def test_what_answers_will_cost_is_told_before_they_are_asked_for(
    make_bench: object,
) -> None:
    bench: Bench = make_bench("fee")  # type: ignore[operator]
    done = architect(bench.project.root, "generate")
    assert done.returncode == 1
    told = "1 to build: fee; 1 needs an answer, and no model is set"
    assert done.stderr.splitlines()[0] == told
    record_answers(bench.project)
    done = architect(bench.project.root, "generate")
    assert done.returncode == 0, done.stderr
    assert "to build" not in done.stderr
