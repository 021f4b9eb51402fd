"""The chat on a real terminal: the keys, the history, Ctrl-C, a dumb terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from chat_server import ChatServer, Exchange, in_turn, says
from draft_answers import BODY, MAKER_FEE, block
from pipeline_project import fenced
from pty_terminal import ALT_ENTER, CTRL_C, CTRL_D, ENTER, TAB, UP, Terminal

from architect.chat.transcripts import names
from core.manifest import read_manifest
from core.project import Project


def settings(server: ChatServer) -> dict[str, str]:
    return {
        "LLM_API_URL": server.url,
        "LLM_MODEL": "small",
        "LLM_PRICE_IN_USD": "1",
        "LLM_PRICE_OUT_USD": "2",
        "LLM_RETRIES": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(*in_turn("One.", "Two.")) as one:
        yield one


def sent(server: ChatServer, number: int) -> str:
    return str(server.requests[number].request["messages"][-1]["content"])


def decline(terminal: Terminal) -> None:
    """Say no once it is asked whether to build, and end the chat."""
    terminal.until("Write these specs and build them? [y/N]")
    terminal.type("n" + ENTER)
    terminal.until("\n>", count=2)
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_keys_history_completion_and_lines(
    project: Project, server: ChatServer
) -> None:
    with Terminal("chat", cwd=project.root, settings=settings(server)) as terminal:
        terminal.until("\n>")
        terminal.type("why round_t" + TAB)
        terminal.until("> why round_trip")
        terminal.type(ALT_ENTER + "and fee?" + ENTER)
        terminal.until("One.")
        terminal.type("/sta" + TAB)
        terminal.until("> /status")
        terminal.type(" fee" + ENTER)
        terminal.until("0 of 1 up to date")
        terminal.type(UP + UP)
        terminal.until("and fee?", count=2)
        terminal.type(ENTER)
        terminal.until("Two.")
        terminal.type("/help" + ENTER)
        terminal.until("Alt-Enter")
        terminal.type("/quit" + ENTER)
        assert terminal.end() == 0
    assert sent(server, 0).rstrip().endswith("why round_trip\nand fee?")
    assert sent(server, 1).rstrip().endswith("why round_trip\nand fee?")


def test_ctrl_c_stops_an_answer_and_keeps_the_session(project: Project) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.head(200, content_type="text/event-stream")
        exchange.event(
            '{"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m",'
            ' "choices": [{"index": 0, "delta": {"content": "Once upon a time "},'
            ' "finish_reason": null}]}'
        )
        exchange.stopped.wait()

    with (
        ChatServer(slow, says("Here I am.")) as server,
        Terminal("chat", cwd=project.root, settings=settings(server)) as terminal,
    ):
        terminal.until("\n>")
        terminal.type("tell me of fee" + ENTER)
        terminal.until("Once upon a")
        terminal.type(CTRL_C)
        terminal.until("stopped")
        terminal.until("\n>", count=2)
        terminal.type("half a li" + CTRL_C)
        terminal.type("are you there, fee?" + ENTER)
        terminal.until("Here I am.")
        terminal.type("/cost --by job" + ENTER)
        terminal.until("never settled")
        terminal.type("/quit" + ENTER)
        assert terminal.end() == 0
        assert "note: the answer was stopped" in sent(server, 1)
        assert sent(server, 1).rstrip().endswith("are you there, fee?")


def test_a_proposal_is_shown_and_built_on_a_yes(project: Project) -> None:
    answers = in_turn(f"So:\n\n{block(MAKER_FEE)}", fenced(BODY))
    with (
        ChatServer(*answers) as server,
        Terminal("chat", cwd=project.root, settings=settings(server)) as terminal,
    ):
        terminal.until("\n>")
        terminal.type("what does a resting order pay?" + ENTER)
        terminal.until("Write these specs and build them? [y/N]")
        assert "maker_fee (new)" in terminal.text
        assert "+kind: function" in terminal.text
        terminal.type("y" + ENTER)
        terminal.until("maker_fee: built and committed")
        terminal.type("/quit" + ENTER)
        assert terminal.end() == 0
    assert "maker_fee" in read_manifest(project.manifest).modules


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_a_yes_that_was_typed_before_the_question_is_none(
    project: Project, term: str
) -> None:
    def slow(exchange: Exchange) -> None:
        typed.wait(30)
        says(block(MAKER_FEE))(exchange)

    typed = threading.Event()
    with (
        ChatServer(slow) as server,
        Terminal(
            "chat", cwd=project.root, settings=settings(server), term=term
        ) as terminal,
    ):
        terminal.until("\n>")
        terminal.type("what does a resting order pay?" + ENTER)
        terminal.until("asking small")
        terminal.type("y" + ENTER)
        terminal.until("\ny")
        typed.set()
        decline(terminal)
    assert not project.spec("maker_fee").exists()


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_a_yes_that_came_with_the_sentence_is_none(project: Project, term: str) -> None:
    """Keys that were read together with it, as when they are pasted."""
    with (
        ChatServer(says(block(MAKER_FEE))) as server,
        Terminal(
            "chat", cwd=project.root, settings=settings(server), term=term
        ) as terminal,
    ):
        terminal.until("\n>")
        terminal.type("what does a resting order pay?" + ENTER + "y" + ENTER)
        decline(terminal)
    assert not project.spec("maker_fee").exists()
    assert len(server.requests) == 1


def test_a_broken_spec_is_in_no_way_of_the_tab_key(
    project: Project, server: ChatServer
) -> None:
    project.spec("fee").write_text("name: [")
    with Terminal("chat", cwd=project.root, settings=settings(server)) as terminal:
        terminal.until("\n>")
        terminal.type("/hel" + TAB)
        terminal.until("> /help")
        terminal.type(" round_t" + TAB + "\b" * 8 + ENTER)
        terminal.until("Alt-Enter")
        terminal.type(CTRL_D)
        assert terminal.end() == 0
        assert "Press ENTER" not in terminal.text
        assert "Traceback" not in terminal.text


def test_a_dumb_terminal_will_do(project: Project, server: ChatServer) -> None:
    with Terminal(
        "chat", cwd=project.root, settings=settings(server), term="dumb"
    ) as terminal:
        terminal.until("\n>")
        terminal.type("why fee?\n")
        terminal.until("One.")
        terminal.type("/specs trip\n")
        terminal.until("Fee of going in and out again")
        assert "\x1b" not in terminal.text
        terminal.type(CTRL_D)
        assert terminal.end() == 0


def test_the_next_chat_knows_the_history_and_can_go_on(
    project: Project, server: ChatServer
) -> None:
    with Terminal("chat", cwd=project.root, settings=settings(server)) as terminal:
        terminal.until("\n>")
        terminal.type("why fee?" + ENTER)
        terminal.until("\n>", count=2)  # its keys are read again
        terminal.type(CTRL_D)
        terminal.end()
    (name,) = names(project.data / "chat")
    with Terminal(
        "chat", "--resume", name[:12], cwd=project.root, settings=settings(server)
    ) as terminal:
        terminal.until("architect: One.")
        terminal.until("\n>")
        terminal.type(UP + ENTER)
        terminal.until("Two.")
        terminal.type("/quit" + ENTER)
        assert terminal.end() == 0
    assert names(project.data / "chat") == [name]
    assert "architect: One." in sent(server, 1)
    assert sent(server, 1).rstrip().endswith("The person says:\n\nwhy fee?")


def test_the_start_says_that_no_model_is_set_and_what_to_set(
    project: Project, server: ChatServer
) -> None:
    said = "no model is set, so nobody answers: set LLM_MODEL, LLM_PRICE_IN_USD"
    with Terminal("chat", cwd=project.root, settings={"TERM": "dumb"}) as terminal:
        terminal.until(said)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    dumb = {**settings(server), "TERM": "dumb"}
    with Terminal("chat", cwd=project.root, settings=dumb) as terminal:
        terminal.until("\n>")
        assert "no model is set" not in terminal.text
        terminal.type(CTRL_D)
        assert terminal.end() == 0
