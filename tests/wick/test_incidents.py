"""Incidents on a real Postgres: the story, once, whatever an error message holds."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from architect.command_line import main
from architect.wick.incidents import Incident, Incidents
from core.stores.embedded import Stores

OPENED = 1_700_000_000_000


class Clock:
    """Moves on by 7 ms a look."""

    def __init__(self) -> None:
        self.now = OPENED

    def __call__(self) -> int:
        self.now += 7
        return self.now


def opened(incidents: Incidents, job: str = "1-0", **other: Any) -> Incident:
    known = {"inputs": None, "opened_ms": OPENED, **other}
    return incidents.open(job, "rsi", "abc", "failure", "ValueError: no", **known)


@pytest.fixture
def ticking(fresh_stores: Stores) -> Any:
    with Incidents(fresh_stores.database_url, Clock()) as made:
        yield made


def test_a_job_opens_one_incident(incidents: Incidents) -> None:
    first = opened(incidents)
    assert opened(incidents) == first
    assert opened(incidents, "2-0").incident_id != first.incident_id
    assert [i.incident_id for i in incidents.all()] == [
        first.incident_id + 1,
        first.incident_id,
    ]


def test_the_same_step_is_told_once_and_the_order_is_kept(ticking: Incidents) -> None:
    incident = opened(ticking)
    assert not ticking.begun(incident)
    for step in ("detected", "contained", "detected", "chosen"):
        ticking.step(incident, step, how=step)
    found = ticking.get(incident.incident_id)
    assert found is not None
    assert [step for _, step, _ in found.events] == ["detected", "contained", "chosen"]
    assert ticking.begun(incident)


def test_an_incident_ends_with_its_state_and_time(ticking: Incidents) -> None:
    incident = opened(ticking)
    assert (incident.state, incident.took_ms) == ("open", None)
    done = ticking.close_as(incident, "repaired", "earlier version x", "c0ffee")
    assert (done.state, done.fixed_by, done.commit) == (
        "repaired",
        "earlier version x",
        "c0ffee",
    )
    assert done.took_ms == 7
    assert ticking.of("1-0") == done
    assert ticking.of("9-9") is None
    assert ticking.get(999) is None


def test_what_is_closed_stays_as_it_was_closed(ticking: Incidents) -> None:
    """After a long sleep of a machine two workers may have one job."""
    incident = opened(ticking)
    done = ticking.close_as(incident, "repaired", "earlier version x", "c0ffee")
    assert ticking.close_as(incident, "explained") == done


@pytest.mark.parametrize(
    "odd",
    [
        "a\0b",
        "a literal \\u0000 stays",
        "half \ud800 of a pair",
        float("nan"),
        float("-inf"),
        {"a\0": ["\0", {"deep": float("inf")}]},
        b"bytes",
        {1, 2},
        "'; drop table system_logs.incidents; --",
        10**400,
    ],
)
def test_any_detail_can_be_told(incidents: Incidents, odd: Any) -> None:
    incident = incidents.open(
        "1-0", "rsi", "v", "failure", f"E: {odd}"[:80], {"x": odd}
    )
    incidents.step(incident, f"clone: {odd}"[:80], value=odd)
    found = incidents.get(incident.incident_id)
    assert found is not None
    assert len(found.events) == 1
    assert "NaN" not in str(found.events[0][2]) or odd != odd
    json.dumps(found.events)
    if odd == "a literal \\u0000 stays":
        assert found.events[0][2]["value"] == odd


def test_a_lost_connection_is_made_anew(fresh_stores: Stores) -> None:
    with (
        Incidents(fresh_stores.database_url) as incidents,
        psycopg.connect(fresh_stores.database_url, autocommit=True) as other,
    ):
        incident = opened(incidents)
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        incidents.step(incident, "detected", how="again")
        assert incidents.begun(incident)


class Given:
    """The command line on the project of a test, with stores given by URL."""

    def __init__(
        self, root: Any, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", stores.database_url)
        monkeypatch.setenv("REDIS_URL", stores.redis_url)
        self.root = root

    def run(self, *words: str) -> int:
        return main([words[0], "--root", str(self.root), *words[1:]])


@pytest.fixture
def given_stores(
    bench: Any, fresh_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> Given:
    return Given(bench.project.root, fresh_stores, monkeypatch)


def test_the_command_lists_and_tells(
    given_stores: Given, incidents: Incidents, capsys: pytest.CaptureFixture[str]
) -> None:
    assert given_stores.run("incidents") == 0
    assert capsys.readouterr().out == "no incidents\n"
    incident = opened(incidents)
    incidents.step(incident, "detected", error="x", bad=float("nan"))
    number = str(incident.incident_id)
    assert given_stores.run("incidents") == 0
    assert "rsi: ValueError: no - open" in capsys.readouterr().out
    assert given_stores.run("incidents", number) == 0
    assert "detected" in capsys.readouterr().out
    assert given_stores.run("incidents", number, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["events"][0]["step"] == "detected"
    assert told["events"][0]["detail"]["error"] == "x"
    assert (told["state"], told["took_ms"]) == ("open", None)
    assert given_stores.run("incidents", "--json") == 0
    assert [i["incident_id"] for i in json.loads(capsys.readouterr().out)] == [
        int(number)
    ]
    assert given_stores.run("incidents", "77") == 1
    error = capsys.readouterr().err
    assert "there is no incident 77" in error
    assert "hint: architect incidents" in error
