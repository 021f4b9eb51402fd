"""architect candles: a folder that backtest and demo take, from the exchange's charts."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from paper_process import Paper

from architect import candle_fetch
from architect.candle_file import opened
from architect.command_line import main
from core.errors import Busy
from core.trading.candles import load_file, load_folder
from core.trading.contracts import CONTRACTS

Run = Callable[..., tuple[int, str, str]]
STEP = 300_000
XBT = "PF_XBTUSD"


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    keys = tmp_path_factory.mktemp("paper") / "keys.json"
    with Paper(keys, "--warmup", "4500", count=4700) as found:
        yield found


@pytest.fixture
def run(
    paper: Paper, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    monkeypatch.setattr(candle_fetch, "PAUSES_S", (0.0, 0.0))
    paper.ask("DELETE", "fault")

    def call(*words: str) -> tuple[int, str, str]:
        code = main(["candles", "--exchange-url", paper.url, *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_what_is_fetched_is_what_the_exchange_has(
    paper: Paper, run: Run, tmp_path: Path
) -> None:
    code, out, _ = run("--to", str(tmp_path), "--days", "7")
    assert code == 0
    assert out.count("2,016 candles") == 3
    loaded = load_folder(tmp_path)
    assert [len(candles) for candles in loaded.values()] == [2016] * 3
    assert int(loaded[XBT].time_ms[-1]) + STEP == paper.state()["time_ms"]
    again = run("--to", str(tmp_path), "--days", "7")
    assert again[0] == 0
    assert again[1].count("0 new") == 3


def test_a_backtest_takes_them(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--to", str(tmp_path), "--days", "3")
    assert main(["backtest", "--candles", str(tmp_path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["results"]
    assert found["symbols"] == list(CONTRACTS)


def test_a_second_run_adds_what_has_closed_since(
    paper: Paper, run: Run, tmp_path: Path
) -> None:
    words = ("--to", str(tmp_path), "--symbols", XBT)
    assert "4,500 candles" in run(*words)[1]  # three pages
    before = (tmp_path / f"{XBT}_5m.csv").read_bytes()
    paper.step(4)
    code, out, err = run(*words, "--days", "90")
    assert (code, "4,504 candles" in out, "4 new" in out) == (0, True, True)
    assert "move it away for older candles" in err
    after = (tmp_path / f"{XBT}_5m.csv").read_bytes()
    assert after.startswith(before)
    assert len(load_file(tmp_path / f"{XBT}_5m.csv", XBT)) == 4504


def test_a_period_and_longer_candles(paper: Paper, run: Run, tmp_path: Path) -> None:
    words = ("--to", str(tmp_path), "--symbols", XBT, "--interval", "1h")
    _, out, _ = run(*words, "--days", "1")
    # Those that open and close within the last 24 hours.
    hour_ms, now_ms = 3_600_000, paper.state()["time_ms"]
    whole = now_ms // hour_ms - -(-(now_ms - 24 * hour_ms) // hour_ms)
    assert f"{whole} candles" in out
    code, _, err = run(*words, "--from", "2031-01-01")
    assert (code, "nothing lies between the dates" in err) == (1, True)


@pytest.mark.parametrize("cut", [1, 20, 70])
def test_a_line_that_was_cut_is_fetched_again(
    run: Run, tmp_path: Path, cut: int
) -> None:
    words = ("--to", str(tmp_path), "--symbols", XBT, "--days", "2")
    run(*words)
    path = tmp_path / f"{XBT}_5m.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert run(*words)[0] == 0
    assert path.read_bytes() == whole


def test_a_header_that_was_cut_is_written_again(run: Run, tmp_path: Path) -> None:
    path = tmp_path / f"{XBT}_5m.csv"
    path.write_bytes(b"timest")
    words = ("--to", str(tmp_path), "--symbols", XBT, "--days", "1")
    assert "288 candles" in run(*words)[1]
    assert len(load_file(path, XBT)) == 288


def test_trouble_is_waited_for_and_what_was_fetched_stays(
    paper: Paper, run: Run, tmp_path: Path
) -> None:
    words = ("--to", str(tmp_path), "--symbols", XBT, "--days", "15")
    paper.fault("http_503", times=2, skip=1)
    assert "4,320 candles" in run(*words)[1]
    (tmp_path / f"{XBT}_5m.csv").unlink()
    paper.fault("html_200", times=99, skip=2)
    code, _, err = run(*words)
    assert code == 1
    assert "goes on where it stopped" in err
    kept = len(load_file(tmp_path / f"{XBT}_5m.csv", XBT))
    assert kept == 2000
    paper.ask("DELETE", "fault")
    assert run(*words)[0] == 0
    assert len(load_file(tmp_path / f"{XBT}_5m.csv", XBT)) > kept


def test_a_hole_is_flat_and_counted(tmp_path: Path) -> None:
    with opened(tmp_path / "x.csv", STEP) as file:
        assert file.add([(0, "1", "3", "1", "2", "5")]) == 0
        late = (4 * STEP, "2", "2", "2", "2", "1")
        assert file.add([(STEP, "2", "4", "2", "4", "5"), late]) == 2
        assert len(file) == 5
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines[3:5] == [f"{n * STEP},4,4,4,4,0" for n in (2, 3)]


def test_two_runs_at_once_and_a_file_of_another(run: Run, tmp_path: Path) -> None:
    path = tmp_path / f"{XBT}_5m.csv"
    words = ("--to", str(tmp_path), "--symbols", XBT, "--days", "1")
    run(*words)
    with path.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Busy), opened(path, STEP):
            raise AssertionError
        assert "another run is writing" in run(*words)[2]
    text = path.read_text()
    for other in ("date,price\n1,2\n", text.replace(",", ";"), text + "what\n"):
        path.write_text(other)
        code, _, err = run(*words)
        assert (code, "was not written by architect candles" in err) == (1, True)
        assert path.read_text() == other
    path.write_text(text)
    code, _, err = run(*words, "--interval", "5x")
    assert (code, "--interval takes 1m, 5m" in err) == (1, True)


def test_a_symbol_without_a_contract_is_refused(run: Run, tmp_path: Path) -> None:
    code, _, err = run("--to", str(tmp_path), "--symbols", "PF_DOGEUSD")
    assert (code, "hint: --symbols takes PF_XBTUSD" in err) == (1, True)


def test_an_exchange_that_is_not_there_and_a_place_that_is_none(
    run: Run, tmp_path: Path
) -> None:
    nobody = ("--exchange-url", "http://127.0.0.1:9", "--to", str(tmp_path))
    code, _, err = run(*nobody)
    assert (code, "does not answer" in err) == (1, True)
    # What will not do is told before anybody is asked.
    code, _, err = run(*nobody, "--from", "2026-02-30")
    assert (code, err.startswith("error: '2026-02-30' is no date")) == (1, True)
    (tmp_path / "file").write_text("")
    code, _, err = run(*nobody[:2], "--to", str(tmp_path / "file" / "in"))
    assert (code, "cannot write" in err) == (1, True)


def test_a_file_without_candles_begins_with_the_newest(
    paper: Paper, tmp_path: Path
) -> None:
    told: list[tuple[str, str]] = []
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) == 2

    charts = candle_fetch.Charts(paper.url, lambda seconds: None)
    with opened(tmp_path / f"{XBT}_5m.csv", STEP) as file:
        charts.follow(
            {XBT: file}, "5m", wait, lambda kind, text: told.append((kind, text))
        )
        assert file.first_ms is not None
        assert file.last_ms is not None
        assert file.last_ms + STEP == paper.state()["time_ms"]
    assert told[0][0] == "added"


def test_json_is_for_a_run_that_follows(run: Run, tmp_path: Path) -> None:
    code, out, err = run("--to", str(tmp_path), "--json")
    assert (code, out, "--json goes with --follow" in err) == (1, "", True)


def test_a_run_that_follows_adds_each_candle_that_closes(
    paper: Paper, run: Run, tmp_path: Path
) -> None:
    words = ("--to", str(tmp_path), "--days", "1")
    run(*words)
    told: list[tuple[str, str]] = []
    waits: list[float] = []
    sizes: list[int] = []

    def wait(seconds: float) -> bool:
        """Be the time between two looks."""
        waits.append(seconds)
        sizes.append(len(load_file(tmp_path / f"{XBT}_5m.csv", XBT)))
        if len(waits) == 2:
            paper.step(3)
        if len(waits) == 3:
            paper.fault("http_503", times=99)
        if len(waits) == 5:
            paper.ask("DELETE", "fault")
            paper.step(1)
        return len(waits) == 7

    charts = candle_fetch.Charts(paper.url, lambda seconds: None)
    with ExitStack() as held:
        files = {
            symbol: held.enter_context(opened(tmp_path / f"{symbol}_5m.csv", STEP))
            for symbol in CONTRACTS
        }
        charts.follow(files, "5m", wait, lambda kind, text: told.append((kind, text)))
    assert [n - sizes[0] for n in sizes] == [0, 0, 3, 3, 3, 4, 4]
    assert [kind for kind, _ in told] == ["added", "trouble", "added", "over"]
    assert max(waits) <= candle_fetch.LOOK_S
    loaded = load_folder(tmp_path)
    assert int(loaded[XBT].time_ms[-1]) + STEP == paper.state()["time_ms"]
