"""The chat over a pipe, against a model over real HTTP: what is said, kept and applied."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from chat_server import ChatServer, in_turn, says, status
from draft_answers import BODY, MAKER_FEE, block, without_examples
from pipeline_project import fenced, git

from architect.chat.context import context, in_question
from architect.chat.lines import completions
from architect.chat.prompt import MOST_CHARS, chat_prompt
from architect.chat.slash import TABLE, help_text, read_slash, whole_name
from architect.chat.stream import CleanStream
from architect.chat.transcripts import begin, names, read
from architect.chat.turn import Turn
from architect.chat.wanted import change_wanted
from architect.command_table import CHAT_ONLY, COMMANDS, SHELL_ONLY
from architect.config import load
from architect.drafts.request import Request
from architect.secrets import Secrets
from core.errors import ArchitectError
from core.manifest import read_manifest
from core.project import Project
from core.spec_graph import load_graph
from core.stores.embedded import Stores
from core.stores.postgres import connect

CANARY = "sk-canary-0123456789abcdef"


def chat(
    project: Project, server: ChatServer | None, text: str, *words: str, code: int = 0
) -> str:
    """Run a chat that is fed from a pipe; return all that it said."""
    settings = {
        "LLM_API_URL": server.url,
        "LLM_API_KEY": CANARY,
        "LLM_MODEL": "small",
        "LLM_PRICE_IN_USD": "1",
        "LLM_PRICE_OUT_USD": "2",
        "LLM_RETRIES": "0",
    } if server else {}  # fmt: skip
    command = [sys.executable, "-m", "architect", "chat", *words]
    done = subprocess.run(
        [*command, "--root", str(project.root)], input=text, text=True,
        env={**os.environ, **settings}, timeout=120, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    return done.stdout


def sent(server: ChatServer, number: int = 0) -> str:
    return str(server.requests[number].request["messages"][-1]["content"])


# --- talking ------------------------------------------------------------------------


def test_a_question_goes_with_the_right_context_and_is_streamed(
    project: Project,
) -> None:
    with ChatServer(says("It is what a trade costs.")) as server:
        said = chat(project, server, "what is round_trip for?\n")
    assert "It is what a trade costs." in said
    assert server.requests[0].request["stream"] is True
    prompt = sent(server)
    assert "## round_trip" in prompt
    assert "intent: Fee of going in and out again." in prompt
    assert "It was never built." in prompt
    assert "The system is not running." in prompt
    assert prompt.rstrip().endswith("what is round_trip for?")


def test_what_was_said_before_is_said_again_also_after_a_resume(
    project: Project,
) -> None:
    with ChatServer(*in_turn("One.", "Two.", "Three.")) as server:
        chat(project, server, "tell me of spread\nand then?\n")
        said = chat(project, server, "go on\n", "--resume")
    assert "person: tell me of spread\n\narchitect: One." in sent(server, 1)
    assert "## spread" in sent(server, 1)  # still what is talked about
    assert "architect: Two." in sent(server, 2)
    assert "architect: Two." in said
    kept = names(project.data / "chat")
    assert len(kept) == 1
    assert chat(project, None, "", "--list") == f"{kept[0]}\n"


def test_a_proposal_is_applied_only_on_a_yes(project: Project) -> None:
    answers = (f"So:\n\n{block(MAKER_FEE)}", fenced(BODY))
    with ChatServer(*in_turn(*answers)) as server:
        said = chat(project, server, "what does a resting order pay?\nno\n")
        assert not project.spec("maker_fee").exists()
        assert len(server.requests) == 1
        assert "+++ b/specs/trading/maker_fee.yaml" in said
        said = chat(project, server, "what does a resting order pay?\ny\n")
    assert "maker_fee: built and committed" in said
    assert "maker_fee" in read_manifest(project.manifest).modules
    assert "what does a resting order pay?" in git(project.root, "log", "-1")
    turns = read(project.data / "chat" / f"{names(project.data / 'chat')[-1]}.jsonl")
    assert turns[-1].text == "the proposal was applied and stands"


def test_at_the_end_of_the_input_nothing_is_applied(project: Project) -> None:
    with ChatServer(says(block(MAKER_FEE))) as server:
        chat(project, server, "what does a resting order pay?")
    assert not project.spec("maker_fee").exists()


def test_a_proposal_that_will_not_do_is_told_to_both(project: Project) -> None:
    weak = block(without_examples(MAKER_FEE, 2))
    with ChatServer(*in_turn(weak, "Better.")) as server:
        said = chat(project, server, "what does a resting order pay?\ny\n")
    assert "error: maker_fee: 2 visible examples" in said
    assert not project.spec("maker_fee").exists()
    assert "note: it will not do: maker_fee: 2 visible" in sent(server, 1)


CHANGE = """\
A resting order should pay the maker fee:

