"""An incident as a person reads it."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import Any

import pytest
from wick_project import LONG, RECURSES, SUMS, Bench, failure

from architect import regressions
from architect.command_line import main
from architect.commands import wick
from architect.wick.incidents import Incident
from architect.wick.repair import Repair
from architect.wick.story import Paint, line, span, story
from core.stores.embedded import Stores

OPENED = 1_700_000_000_000
NOW = OPENED + 7_200_000
EVENTS: list[tuple[int, str, dict[str, Any]]] = [
    (OPENED + 3, "detected", {"error": "ValueError: no\nmore", "trace": "Traceback ..."}),
    (OPENED + 4, "contained", {"how": "rolled back to v0"}),
    (OPENED + 900, "reproduced", {"failure": "rsi raises ValueError: no\n\ngiven: {n: 1}"}),
    (
        OPENED + 950,
        "clone: model m (recorded)",
        {"body": "return 1", "accepted": False, "result": "examples: 1 of 3 fails\nsee below",
         "ms": 41.2, "cost_usd": "0.02"},
    ),
    (
        OPENED + 980,
        "clone: earlier version v0",
        {"body": "return 2", "accepted": True, "result": "accepted", "ms": 30, "cost_usd": "0"},
    ),
    (OPENED + 990, "chosen", {"origin": "earlier version v0", "agreement": 1.0}),
    (OPENED + 1000, "committed", {"commit": "0123456789abcdef", "version": "v0"}),
    (OPENED + 1234, "live", {"version": "v0"}),
]  # fmt: skip
INCIDENT = Incident(
    3, "rsi", "v1", "failure", OPENED, OPENED + 1234, "repaired", "ValueError: no\nmore",
    "earlier version v0", "0123456789abcdef", EVENTS,
)  # fmt: skip
PLAIN, COLOURED = Paint(False), Paint(True)


def test_a_line_says_what_when_and_how_it_ended() -> None:
    assert line(INCIDENT, NOW, PLAIN) == (
        "   3      2 h ago  rsi: ValueError: no - repaired by earlier version v0 in 1.23 s"
    )
    still_open = replace(INCIDENT, state="open", closed_ms=None, fixed_by=None)
    assert line(still_open, NOW, PLAIN).endswith("rsi: ValueError: no - open")


def test_the_story_is_what_a_person_wants_to_read() -> None:
    change = ("a\nb\nreturn 1\nc\n", "a\nb\nreturn 2\nc\n")
    assert story(INCIDENT, NOW, PLAIN, change).splitlines() == [
        "Incident 3: failure of rsi version v1",
        "ValueError: no",
        "more",
        "2023-11-14 22:13:20 UTC, 2 h ago; repaired by earlier version v0 after 1.23 s",
        "",
        "      +3 ms  detected    ValueError: no",
        "                         error: ValueError: no",
        "                           more",
        "      +4 ms  contained   rolled back to v0",
        "    +900 ms  reproduced",
        "                         failure: rsi raises ValueError: no",
        "                           ",
        "                           given: {n: 1}",
        "    +950 ms  clone       model m (recorded), refused, 41 ms, 0.02 USD",
        "                         result: examples: 1 of 3 fails",
        "                           see below",
        "    +980 ms  clone       earlier version v0, passes, 30 ms",
        "    +990 ms  chosen      earlier version v0",
        "                         agreement: 1.0",
        "    +1.00 s  committed   0123456789abcdef",
        "                         version: v0",
        "    +1.23 s  live        v0",
        "",
        "--- failed",
        "+++ repaired",
        "@@ -1,4 +1,4 @@",
        " a",
        " b",
        "-return 1",
        "+return 2",
        " c",
        "",
        "git show 0123456789ab",
    ]


def test_nested_detail_is_said_in_words() -> None:
    detail = {
        "cleared": ["rsi", "ema"],
        "could_not_be_asked": {"send_order": "it acts through ports"},
        "suspects": {},
        "trade": {"symbol": "PF_XBTUSD", "filled": "0"},
    }
    incident = replace(INCIDENT, events=[(OPENED, "examined", detail)], commit=None)
    text = story(incident, NOW, PLAIN)
    assert "cleared: rsi, ema" in text
    assert "could_not_be_asked: send_order it acts through ports" in text
    assert "suspects: none" in text
    assert "trade: symbol PF_XBTUSD, filled 0" in text


def test_colours_change_nothing_but_colours() -> None:
    change = ("return 1\n", "return 2\n")
    coloured = story(INCIDENT, NOW, COLOURED, change)
    assert "\033[31m-return 1\033[0m" in coloured
    assert "\033[32m+return 2\033[0m" in coloured
    for code in ("\033[31m", "\033[32m", "\033[1m", "\033[2m", "\033[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == story(INCIDENT, NOW, PLAIN, change)


@pytest.mark.parametrize(
    ("ms", "said"),
    [(-5, "0 ms"), (0, "0 ms"), (999, "999 ms"), (1000, "1.00 s"), (59_999, "60.00 s"),
     (60_000, "1 min"), (3_599_999, "59 min"), (3_600_000, "1 h"), (172_800_000, "2 d")],
)  # fmt: skip
def test_a_span_is_said_in_the_unit_that_suits_it(ms: int, said: str) -> None:
    assert span(ms) == said


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_wick_tells_a_person_in_words_and_a_program_in_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for out, told in ((Terminal(), "   3  "), (io.StringIO(), '{"kind": ')):
        with monkeypatch.context() as changed:
            changed.setattr(sys, "stdout", out)
            wick._tell(INCIDENT)
        (said,) = out.getvalue().splitlines()
        assert said.startswith(told)
        assert str(INCIDENT.incident_id) in said
        assert str(INCIDENT.fixed_by) in said


def test_the_command_shows_the_change_of_a_real_repair(
    bench: Bench,
    fresh_stores: Stores,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench.accept("total", SUMS)
    bad = bench.accept("total", RECURSES)
    done = Repair(bench.session, bench.incidents, lambda *_: True).handle(failure(bad))
    assert done.state == "repaired"
    monkeypatch.setenv("DATABASE_URL", fresh_stores.database_url)
    monkeypatch.setenv("REDIS_URL", fresh_stores.redis_url)
    monkeypatch.delenv("NO_COLOR", raising=False)
    words = ["incident", "--root", str(bench.project.root), str(done.incident_id)]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert (
        "-    return values[0] + total(values[1:], start) if values else start" in told
    )
    assert "+    return start + sum(values)" in told
    assert "\033[" not in told, "no terminal, no colour"
    (kept,) = regressions.load(bench.project, "total")
    values = kept.arguments["values"]
    assert len(values) < len(LONG["values"]), "the inputs are made small"
    assert f"values: [{values[0]}, {values[1]}, " in told
    for settings, coloured in (
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ):
        with monkeypatch.context() as changed:
            terminal = Terminal()
            changed.setattr(sys, "stdout", terminal)
            changed.setenv("TERM", "xterm")
            for name, value in settings.items():
                changed.setenv(name, value)
            assert main(words) == 0
        assert ("\033[32m+" in terminal.getvalue()) is coloured
