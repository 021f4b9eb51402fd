"""A streamed answer whose try breaks off: what is on the screen is told from the next try."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from chat_server import ChatServer, Exchange, says, status

from architect.chat.stream import CleanStream
from architect.models.budget import Budget
from architect.models.live import Live, Waiting
from architect.models.prompt import Prompt
from architect.route import Route
from architect.secrets import Secrets
from core.errors import ModelError

KEY = "sk-canary-0123456789abcdef"
PROMPT = Prompt("architect", "chat", "", "May I open it?")
SHOWN = "No, do not open a position of that size. The limit of all "
ANSWER = "The limit is 5 BTC. That is fine to open."


def breaks_off(exchange: Exchange) -> None:
    """Send the beginning of an answer, and no end."""
    exchange.head(200, content_type="text/event-stream")
    exchange.event(
        '{"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m",'
        f' "choices": [{{"index": 0, "delta": {{"content": "{SHOWN}"}},'
        ' "finish_reason": null}]}'
    )


def route(name: str, server: ChatServer, **more: object) -> Route:
    plain = {"name": name, "model": "m", "url": server.url, "timeout_s": 5}
    prices = {"price_in_usd": 1, "price_out_usd": 2, "max_tokens": 100}
    return Route.model_validate({**plain, **prices, **more})


def live(folder: Path, screen: list[str], *routes: Route) -> Live:
    """Return routes whose notes go where the answer is shown."""
    budget = Budget(folder, Decimal(100), Decimal(100))
    return Live(
        {one.name: one for one in routes}, budget, Secrets((KEY,)),
        lambda text: screen.append(f"({text})\n"), Waiting(sleep=lambda _: None),
    )  # fmt: skip


def asked(one: Live, screen: list[str]) -> CleanStream:
    stream = CleanStream(screen.append, Secrets((KEY,)))
    try:
        one.ask(PROMPT, "architect", stream)
        stream.end()
    finally:
        one.close()
    return stream


def test_the_next_try_begins_on_a_line_of_its_own(tmp_path: Path) -> None:
    screen: list[str] = []
    with ChatServer(breaks_off, says(ANSWER)) as server:
        asked(live(tmp_path, screen, route("architect", server, retries=1)), screen)
    first, note, second = "".join(screen).split("\n")
    assert first == SHOWN
    assert "ended in the middle of its answer; trying again" in note
    assert second == ANSWER


def test_so_does_the_answer_of_a_fallback(tmp_path: Path) -> None:
    screen: list[str] = []
    with ChatServer(breaks_off) as server, ChatServer(says(ANSWER)) as other:
        first = route("architect", server, retries=0, fallbacks=("other",))
        asked(live(tmp_path, screen, first, route("other", other)), screen)
    assert "".join(screen).startswith(f"{SHOWN}\n(")
    assert "".join(screen).endswith(f"asking other instead)\n{ANSWER}")


def test_a_try_that_showed_nothing_leaves_no_empty_line(tmp_path: Path) -> None:
    screen: list[str] = []
    with ChatServer(status(500), says(ANSWER)) as server:
        asked(live(tmp_path, screen, route("architect", server, retries=1)), screen)
    assert screen[0].startswith("(")
    assert "".join(screen).endswith(f"s)\n{ANSWER}")


def test_what_broke_off_is_shown_to_its_end_and_is_no_answer(tmp_path: Path) -> None:
    """Whoever asks elsewhere then shows that answer whole."""
    screen: list[str] = []
    stream = CleanStream(screen.append, Secrets((KEY,)))
    with ChatServer(breaks_off) as server:
        one = live(tmp_path, screen, route("architect", server, retries=0))
        with pytest.raises(ModelError, match="in the middle"):
            one.ask(PROMPT, "architect", stream)
        one.close()
    assert "".join(screen) == f"{SHOWN}\n"
    assert not stream.any


def test_a_screen_that_fails_when_a_try_breaks_off_ends_no_asking(
    tmp_path: Path,
) -> None:
    """The first try is paid for: its answer is still to be had from the next."""

    def gone(text: str) -> None:
        raise BrokenPipeError("the reader is gone")

    with ChatServer(breaks_off, says(ANSWER)) as server:
        one = live(tmp_path, [], route("architect", server, retries=1))
        reply = one.ask(PROMPT, "architect", CleanStream(gone, Secrets((KEY,))))
        one.close()
    assert reply.text == ANSWER
    assert isinstance(reply.unshown, BrokenPipeError)


def test_what_a_screen_did_not_take_is_no_part_of_the_next_try() -> None:
    screen: list[str] = []
    fails = True

    def out(text: str) -> None:
        if fails:
            raise BlockingIOError("not now")
        screen.append(text)

    stream = CleanStream(out, Secrets((KEY,)))
    with pytest.raises(BlockingIOError):
        stream(SHOWN)
    with pytest.raises(BlockingIOError):
        stream.cut()
    fails = False
    stream(ANSWER)
    stream.end()
    assert "".join(screen) == ANSWER
