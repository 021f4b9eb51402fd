"""Commands about specs: schema, new, edit, specs, show, diff, explain, model."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent / "pipeline"))

from pipeline_project import git, make_project, record_answers

from architect.command_line import main
from architect.skeleton import skeleton
from architect.spec_check import check_spec, errors
from architect.system.kill_switch import switch_file
from core.project import Project
from core.spec_graph import graph
from core.spec_schema import render_schema, spec_schema
from core.spec_text import parse_spec
from core.stores.embedded import Stores
from core.stores.postgres import connect
from core.trading import kill_file

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted((ROOT / "specs/trading").glob("*.yaml"))
READER = jsonschema.Draft202012Validator(spec_schema())
KINDS = ("function", "indicator", "action", "record")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project, built once."""
    root = tmp_path_factory.mktemp("specs")
    made = make_project(root / "project", ("quote", "fee", "round_trip", "spread"))
    record_answers(made)
    git(made.root, "add", "-A")
    git(made.root, "commit", "-qm", "Answer")
    assert main(["generate", "--weak", "--root", str(made.root)]) == 0
    return made


def run(project: Project, *words: str) -> int:
    return main([*words, "--root", str(project.root)])


def said(capsys: pytest.CaptureFixture[str], project: Project, *words: str) -> Any:
    capsys.readouterr()
    assert run(project, *words, "--json") == 0
    return json.loads(capsys.readouterr().out)


# --- the schema ---------------------------------------------------------------------


def test_the_published_schema_is_that_of_the_format() -> None:
    """Else: architect schema --write."""
    assert (ROOT / "specs/schema.json").read_text() == render_schema()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_spec_fits_the_published_schema(path: Path) -> None:
    assert list(READER.iter_errors(yaml.safe_load(path.read_text()))) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "funktion"),
        ("name", "Rsi"),
        ("params", {"x": {"type": "int"}}),
        ("imports", ["os"]),
        ("strength", 2),
        ("exampels", []),
        ("limits", {"time_ms": 0}),
    ],
)
def test_an_editor_would_mark_what_is_wrong(key: str, value: object) -> None:
    spec = yaml.safe_load(SHIPPED[0].read_text())
    assert list(READER.iter_errors({**spec, key: value}))


def test_every_key_is_explained_to_who_hovers_over_it() -> None:
    told = spec_schema()["properties"]
    assert [key for key in told if not told[key].get("description")] == []


# --- new and edit -------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_skeleton_is_a_spec_that_is_not_built(kind: str) -> None:
    text = skeleton("my_module", kind)
    assert list(READER.iter_errors(yaml.safe_load(text))) == []
    spec = parse_spec(text)
    found = [f.message for f in errors(check_spec(spec, graph({spec.name: spec}), {}))]
    assert found
    assert all("still to be written: TODO" in message for message in found)