```yaml
change: a new module for what a resting order pays, nothing for a rebate
about: [fee, no_such]
```
"""


def test_a_change_is_drafted_by_a_prompt_of_its_own(project: Project) -> None:
    """As by `architect ask`: what will not do goes back before a person sees it, and
    what is open is asked in the chat."""
    answers = (
        CHANGE,
        block('questions: ["May it be negative?"]'),
        block(without_examples(MAKER_FEE, 2)),
        block(MAKER_FEE),
        fenced(BODY),
    )
    with ChatServer(*in_turn(*answers)) as server:
        said = chat(project, server, "what does a resting order pay?\nno\ny\n")
    first, drafted, answered, again = (sent(server, n) for n in range(4))
    assert "## A whole spec" not in first
    assert "a new module for what a resting order pays" in drafted
    assert "### A whole spec" in drafted
    assert "intent: Fee of a trade." in drafted  # it is about fee
    assert "May it be negative?\n  no" in answered
    assert "2 visible examples; at least 3 are needed" in again
    assert "maker_fee: built and committed" in said
    log = git(project.root, "log", "-1", "--format=%B")
    assert "a new module for what a resting order pays" in log


def test_what_is_still_asked_in_the_end_is_told_to_both(project: Project) -> None:
    asks = (block(f'questions: ["Which {number}?"]') for number in range(1, 5))
    with ChatServer(*in_turn(CHANGE, *asks, "Well.")) as server:
        said = chat(project, server, "what does it pay?\none\ntwo\nthree\nso?\n")
    assert "question: Which 4?" in said
    assert "question: Which 3?" not in said  # it was asked
    assert "note: it still asks: Which 4?" in sent(server, 5)


def test_a_chat_may_remove_a_spec(project: Project) -> None:
    answers = (CHANGE, block("remove: [round_trip]"))
    with ChatServer(*in_turn(*answers)) as server:
        said = chat(project, server, "we need no round_trip\ny\n")
    assert "+++ /dev/null" in said
    assert "round_trip: removed and committed" in said
    assert not project.spec("round_trip").exists()


@pytest.mark.parametrize(
    ("block_text", "wanted"),
    [
        ("change: halve it\nabout: [fee]", Request("halve it", ("fee",))),
        (
            "change: halve it: by two\nabout: [fee]",
            Request("halve it: by two", ("fee",)),
        ),
        ("change: |\n  halve\n  it", Request("halve it")),
        ("change: [1]", None),
        ("changes: x", None),
        ("expect: 1", None),
    ],
)
def test_what_an_answer_wants_changed_is_read(
    project: Project, block_text: str, wanted: Request | None
) -> None:
    graph = load_graph(project.specs)
    assert change_wanted(f"So.\n\n```yaml\n{block_text}\n```\n", graph) == wanted


def test_an_excerpt_in_yaml_is_no_proposal(project: Project) -> None:
    with ChatServer(says("It says:\n\n```yaml\nexpect: 1\n```\n")) as server:
        said = chat(project, server, "what does fee say?\n")
    assert "error" not in said


def test_a_route_that_fails_ends_a_turn_and_not_the_chat(project: Project) -> None:
    with ChatServer(status(400, "no such model"), says("Now.")) as server:
        said = chat(project, server, "hello fee\nhello again fee\n", code=1)
    assert "answered 400: no such model" in said
    assert "Now." in said


def test_a_line_that_ends_in_a_backslash_goes_on(project: Project) -> None:
    with ChatServer(says("Yes.")) as server:
        chat(project, server, "is fee \\\nright?\n")
    assert sent(server).rstrip().endswith("is fee \nright?")


def test_no_key_is_kept_or_shown(project: Project) -> None:
    """Neither one that is typed, nor one that a server repeats in pieces."""
    with ChatServer(says(f"Your key is {CANARY}, is it not?")) as server:
        said = chat(project, server, f"my key is {CANARY}\nwhat is my key?\n", code=1)
    assert len(server.requests) == 1  # the first was never sent
    assert "canary" not in said
    for path in project.root.rglob("*"):
        if path.is_file():
            assert b"canary" not in path.read_bytes(), path


# --- commands -----------------------------------------------------------------------


def test_commands_of_the_shell_run_inside(project: Project) -> None:
    lines = ["/specs trip", "/gen --weak fee", "/statu fee", "/show fee --only body"]
    said = chat(
        project, None, "\n".join([*lines, "/log fee", "/nothing", "/quit", "x"]), code=1
    )
    assert "round_trip  function   Fee of going in and out again" in said
    assert "1 built" in said
    assert "1 of 1 up to date" in said
    assert "return notional * rate_frac" in said
    assert "Build fee: fee of a trade" in said
    assert "error: there is no command /nothing here\nhint: /help lists them" in said
    assert said.index("1 built") < said.index("1 of 1 up to date")


@pytest.mark.parametrize("line", ["/show nothing", "/nothing", "/cost --since x"])
def test_a_command_that_fails_is_told_to_who_feeds_it_from_a_pipe(
    project: Project, line: str
) -> None:
    assert "error: " in chat(project, None, f"/specs\n{line}\n/specs\n", code=1)
    chat(project, None, "/specs\n/help\n/quit\n")


def test_help_of_a_command_shows_how_it_is_called(project: Project) -> None:
    said = chat(project, None, "/help sho\n/help /quit\n")
    assert f"/show  {TABLE['show']}\n\nusage: architect show " in said
    assert "--only {spec,body}" in said
    assert f"/quit  {TABLE['quit']}\n" in said


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_what_is_not_utf_8_is_told_in_one_line(project: Project, locale: str) -> None:
    command = [sys.executable, "-m", "architect", "chat", "--root", str(project.root)]
    done = subprocess.run(
        command, input=b"caf\xe9?\n", capture_output=True, timeout=60,
        env={**os.environ, "LC_ALL": locale},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().startswith(
        "error: what was written is not UTF-8\nhint: "
    )
    assert done.stderr.count(b"\n") == 2


def test_a_chat_that_cannot_be_kept_is_told(project: Project) -> None:
    assert "error: no chat was kept yet\nhint: architect chat begins one\n" in chat(
        project, None, "", "--resume", code=1
    )
    (project.data / "chat").parent.mkdir(exist_ok=True)
    (project.data / "chat").touch()
    said = chat(project, None, "what is fee?\n/specs trip\n", code=1)
    assert f"error: cannot write {project.data}/chat/" in said
    assert "round_trip  function" in said  # the rest of it works


def test_every_command_of_the_issue_is_there() -> None:
    wanted = """specs show ask generate gate strength log diff rollback incidents status
        trades heatmap cost model edit help quit"""
    assert set(wanted.split()) <= TABLE.keys()


def test_both_read_one_table() -> None:
    assert TABLE.keys() == (COMMANDS.keys() - SHELL_ONLY) | CHAT_ONLY.keys()
    assert COMMANDS.keys() >= SHELL_ONLY
    assert all(f"/{name}" in help_text() for name in TABLE)
    assert help_text("/ask") == f"/ask  {TABLE['ask']}"


def test_a_unique_beginning_is_enough() -> None:
    assert whole_name("gen") == "generate"
    assert whole_name("gate") == "gate"
    with pytest.raises(ArchitectError, match="/s could be"):
        whole_name("s")
    with pytest.raises(ArchitectError) as caught:
        whole_name("up")
    assert caught.value.hint == "type it in a shell"
    # A service: it would hold the chat's terminal.
    with pytest.raises(ArchitectError, match="no command /signal here"):
        whole_name("signal")
    assert whole_name("exit") == "quit"
    assert read_slash('/ask "a b" --yes').words == ("a b", "--yes")
    with pytest.raises(ArchitectError, match="No closing quotation"):
        read_slash('/ask "a')


def test_names_and_commands_are_completed() -> None:
    assert completions("/st", "/st", []) == ["/status", "/strength"]
    assert completions("/show ro", "ro", ["rsi", "round_trip"]) == ["round_trip"]
    assert completions("what is r", "r", ["rsi", "round_trip", "ema"]) == [
        "round_trip",
        "rsi",
    ]
    assert completions("what ", "", ["rsi"]) == []


# --- parts --------------------------------------------------------------------------


def test_the_modules_in_question_are_named_now_or_just_before(project: Project) -> None:
    graph = load_graph(project.specs)
    turns = [Turn("person", "tell me of spread", 0), Turn("architect", "Well.", 1)]
    named, others = in_question(graph, "and fee?", turns)
    assert named == ["fee", "spread"]
    assert "round_trip" in others  # it shares the word
    assert in_question(graph, "fee, spread, quote, round_trip?", [])[1] == []


def test_how_a_module_does_live_is_told(
    project: Project, fresh_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reflections, verdicts and incidents, as data."""
    monkeypatch.setenv("DATABASE_URL", fresh_stores.database_url)
    monkeypatch.setenv("REDIS_URL", fresh_stores.redis_url)
    with connect(fresh_stores.database_url) as connection:
        connection.execute(
            "insert into system_logs.reflections (time_ms, module, version, tick,"
            " duration_us, outcome, error, args) values (7, 'fee', 'v1', 0, 3, 'failed',"
            " 'ValueError: no rate', '{\"notional\": \"1\"}')"
        )
        connection.execute(
            "insert into system_logs.incidents (module, version, kind, opened_ms, state,"
            " summary, fixed_by) values ('fee', 'v1', 'failure', 8, 'repaired', 'it failed',"
            " 'search')"
        )
        connection.execute(
            "insert into system_logs.gate_verdicts values (9, 'fee', 'd', false, 'contract',"
            " 'result: expected 1', 5)"
        )
    text = context(load(project.root), load_graph(project.specs), ["fee"])
    assert "Live: 1 call, 1 failed" in text
    assert '- failed at 7 (v1): ValueError: no rate; inputs {"notional": "1"}' in text
    assert "- incident 1 at 8, repaired by search: it failed" in text
    assert "- the gate refused a body at 9: result: expected 1" in text


