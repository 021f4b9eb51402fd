"""Who answers: the record, a live model, the relay, and else a loud miss."""

from __future__ import annotations

import dataclasses
import os
import re
import time
import traceback
from pathlib import Path

import pytest
from chat_server import BODY, ChatServer, refuses, says, status

from architect.config import read_config
from architect.models.access import SET_A_MODEL, Models
from architect.models.prompt import Prompt
from architect.models.relay import Relay
from core.errors import (
    AnswerRefused,
    ModelError,
    ModelRejected,
    ReplyChanged,
    ReplyMissing,
)
from core.project import Project

CANARY = "sk-canary-0123456789abcdef"
PROMPT = Prompt("code", "rsi", "Write.", "The body of rsi.\n")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def models(project: Project, server: ChatServer | None = None, **values: str) -> Models:
    live = {
        "LLM_API_URL": server.url if server else "",
        "LLM_API_KEY": CANARY if server else "",
        "LLM_MODEL": "small" if server else "",
        "LLM_PRICE_IN_USD": "1",
        "LLM_PRICE_OUT_USD": "1",
        "LLM_RETRIES": "0",
    }
    return Models.from_config(read_config(project, {**live, **values}))


def put_answer(project: Project, text: str) -> Relay:
    relay = Relay(project.data / "relay")
    relay.folder.mkdir(parents=True, exist_ok=True)
    path = relay.answer_path(PROMPT)
    path.write_text(text)
    os.utime(path, (time.time() - 5,) * 2)
    return relay


def test_a_live_answer_is_recorded_and_never_asked_for_again(project: Project) -> None:
    with ChatServer() as server:
        with models(project, server) as one:
            first = one.ask(PROMPT)
        with models(project, server) as two:
            second = two.ask(PROMPT)
    assert len(server.requests) == 1
    assert (first.source, second.source) == ("live", "recorded")
    assert first.text == second.text == BODY
    assert first.path == second.path
    assert first.file_sha256 == second.file_sha256
    assert first.cost_usd > second.cost_usd == 0


def test_with_no_key_a_recorded_reply_answers(project: Project) -> None:
    with ChatServer() as server, models(project, server) as one:
        one.ask(PROMPT)
    assert models(project).ask(PROMPT).text == BODY


@pytest.mark.parametrize(
    "change", [{"user": "x"}, {"system": ""}, {"job": "wick"}, {"sample": 1}]
)
def test_a_changed_prompt_is_a_loud_miss(
    project: Project, change: dict[str, str]
) -> None:
    with ChatServer() as server, models(project, server) as one:
        one.ask(PROMPT)
    changed = dataclasses.replace(PROMPT, **change)  # type: ignore[arg-type]
    with pytest.raises(ReplyMissing) as caught:
        models(project).ask(changed)
    assert changed.digest[:16] in str(caught.value)
    assert "rsi" in str(caught.value)
    assert "LLM_API_KEY" in str(caught.value.hint)


def test_the_miss_shows_what_changed(project: Project) -> None:
    with ChatServer() as server, models(project, server) as one:
        one.ask(PROMPT)
    changed = dataclasses.replace(PROMPT, user="The body of rsi, quickly.\n")
    with pytest.raises(ReplyMissing, match=r"\+The body of rsi, quickly\."):
        models(project).ask(changed)


def test_a_changed_reply_is_never_replaced_in_silence(project: Project) -> None:
    with ChatServer() as server:
        with models(project, server) as one:
            path = project.replies / one.ask(PROMPT).path
        path.write_bytes(path.read_bytes().replace(b"return 1", b"return 2"))
        with models(project, server) as two, pytest.raises(ReplyChanged):
            two.ask(PROMPT)
    assert len(server.requests) == 1


def test_without_a_live_route_the_relay_answers_and_is_tidied(project: Project) -> None:
    relay = put_answer(project, "By hand:\n" + BODY)
    reply = models(project, LLM_RELAY="yes").ask(PROMPT)
    assert (reply.text, reply.model, reply.source) == (
        "By hand:\n" + BODY,
        "relay",
        "relay",
    )
    assert list(relay.folder.iterdir()) == []
    assert models(project).ask(PROMPT).source == "recorded"


def test_prompts_are_laid_out_for_the_relay_where_their_job_has_no_model(
    project: Project,
) -> None:
    own = {"LLM_RELAY": "yes", "LLM_ARCHITECT_MODEL": "small"}
    own |= {"LLM_ARCHITECT_API_URL": "http://127.0.0.1:9/v1"}
    own |= {f"LLM_ARCHITECT_PRICE_{side}_USD": "0" for side in ("IN", "OUT")}
    drafting = Prompt("architect", "ask", "", "A fee.")
    with models(project, **own) as one:
        one.post([drafting, PROMPT])
        assert one.relay is not None
        assert one.relay.waiting() == [one.relay.prompt_path(PROMPT)]


def test_a_live_failure_ends_at_the_relay_when_it_is_on(project: Project) -> None:
    with ChatServer(status(400)) as server:
        with models(project, server) as one, pytest.raises(ModelRejected):
            one.ask(PROMPT)
        put_answer(project, BODY)
        with models(project, server, LLM_RELAY="on") as two:
            assert two.ask(PROMPT).source == "relay"