def test_new_writes_once_and_names_what_is_taken(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project.spec("limit_usd")
    try:
        assert run(project, "new", "limit_usd") == 0
        assert capsys.readouterr().out == "specs/trading/limit_usd.yaml\n"
        assert run(project, "new", "limit_usd") == 1
        assert "architect edit limit_usd" in capsys.readouterr().err
        assert run(project, "generate", "limit_usd") == 1
        assert "still to be written: TODO" in capsys.readouterr().err
    finally:
        path.unlink()
    assert run(project, "new", "Limit") == 1
    assert not project.spec("Limit").exists()


def test_edit_tells_what_the_change_means(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = project.spec("fee").read_text()
    try:
        monkeypatch.setenv("EDITOR", "sed -i s/rate.$/rate./")
        monkeypatch.delenv("VISUAL", raising=False)
        assert run(project, "edit", "fee") == 0
        assert capsys.readouterr().out == "nothing is stale\n"
        monkeypatch.setenv("EDITOR", "sed -i 's/what is paid/what it costs/'")
        assert run(project, "edit", "fee") == 0
        assert "2 to build: fee, round_trip; 1 needs an" in capsys.readouterr().out
        monkeypatch.setenv("EDITOR", "sed -i 's/expect: 0.5/expect: -1/'")
        assert run(project, "edit", "fee") == 1
        assert "contradicts ensures" in capsys.readouterr().err
        monkeypatch.setenv("EDITOR", "false")
        assert run(project, "edit", "fee") == 1
        assert "false ended with code 1" in capsys.readouterr().err
        monkeypatch.setenv("EDITOR", "'vi")
        assert run(project, "edit", "fee") == 1
        told = "error: 'vi: No closing quotation\nhint: set EDITOR\n"
        assert capsys.readouterr().err == told
    finally:
        project.spec("fee").write_text(before)


# --- looking things up --------------------------------------------------------------


def test_specs_show_and_explain_tell_a_person(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "specs", "trip") == 0
    assert capsys.readouterr().out == (
        "round_trip  function   Fee of going in and out again\n"
    )
    assert run(project, "specs", "nothing_like_it") == 1
    capsys.readouterr()
    assert run(project, "show", "fee") == 0
    text = capsys.readouterr().out
    assert "intent: Fee of a trade." in text
    assert "# the accepted body of fee\nreturn notional * rate_frac\n" in text
    assert run(project, "explain", "fee") == 0
    text = capsys.readouterr().out
    assert "takes        notional (Decimal, USD): size of the trade" in text
    assert "holds        it is proportional" in text
    assert "used by      round_trip" in text
    assert "secretly" not in text
    assert "of the wrong programs tried" in text
    assert "live         the system is not running" in text


def test_explain_measures_a_strength_that_no_commit_tells(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(one: Project) -> list[str]:
        assert run(one, "explain", "fee") == 0
        lines = capsys.readouterr().out.splitlines()
        return [line for line in lines if line.startswith("accepted")]

    silent = Project(shutil.copytree(project.root, tmp_path / "silent"))
    first = git(silent.root, "rev-list", "--max-parents=0", "HEAD").strip()
    git(silent.root, "reset", "--soft", first)
    git(silent.root, "commit", "-qm", "Build all without a word about strength")
    assert told(silent) == told(project)
    assert "of the wrong programs tried" in told(silent)[0]


def test_explain_adds_up_how_it_did_live(
    project: Project,
    fresh_stores: Stores,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_stores.database_url)
    monkeypatch.setenv("REDIS_URL", fresh_stores.redis_url)
    with connect(fresh_stores.database_url) as connection:
        for number, outcome in enumerate(["ok"] * 9 + ["failed"]):
            connection.execute(
                "insert into system_logs.reflections (time_ms, module, version, tick,"
                " duration_us, outcome, error) values (%s, 'fee', 'v', 0, %s, %s, %s)",
                (number, number, outcome, None if outcome == "ok" else "ValueError: x"),
            )
    told = said(capsys, project, "explain", "fee")
    assert (told["live"]["calls"], told["live"]["failed"]) == (10, 1)
    assert run(project, "explain", "fee") == 0
    text = capsys.readouterr().out
    assert "10 calls, 1 failed; half of them took under 4 us, 95% under 9 us" in text
    assert "failed: ValueError: x" in text


def test_diff_shows_a_hand_edit_else_the_last_change(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project.module("spread")
    before = path.read_text()
    try:
        path.write_text(before.replace("ask - quote.bid", "bid - quote.ask"))
        diff = said(capsys, project, "diff", "spread")["diff"]
        assert "-    return quote.ask - quote.bid\n+    return quote.bid" in diff
    finally:
        path.write_text(before)
    assert run(project, "diff", "spread") == 1
    assert "no earlier accepted version" in capsys.readouterr().err


def test_model_shows_routes_and_no_key(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(project, "model") == 0
    assert "no model is set" in capsys.readouterr().out
    for key, value in {
        "LLM_MODEL": "small",
        "LLM_API_KEY": "sk-canary-0123456789abcdef",
        "LLM_PRICE_IN_USD": "1",
        "LLM_PRICE_OUT_USD": "2",
    }.items():
        monkeypatch.setenv(key, value)
    assert run(project, "model") == 0
    text = capsys.readouterr().out
    assert (
        "code       small at https://api.openai.com/v1 with a key, 1 in and 2 out"
        in text
    )
    assert "canary" not in text
    assert run(project, "model", "nosuch") == 1
    assert "routes: architect, code, signal, wick" in capsys.readouterr().err


def test_trades_reads_the_books(
    project: Project,
    fresh_stores: Stores,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(project, "trades") == 1
    assert capsys.readouterr().err == (
        "error: the stores are not running\n"
        "hint: architect up starts them, or set DATABASE_URL and REDIS_URL\n"
    )
    monkeypatch.setenv("DATABASE_URL", fresh_stores.database_url)
    assert run(project, "trades") == 1
    assert "or set REDIS_URL too, beside DATABASE_URL" in capsys.readouterr().err
    monkeypatch.setenv("REDIS_URL", fresh_stores.redis_url)
    assert run(project, "trades") == 0
    assert "no trades" in capsys.readouterr().out
    with connect(fresh_stores.database_url) as connection:
        connection.execute(
            "insert into trading_data.trades (trade_id, symbol, side, size, entry_price,"
            " exit_price, opened_ms, closed_ms, realised_usd, fees_usd, exit_reason) values"
            " ('a', 'PF_XBTUSD', 'long', 0.5, 100, 110, 0, 60000, 5, 0.25, 'take profit'),"
            " ('b', 'PF_ETHUSD', 'short', 2, 50, null, 60000, null, 0, 0.1, null)"
        )
    assert run(project, "trades") == 0
    assert capsys.readouterr().out == (
        "1970-01-01 00:01  PF_ETHUSD    short 2 at 50 -> open  -0.10 USD"
        "  so far, without what floats\n"
        "1970-01-01 00:00  PF_XBTUSD    long  0.5 at 100 -> 110  +4.75 USD  take profit\n"
    )


AWAY = "postgresql://me:hidden@127.0.0.1:1/none"


@pytest.mark.parametrize(
    "words", [["status", "--watch"], ["trades"], ["incidents"], ["incident", "1"]]
)
def test_stores_that_do_not_answer_are_one_line(
    project: Project,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", AWAY)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert run(project, *words) == 1
    error, hint, *rest = capsys.readouterr().err.splitlines()
    assert error.startswith("error: cannot reach Postgres at postgresql://me:***@")
    assert (hint, rest) == (
        "hint: start it, or unset DATABASE_URL to use the embedded one",
        [],
    )


def test_explain_does_without_a_database_that_does_not_answer(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", AWAY)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert run(project, "explain", "fee") == 0
    out, told = capsys.readouterr()
    assert told.startswith("note: cannot reach Postgres")
    assert "live         not known: cannot reach Postgres" in out
    assert said(capsys, project, "explain", "fee")["live"] is None


# --- what is no name, no folder and no sentence --------------------------------------


@pytest.mark.parametrize(
    ("name", "error", "hint"),
    [
        ("", "'' is not a lower_snake_case name", "architect new spread_limit"),
        ("Foo", "'Foo' is not a lower_snake_case name", "architect new foo"),
        ("foo-bar", "'foo-bar' is not a lower_snake_case name", "architect new foo_bar"),
        ("../x", "'../x' is not a lower_snake_case name", "architect new x"),
        ("class", "'class' is a word of Python", "architect new class_NAME"),
        ("a" * 300, "a name of 300 letters", "100 letters at most"),
    ],
)  # fmt: skip
def test_new_refuses_what_names_no_module(
    project: Project,
    name: str,
    error: str,
    hint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(project, "new", name) == 1
    assert capsys.readouterr().err == f"error: {error}\nhint: {hint}\n"


def test_edit_of_a_name_that_no_file_can_have_is_told(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "edit", "a" * 300) == 1
    assert "error: there is no spec 'aaa" in capsys.readouterr().err


def test_a_root_that_is_no_folder_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--root", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err == (
        f"error: there is no folder {tmp_path / 'none'}\n"
        "hint: run the command inside the checkout, or give its folder by --root DIR\n"
    )


@pytest.mark.parametrize("words", [[""], [" ", ""]])
def test_nothing_is_asked_for_is_told(
    project: Project, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "ask", *words) == 2
    assert "error: nothing is asked for\nhint: " in capsys.readouterr().err


# --- history ------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["log", "diff", "rollback", "explain"])
def test_a_git_that_will_not_read_the_history_is_told(
    project: Project,
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not that there is no version."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert run(project, command, "fee") == 1
    said = capsys.readouterr().err
    assert "detected dubious ownership" in said
    assert "hint: run it as the owner of the folder" in said
    assert "version" not in said


def test_log_says_of_a_spec_that_it_was_never_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_project(tmp_path / "project", ("quote", "fee"))
    assert run(made, "log", "fee") == 1
    assert capsys.readouterr().err == (
        "error: fee was never built\nhint: architect generate fee\n"
    )


# --- what is broken -----------------------------------------------------------------


@pytest.fixture
def broken(project: Project, tmp_path: Path) -> Project:
    """The project with a spec that is none any more."""
    made = Project(shutil.copytree(project.root, tmp_path / "broken"))
    made.spec("fee").write_bytes(b"name: fee\nkind: [\n# caf\xe9\n")
    return made


def test_a_broken_spec_is_shown_as_it_is_beside_what_was_accepted(
    broken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(broken, "show", "fee") == 0
    out, told = capsys.readouterr()
    assert out.startswith("name: fee\nkind: [\n")
    assert "return notional * rate_frac\n" in out
    assert "fee.yaml: line 3, column 6: not UTF-8" in told


@pytest.mark.parametrize("command", ["show", "log"])
def test_a_broken_spec_is_in_no_other_ones_way(
    broken: Project, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(broken, command, "spread") == 0
    assert run(broken, command, "quot") == 1
    assert capsys.readouterr().err == (
        "error: there is no spec 'quot'\nhint: did you mean 'quote'?\n"
    )


def test_the_status_of_all_others_is_shown_beside_a_broken_spec(
    broken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    switch_file(broken).parent.mkdir(parents=True)
    kill_file.write(switch_file(broken), "news")
    assert run(broken, "status", "--json") == 1
    out, told = capsys.readouterr()
    assert told.startswith("HALTED: news; ")
    rows = {row["name"]: row for row in json.loads(out)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "quote": "ok", "spread": "ok", "fee": "broken", "round_trip": "broken",
    }  # fmt: skip
    assert "fee.yaml: line 3, column 6: not UTF-8" in rows["fee"]["why"]
    assert "uses fee, whose spec is broken" in rows["round_trip"]["why"]
    assert rows["fee"]["version"]
    capsys.readouterr()
    assert run(broken, "status", "spread") == 0


def test_a_module_is_brought_back_beside_a_broken_spec_that_does_not_need_it(
    broken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("spread", "fee"):
        accepted = broken.module(name).read_bytes()
        broken.module(name).write_bytes(accepted + b"# by hand\n")
        done = run(broken, "rollback", name)
        told = capsys.readouterr()
        if name == "spread":
            assert done == 0, told.err
            assert "spread is the accepted version again" in told.out
            assert broken.module(name).read_bytes() == accepted
        else:
            assert done == 1
            assert "fee.yaml: line 3, column 6: not UTF-8" in told.err


def test_no_module_is_brought_back_whose_user_cannot_be_judged(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Project(shutil.copytree(project.root, tmp_path / "project"))
    made.spec("round_trip").write_text("- a\n")
    made.module("fee").write_bytes(made.module("fee").read_bytes() + b"# by hand\n")
    assert run(made, "rollback", "fee") == 1
    assert "round_trip.yaml: a spec is a mapping" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["adopt"], ["show", "--only", "body"]])
def test_a_module_that_is_no_text_any_more_is_told(
    project: Project,
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = Project(shutil.copytree(project.root, tmp_path / "project"))
    path = made.module("fee")
    path.write_bytes(path.read_bytes() + b"# caf\xe9\n")
    assert run(made, *words, "fee") == 1
    assert capsys.readouterr().err == (
        f"error: {path} cannot be read: it is not UTF-8\n"
        "hint: architect rollback fee brings the accepted one back\n"
    )
