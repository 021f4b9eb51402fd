"""The relay: anybody can answer, in another process, at any pace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from architect.models.prompt import Prompt
from architect.models.relay import Relay
from core.errors import AnswerIncomplete, ModelUnavailable

BODY = "```python\nreturn 1\n```\n"
ANSWERER = """
    import os, sys, time; from pathlib import Path
    folder, wanted = Path(sys.argv[1]), int(sys.argv[2])
    done = set()
    while len(done) < wanted:
        for path in folder.glob("*.prompt.md"):
            if path.name in done:
                continue
            text = path.read_text()
            answer = text.split("into ", 1)[1].split(" -->", 1)[0]
            last = text.rstrip().splitlines()[-1]
            Path(answer + ".tmp").write_text("answer to " + last)
            os.rename(answer + ".tmp", answer)
            done.add(path.name)
        time.sleep(0.01)
"""


def prompt(user: str = "The body of rsi.") -> Prompt:
    return Prompt("code", "rsi", "Write.", user)


class Clock:
    """Time that passes only in sleep, where something may happen."""

    def __init__(self, *events: Callable[[], object]) -> None:
        self.now, self.events = 0.0, list(events)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.events:
            self.events.pop(0)()


def relay(folder: Path, clock: Clock, timeout_s: float | None = 60) -> Relay:
    return Relay(folder, timeout_s, clock=clock, sleep=clock.sleep)


def answer(folder: Path, text: str | bytes, *, age_s: float = 0) -> None:
    path = Relay(folder).answer_path(prompt())
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (time.time() - age_s,) * 2)


def test_a_person_can_read_the_prompt_and_where_its_answer_goes(tmp_path: Path) -> None:
    path = Relay(tmp_path).post(prompt())
    assert path.name == f"rsi-{prompt().digest[:12]}.prompt.md"
    first, _, rest = path.read_text().partition("\n\n")
    assert str(tmp_path / f"rsi-{prompt().digest[:12]}.answer.md") in first
    assert rest == "Write.\n\nThe body of rsi."


def test_another_process_answers_several_prompts_at_once(tmp_path: Path) -> None:
    prompts = [prompt(f"Number {n}") for n in range(6)]
    command = [sys.executable, "-c", textwrap.dedent(ANSWERER), str(tmp_path), "6"]
    one = Relay(tmp_path, 30, poll_s=0.01, settle_s=0.05)
    with subprocess.Popen(command) as child, ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(one.ask, prompts))
        assert child.wait(30) == 0
    assert [reply.text for reply in replies] == [
        f"answer to Number {n}" for n in range(6)
    ]
    assert {(r.route, r.source) for r in replies} == {("relay", "relay")}


def test_an_answer_that_is_there_is_taken_at_once(tmp_path: Path) -> None:
    answer(tmp_path, BODY, age_s=5)
    clock = Clock()
    assert relay(tmp_path, clock).ask(prompt()).text == BODY
    assert clock.now == 0


def test_an_answer_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    parts = [
        lambda n=n: answer(tmp_path, BODY[:n]) for n in (0, 0, 0, 0, 0, 0, 4, 9, 15)
    ]
    clock = Clock(*parts, lambda: answer(tmp_path, BODY))
    assert relay(tmp_path, clock).ask(prompt()).text == BODY
    assert clock.now >= 1.4


def test_a_file_from_the_future_counts_once_it_is_stable(tmp_path: Path) -> None:
    answer(tmp_path, BODY, age_s=-3600)
    clock = Clock()
    assert relay(tmp_path, clock).ask(prompt()).text == BODY
    assert 0.5 <= clock.now < 0.8


def test_without_an_answer_the_wait_ends_and_the_prompt_stays(tmp_path: Path) -> None:
    one = relay(tmp_path, Clock(), timeout_s=10)
    with pytest.raises(ModelUnavailable, match="within 10 s") as caught:
        one.ask(prompt())
    assert "taken at once" in str(caught.value.hint)
    assert one.waiting() == [one.prompt_path(prompt())]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [(b"\xff\xfe", "not UTF-8"), (b" \n", "blanks"), (b"x" * 10**6 * 2, "at most")],
)
def test_an_answer_that_is_no_text_is_refused(
    tmp_path: Path, data: bytes, wrong: str
) -> None:
    answer(tmp_path, data, age_s=5)
    with pytest.raises(AnswerIncomplete, match=wrong):
        relay(tmp_path, Clock()).ask(prompt())


def test_a_mark_at_the_start_of_a_file_is_no_part_of_the_answer(tmp_path: Path) -> None:
    answer(tmp_path, b"\xef\xbb\xbf" + BODY.encode(), age_s=5)
    assert relay(tmp_path, Clock()).ask(prompt()).text == BODY


def test_done_leaves_nothing(tmp_path: Path) -> None:
    answer(tmp_path, BODY, age_s=5)
    one = relay(tmp_path, Clock())
    one.ask(prompt())
    assert len(list(tmp_path.iterdir())) == 2
    one.done(prompt())
    one.done(prompt())
    assert list(tmp_path.iterdir()) == []


def test_after_ctrl_c_the_next_run_takes_the_answer(tmp_path: Path) -> None:
    code = """
        import sys; from pathlib import Path
        from architect.models.prompt import Prompt
        from architect.models.relay import Relay
        one = Relay(Path(sys.argv[1]), tell=lambda text: print("waiting", flush=True))
        one.ask(Prompt("code", "rsi", "Write.", "The body of rsi."))
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "waiting\n"
        child.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in child.communicate(timeout=30)[1]
    assert len(Relay(tmp_path).waiting()) == 1
    answer(tmp_path, BODY, age_s=5)
    assert relay(tmp_path, Clock()).ask(prompt()).text == BODY


def test_posting_again_leaves_a_prompt_as_it_is(tmp_path: Path) -> None:
    one = Relay(tmp_path)
    before = one.post(prompt()).stat()
    assert one.post(prompt()).stat() == before


def test_a_thread_may_answer_while_another_waits(tmp_path: Path) -> None:
    one = Relay(tmp_path, 30, poll_s=0.01, settle_s=0.02)
    timer = threading.Thread(target=answer, args=(tmp_path, BODY))
    one.post(prompt())
    timer.start()
    assert one.wait(prompt()).text == BODY
    timer.join()
