"""The live route over real HTTP: what a server may do, and what a user is told."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import socket
import threading
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from chat_server import (
    BODY,
    ELEVEN_LINES,
    PROSE,
    TWO_BLOCKS,
    ChatServer,
    Step,
    cut,
    drips,
    echoes_key,
    floods,
    hangs,
    html,
    rate_limited,
    raw,
    refuses,
    says,
    status,
)

from architect.body import count_lines, extract_body
from architect.models import live as live_module
from architect.models.breaker import Breaker
from architect.models.budget import Budget, spend
from architect.models.live import Live, Waiting, most_tokens
from architect.models.prompt import Prompt
from architect.route import Route
from architect.secrets import Secrets
from core.errors import (
    AnswerIncomplete,
    AnswerRefused,
    BudgetExceeded,
    ModelError,
    ModelRejected,
    ModelUnavailable,
    ReplyUnusable,
)

CANARY = "sk-canary-0123456789abcdef"
PROMPT = Prompt("code", "rsi", "Write.", "The body of rsi.")
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


class Access:
    """A live access with a clock of its own, and all that was said and waited."""

    def __init__(self, folder: Path, *routes: Route, run_usd: str = "10") -> None:
        self.said: list[str] = []
        self.waits: list[float] = []
        self.now = 0.0
        self.folder = folder / "spend"
        budget = Budget(self.folder, Decimal(run_usd), Decimal(10))
        waiting = Waiting(lambda: self.now, self._sleep, lambda: 0.5)
        named = {route.name: route for route in routes}
        self.live = Live(named, budget, Secrets((CANARY,)), self.said.append, waiting)

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def ask(self, **kwargs: Any) -> str:
        return self.live.ask(PROMPT, "code", **kwargs).text

    @property
    def charged(self) -> Decimal:
        return sum((charge.usd for _, charge in spend(self.folder)), Decimal(0))


@pytest.fixture
def access(tmp_path: Path) -> Any:
    opened: list[Access] = []

    def make(server: ChatServer, **fields: Any) -> Access:
        also = fields.pop("also", ())
        run_usd = fields.pop("run_usd", "10")
        opened.append(Access(tmp_path, route(server, **fields), *also, run_usd=run_usd))
        return opened[-1]

    yield make
    for one in opened:
        one.live.close()


def route(server: ChatServer | str, name: str = "code", **fields: Any) -> Route:
    known = {
        "name": name,
        "model": "small",
        "url": server if isinstance(server, str) else server.url,
        "key": CANARY,
        "price_in_usd": 1000,
        "price_out_usd": 2000,
        "max_tokens": 100,
        "timeout_s": 5,
    }
    return Route.model_validate({**known, **fields})


def worst(prompt: Prompt = PROMPT) -> Decimal:
    return Decimal(most_tokens(prompt) * 1000 + 100 * 2000) / 1_000_000


# --- answers ------------------------------------------------------------------------


@BOTH
def test_an_answer_comes_as_it_was_given(access: Any, stream: bool) -> None:
    with ChatServer(says(PROSE)) as server:
        reply = access(server, stream=stream, temperature=0.2).live.ask(PROMPT, "code")
    assert (reply.text, reply.model, reply.route) == (PROSE, "small-2026", "code")
    assert (reply.source, reply.instead_of) == ("live", ())
    sent = server.requests[0].request
    assert sent["messages"] == PROMPT.messages
    assert (sent["model"], sent["max_tokens"], sent["temperature"]) == (
        "small",
        100,
        0.2,
    )


def test_a_request_carries_nothing_that_the_route_does_not_say(
    access: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Ambient: canary")
    monkeypatch.setenv("OPENAI_ORG_ID", "canary")
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with ChatServer() as server:
        access(server, key=None).ask()
    headers = server.requests[0].headers
    assert "authorization" not in headers
    assert "canary" not in str(headers)
    assert not [name for name in headers if name.startswith("x-")]


def test_a_streamed_answer_is_handed_on_in_pieces(access: Any) -> None:
    pieces: list[str] = []
    with ChatServer(says(PROSE)) as server:
        access(server).ask(on_text=pieces.append)
    assert len(pieces) > 5
    assert "".join(pieces) == PROSE


def test_a_server_that_was_asked_by_many_threads_answers_each(access: Any) -> None:
    with ChatServer() as server:
        one = access(server)
        got: list[str] = []
        threads = [
            threading.Thread(target=lambda: got.append(one.ask())) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == [BODY] * 8


@pytest.mark.parametrize(
    ("text", "wrong"),
    [(TWO_BLOCKS, "2 code blocks"), ("Sure.", "no code block"), ("```\nx = 1", "end")],
)
def test_an_answer_without_one_body_is_raw_until_the_body_is_taken(
    access: Any, text: str, wrong: str
) -> None:
    with ChatServer(says(text)) as server:
        answer = access(server).ask()
    assert answer == text
    with pytest.raises(ReplyUnusable, match=wrong):
        extract_body(answer, "rsi")


def test_prose_around_the_body_and_eleven_lines_are_no_fault_of_the_route(
    access: Any,
) -> None:
    with ChatServer(says(PROSE), says(ELEVEN_LINES)) as server:
        one = access(server)
        assert extract_body(one.ask(), "rsi") == "return 1\n"
        assert count_lines(extract_body(one.ask(), "rsi")) == 11


# --- what is tried again ------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("step", "words"),
    [
        (rate_limited(), "answered 429: slow down"),
        (status(500), "answered 500"),
        (status(503), "answered 503"),
        (status(408), "answered 408"),
        (cut, "closed the connection|in the middle"),
        (says("  \n"), "empty answer"),
        (says(BODY, finish=None), "in the middle of its answer"),
        (says(BODY, finish="tool_calls"), "ended for 'tool_calls'"),
        (says("\ud800"), "no UTF-8"),
    ],
)
def test_what_may_pass_is_tried_again_and_said_aloud(
    access: Any, step: Step, words: str, stream: bool
) -> None:
    with ChatServer(step, step, says(BODY)) as server:
        one = access(server, stream=stream)
        assert one.ask() == BODY
    assert len(server.requests) == 3
    assert one.waits == [0.25, 0.5]
    assert len(one.said) == 2
    assert re.search(words, one.said[0]), one.said
    assert "trying again in 0.2 s" in one.said[0]


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        (status(500, "boom"), ModelUnavailable, "answered 500: boom"),
        (says(None), AnswerIncomplete, "empty answer"),
        (cut, ModelUnavailable, "closed the connection before its answer was whole"),
    ],
)
def test_after_all_tries_the_last_reason_is_told(
    access: Any, step: Step, kind: type[ModelError], words: str
) -> None:
    with ChatServer(step) as server, pytest.raises(kind, match=words):
        access(server, retries=2).ask()
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        (status(400, "bad"), ModelRejected, "answered 400: bad"),
        (status(401), ModelRejected, "answered 401"),
        (status(404), ModelRejected, "answered 404"),
        (html(404), ModelRejected, "Sign in"),
        (status(307, location="http://127.0.0.1:9/"), ModelRejected, "answered 307"),
        (html(), AnswerIncomplete, "begins '<html>"),
        (raw(b""), AnswerIncomplete, "no chat completion"),
        (raw(b"{"), AnswerIncomplete, "no chat completion"),
        (raw(b"[]"), AnswerIncomplete, "no chat completion"),
        (raw(b'{"choices": []}'), AnswerIncomplete, "no chat completion"),
        (raw(b'{"choices": [{"message": 3}]}'), AnswerIncomplete, "code"),
        (says(BODY, finish="length"), AnswerIncomplete, "limit of 100 tokens"),
        (refuses(), AnswerRefused, "declined to answer: I cannot help"),
        (says(None, finish="content_filter"), AnswerRefused, "content filter"),
    ],
)
def test_what_will_not_pass_is_told_at_once(
    access: Any, step: Step, kind: type[ModelError], words: str
) -> None:
    with ChatServer(step) as server, pytest.raises(kind, match=words) as caught:
        access(server, retries=0).ask()
    assert caught.value.__context__ is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("step", [status(400), refuses(), html()])
def test_what_will_not_pass_is_asked_once(access: Any, step: Step) -> None:
    with ChatServer(step) as server, pytest.raises(ModelError):
        access(server, retries=3).ask()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "waited"), [("7", 7.25), ("0.5", 0.75), ("-3", 0.25), ("soon", 0.25)]
)
def test_a_wait_that_the_server_asks_for_is_kept(
    access: Any, header: str, waited: float
) -> None:
    with ChatServer(rate_limited(header), says(BODY)) as server:
        one = access(server)
        one.ask()
    assert one.waits == [waited]


def test_a_wait_that_is_too_long_is_an_answer(access: Any) -> None:
    with ChatServer(rate_limited("86400")) as server:
        one = access(server)
        with pytest.raises(ModelUnavailable, match="429"):
            one.ask()
    assert one.waits == []


@BOTH
@pytest.mark.parametrize("step", [hangs, drips])
def test_an_answer_has_to_be_whole_in_time(
    access: Any, step: Step, stream: bool
) -> None:
    with ChatServer(step) as server:
        one = access(server, timeout_s=0.3, retries=0, stream=stream)
        with pytest.raises(ModelUnavailable, match=r"no answer within 0\.3 s"):
            one.ask()


def test_an_endless_answer_is_cut_off(access: Any) -> None:
    with ChatServer(floods) as server, pytest.raises(ModelError):
        access(server, retries=0).ask()


def test_a_server_that_is_not_there_costs_nothing(access: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    one = access(url)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        one.ask()
    assert one.charged == 0
    assert len(one.waits) == 3


# --- fallbacks and the breaker ------------------------------------------------------


def test_a_fallback_is_asked_said_aloud_and_recorded(access: Any) -> None:
    with ChatServer(status(400, "bad")) as bad, ChatServer() as good:
        also = (route(bad, "worse"), route(good, "local"))
        one = access(bad, fallbacks=("worse", "local"), also=also)
        reply = one.live.ask(PROMPT, "code")
    assert (reply.route, reply.instead_of) == ("local", ("code", "worse"))
    assert "asking worse instead" in one.said[0]
    assert "asking local instead" in one.said[1]


def test_an_answer_costs_what_failed_routes_were_charged_too(access: Any) -> None:
    with ChatServer(status(500)) as bad, ChatServer() as good:
        also = (route(good, "local"),)
        one = access(bad, retries=1, fallbacks=("local",), also=also)
        reply = one.live.ask(PROMPT, "code")
    assert reply.cost_usd == one.charged == 2 * worst() + Decimal("0.02")


def test_when_all_routes_fail_each_is_told(access: Any) -> None:
    with ChatServer(status(400, "bad")) as bad, ChatServer(refuses()) as other:
        one = access(bad, fallbacks=("local",), also=(route(other, "local"),))
        with pytest.raises(AnswerRefused, match=r"400: bad; local .* declined"):
            one.ask()


def test_a_route_that_keeps_failing_is_left_alone_and_tried_again_later(
    access: Any,
) -> None:
    with ChatServer(*[status(500)] * 5, says(BODY)) as server:
        one = access(server, retries=0)
        for _ in range(5):
            with pytest.raises(ModelUnavailable, match="500"):
                one.ask()
        with pytest.raises(ModelUnavailable, match="left alone for 60 s"):
            one.ask()
        assert len(server.requests) == 5
        one.now += 60
        assert one.ask() == BODY
        assert one.ask() == BODY


def test_after_a_rest_one_caller_tries_for_all() -> None:
    now = [0.0]
    breaker = Breaker(1, 60, lambda: now[0])
    breaker.failed()
    now[0] = 60
    assert [breaker.wait_s(), breaker.wait_s()] == [0, 60]
    breaker.worked()
    assert breaker.wait_s() == 0


# --- money --------------------------------------------------------------------------


def test_a_call_is_charged_what_it_used(access: Any) -> None:
    with ChatServer() as server:
        one = access(server)
        reply = one.live.ask(PROMPT, "code")
    assert reply.cost_usd == one.charged == Decimal("0.02")


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "many",
        {"prompt_tokens": -5, "completion_tokens": 1},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": True, "completion_tokens": 1},
        {"prompt_tokens": 1e300, "completion_tokens": 1},
        {"prompt_tokens": "1", "completion_tokens": 1},
        {"prompt_tokens": 1, "completion_tokens": 5},
        {"prompt_tokens": 10, "completion_tokens": 1},
    ],
)
def test_a_usage_that_cannot_be_true_is_charged_in_full(
    access: Any, usage: Any
) -> None:
    with ChatServer(says(BODY, usage=usage)) as server:
        one = access(server)
        one.ask()
    assert one.charged == worst()


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_usage_over_the_limit_is_charged_as_told_and_ends_the_run(
    access: Any, finish: str
) -> None:
    """The server took no notice of the limit, and says so."""
    usage = {"prompt_tokens": 10, "completion_tokens": 20_000}
    with ChatServer(says(BODY, usage=usage, finish=finish)) as server:
        one = access(server, retries=0)
        with contextlib.suppress(AnswerIncomplete):
            one.ask()
        assert one.charged == Decimal("40.01")
        with pytest.raises(BudgetExceeded, match=r"left are -30\.0100 of 10"):
            one.ask()
    assert len(server.requests) == 1
    told = "code says it used 10 + 20000 tokens: over its limit, and charged"
    assert told in one.said


def test_it_is_charged_also_where_nobody_can_be_told(access: Any) -> None:
    def gone(text: str) -> None:
        raise BrokenPipeError("the reader is gone")

    usage = {"prompt_tokens": 10, "completion_tokens": 20_000}
    with ChatServer(says(BODY, usage=usage)) as server:
        one = access(server)
        one.live._tell = gone
        with pytest.raises(BrokenPipeError):
            one.ask()
    assert one.charged == Decimal("40.01")


@pytest.mark.parametrize(
    ("step", "charged"),
    [(status(429), 0), (status(400), 0), (status(500), 1), (cut, 1), (refuses(), 1)],
)
def test_a_failed_try_is_charged_unless_no_model_was_run(
    access: Any, step: Step, charged: int
) -> None:
    with ChatServer(step) as server:
        one = access(server, retries=0)
        with pytest.raises(ModelError):
            one.ask()
    assert one.charged == charged * worst()


def test_retries_stop_at_the_budget(access: Any) -> None:
    with ChatServer(status(500)) as server:
        one = access(server, retries=9, run_usd=str(2 * worst()))
        with pytest.raises(BudgetExceeded, match=r"rsi \(code\)"):
            one.ask()
    assert len(server.requests) == 2
    assert one.charged == 2 * worst()


def test_a_call_that_is_interrupted_stays_charged(access: Any) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with ChatServer(says(PROSE)) as server:
        one = access(server)
        with pytest.raises(KeyboardInterrupt):
            one.ask(on_text=interrupt)
    assert one.charged == worst()


def test_a_route_that_costs_nothing_needs_no_budget(access: Any) -> None:
    with ChatServer() as server:
        one = access(server, price_in_usd=0, price_out_usd=0, run_usd="0")
        assert one.ask() == BODY


# --- keys ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        *[echoes_key(code) for code in (307, 400, 401, 404, 429, 500)],
        refuses(f"because {CANARY}"),
        raw(CANARY.encode()),
        raw(json.dumps({"choices": CANARY}).encode()),
        status(400, "\x1b[31mIncorrect API key provided: sk-can*****cdef"),
        cut,
    ],
)
@BOTH
def test_no_key_reaches_an_error_a_message_or_a_log(
    access: Any, step: Step, stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with ChatServer(step) as server:
        one = access(server, retries=1, stream=stream)
        with pytest.raises(ModelError) as caught:
            one.ask()
    assert server.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    trace = "".join(traceback.format_exception(caught.value))
    shown = f"{trace} {caught.value!r} {caught.value.hint} {one.said} {caplog.text}"
    assert "canary" not in shown
    assert "cdef" not in shown
    assert "\x1b" not in shown
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_no_exception_of_the_client_is_reachable_from_an_error(access: Any) -> None:
    """A crash reporter walks frames and attributes; the request holds the key."""
    with ChatServer(echoes_key()) as server, pytest.raises(ModelError) as caught:
        access(server).ask()
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    held: list[Callable[..., Any] | Any] = [
        v for f in frames for v in f.f_locals.values()
    ]
    assert not [v for v in held if type(v).__module__.startswith(("openai", "httpx2"))]
    assert live_module.__name__ in {f.f_globals["__name__"] for f in frames}