def test_a_long_history_does_not_push_out_the_question(project: Project) -> None:
    turns = [Turn("person", f"{n} " + "word " * 2000, n) for n in range(9)]
    config, graph = load(project.root), load_graph(project.specs)
    short = chat_prompt(config, graph, "why fee?", [])
    long = chat_prompt(config, graph, "why fee?", turns)
    assert len(long.text) < len(short.text) + MOST_CHARS + 500
    assert "person: 8 word" in long.text
    assert long.text.rstrip().endswith("why fee?")


def test_a_resumed_chat_shows_nothing_that_a_terminal_would_obey(
    project: Project,
) -> None:
    """An answer is kept as it came; a file that somebody else made is no better."""
    one = begin(project.data / "chat", Secrets())
    one.say("architect", "Well \x1b]52;c;ZXZpbA==\x07and \x9b2J so \u202eon.")
    said = chat(project, None, "", "--resume")
    assert "architect: Well ]52;c;ZXZpbA==and 2J so on." in said


@pytest.mark.parametrize("size", [1, 3, 7, 40])
def test_a_key_in_pieces_is_never_shown(size: int) -> None:
    shown: list[str] = []
    stream = CleanStream(shown.append, Secrets((CANARY,)))
    text = f"Well: {CANARY} is it,\nand \x1b[2J no more words than these follow here."
    for start in range(0, len(text), size):
        stream(text[start : start + size])
    stream.end()
    assert "".join(shown) == (
        "Well: *** is it,\nand [2J no more words than these follow here."
    )