def test_the_command_line_may_switch_the_relay(project: Project) -> None:
    config = read_config(project, {"LLM_RELAY": "yes"})
    assert Models.from_config(config, relay=False).relay is None
    assert Models.from_config(config).relay is not None


def test_a_refusal_is_not_recorded(project: Project) -> None:
    with ChatServer(refuses(), says(BODY)) as server, models(project, server) as one:
        with pytest.raises(AnswerRefused):
            one.ask(PROMPT)
        assert one.ask(PROMPT).text == BODY


def test_a_screen_that_fails_costs_no_answer(project: Project) -> None:
    """A closed pipe is no fault of the model: what was paid for is kept, once."""
    shown: list[str] = []

    def show(piece: str) -> None:
        shown.append(piece)
        raise BrokenPipeError("the reader is gone")

    more = {"LLM_ROUTES": "local", "LLM_CODE_FALLBACKS": "local", "LLM_RETRIES": "2"}
    with ChatServer() as server, ChatServer() as other:
        more["LLM_LOCAL_API_URL"] = other.url
        more["LLM_LOCAL_PRICE_IN_USD"] = more["LLM_LOCAL_PRICE_OUT_USD"] = "0"
        with models(project, server, **more) as one:
            with pytest.raises(BrokenPipeError, match="the reader is gone") as caught:
                one.ask(PROMPT, on_text=show)
            assert one.ask(PROMPT).source == "recorded"
    assert (len(server.requests), len(other.requests)) == (1, 0)
    assert shown == [BODY[:7]]
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    held = [type(v).__module__ for f in frames for v in f.f_locals.values()]
    assert not [name for name in held if name.startswith(("openai", "httpx2"))]


def test_a_fallback_is_named_in_the_reply_file(project: Project) -> None:
    more = {"LLM_ROUTES": "local", "LLM_CODE_FALLBACKS": "local"}
    with ChatServer(status(400)) as bad, ChatServer() as good:
        more["LLM_LOCAL_API_URL"] = good.url
        more["LLM_LOCAL_PRICE_IN_USD"] = more["LLM_LOCAL_PRICE_OUT_USD"] = "0"
        with models(project, bad, **more) as one:
            reply = one.ask(PROMPT)
    assert "authorization" not in good.requests[0].headers
    text = (project.replies / reply.path).read_text()
    assert "route: local\ninstead_of:\n- code\n" in text


def test_a_route_can_be_asked_by_name(project: Project) -> None:
    more = {"LLM_ROUTES": "big", "LLM_BIG_MODEL": "huge"}
    more |= {"LLM_BIG_PRICE_IN_USD": "1", "LLM_BIG_PRICE_OUT_USD": "1"}
    with ChatServer() as server, models(project, server, **more) as one:
        one.ask(PROMPT, route="big")
    assert server.requests[0].request["model"] == "huge"


# --- keys ---------------------------------------------------------------------------


def files_with_key(project: Project) -> list[Path]:
    files = [path for path in project.root.rglob("*") if path.is_file()]
    return [path for path in files if b"canary" in path.read_bytes()]


def test_a_prompt_with_a_key_is_never_sent(project: Project) -> None:
    leaking = dataclasses.replace(PROMPT, user=f"Use {CANARY}")
    with ChatServer() as server, models(project, server, LLM_RELAY="yes") as one:
        with pytest.raises(ModelError, match="keys or passwords") as caught:
            one.ask(leaking)
        assert server.requests == []
    assert "canary" not in f"{caught.value} {caught.value.hint}"
    assert files_with_key(project) == []


def test_a_prompt_with_a_key_is_not_laid_out_for_the_relay(project: Project) -> None:
    """Those beside it are; whoever asks for it is told why."""
    leaking = dataclasses.replace(PROMPT, user=f"Use {CANARY}")
    with models(project, LLM_RELAY="yes", EXCHANGE_API_KEY=CANARY) as one:
        one.post([leaking, PROMPT])
        assert one.relay is not None
        assert one.relay.waiting() == [one.relay.prompt_path(PROMPT)]
        with pytest.raises(ModelError, match="keys or passwords"):
            one.ask(leaking)
    assert files_with_key(project) == []


def test_an_answer_with_a_key_is_not_recorded(project: Project) -> None:
    leaking = says(f"```\nkey = '{CANARY}'\n```")
    with (
        ChatServer(leaking) as server,
        models(project, server) as one,
        pytest.raises(ModelError) as caught,
    ):
        one.ask(PROMPT)
    assert "canary" not in f"{caught.value} {caught.value.hint}"
    assert files_with_key(project) == []


def test_a_model_name_that_holds_a_key_is_blotted_out(project: Project) -> None:
    with ChatServer(says(BODY, model=CANARY)) as server, models(project, server) as one:
        assert one.ask(PROMPT).model == "***"
    assert files_with_key(project) == []


@pytest.mark.parametrize("left_out", ["LLM_API_URL", "LLM_API_KEY"])
def test_whoever_follows_the_hint_has_a_model(project: Project, left_out: str) -> None:
    """All that is named, with either a key or a server of one's own."""
    keys = set(re.findall(r"LLM_[A-Z_]+", SET_A_MODEL)) - {left_out}
    given = {**dict.fromkeys(keys, "0"), "LLM_API_URL": "http://127.0.0.1:1/v1"}
    process = {key: given[key] for key in keys}
    assert "architect" in read_config(project, process).routes
