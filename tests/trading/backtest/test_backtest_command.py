"""`architect backtest` as a person and as a program call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from architect.command_line import main
from core.trading.synthetic import synthetic_candles

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two symbols' candles, three days."""
    path = tmp_path_factory.mktemp("candles")
    for symbol, c in list(synthetic_candles(2, 900).items())[:2]:
        rows = zip(c.time_ms, c.open, c.high, c.low, c.close, c.volume, strict=True)
        text = "\n".join(",".join(map(str, row)) for row in rows)
        head = "timestamp,open,high,low,close,volume"
        (path / f"{symbol}.csv").write_text(f"{head}\n{text}\n")
    return path


def test_json_has_every_figure_and_the_picture_is_drawn(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "equity.png"
    words = ["backtest", "--root", str(ROOT), "--candles", str(folder), "--json"]
    assert main([*words, "--plot", str(plot)]) == 0
    found = json.loads(capsys.readouterr().out)
    (result,) = found["results"]
    assert result["symbols"] == ["PF_XBTUSD", "PF_ETHUSD"]
    assert result["candles"] == 600
    assert result["trades"] > 0
    assert found["deflated_sharpe"]["variants"] == 1
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_each_symbol_can_have_an_account_of_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["backtest", "--root", str(ROOT), "--candles", str(folder), "--jobs", "1"]
    assert (
        main([*words, "--each", "--set", "risk_frac=0.01,0.02", "--tried", "50"]) == 0
    )
    shown = capsys.readouterr().out
    assert shown.count("\nmax drawdown") == 4
    assert "the best of 50 by luck" in shown


@pytest.mark.parametrize(
    ("more", "variants"),
    [
        (["--each"], 2),
        (["--each", "--tried", "1"], 2),
        (["--strategy", "ema_cross", "--set", "fast=5,9"], 4),
    ],
)
def test_the_best_is_of_as_many_as_it_was_chosen_from(
    more: list[str], variants: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["backtest", "--root", str(ROOT), "--candles", str(folder), "--jobs", "1"]
    assert main([*words, "--json", *more]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["deflated_sharpe"]["variants"] == len(found["results"]) == variants


def test_a_symbol_without_candles_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["backtest", "--root", str(ROOT), "--candles", str(folder)]
    assert main([*words, "--symbols", "PF_SOLUSD"]) == 1
    shown = capsys.readouterr()
    assert "no candles of PF_SOLUSD" in shown.err
    assert not shown.out


def test_walk_forward_prints_each_window(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["backtest", "--root", str(ROOT), "--candles", str(folder), "--jobs", "1"]
    more = ["--walk-forward", "--train-days", "2", "--test-days", "1"]
    assert main([*words, *more, "--set", "take_multiple=6,9"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("take_multiple=") == 2
    assert "all test periods:" in shown


def test_a_strategy_of_one_module_is_traded_by_itself(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["backtest", "--root", str(ROOT), "--candles", str(folder), "--jobs", "1"]
    more = ["--strategy", "ema_cross", "--set", "fast=5,9", "--json"]
    assert main([*words, *more]) == 0
    found = json.loads(capsys.readouterr().out)["results"]
    assert [(row["symbols"], row["label"]) for row in found] == [
        (["PF_XBTUSD"], "fast=5"),
        (["PF_XBTUSD"], "fast=9"),
        (["PF_ETHUSD"], "fast=5"),
        (["PF_ETHUSD"], "fast=9"),
    ]
    walk = ["--walk-forward", "--train-days", "2", "--test-days", "1"]
    assert main([*words, "--strategy", "ema_cross", *walk]) == 1
    assert "nothing to choose from" in capsys.readouterr().err
    assert main([*words, *more, *walk]) == 0
    assert list(json.loads(capsys.readouterr().out)["markets"]) == [
        "PF_XBTUSD",
        "PF_ETHUSD",
    ]


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["ema"], "ema needs span", "--set span=VALUE"),
        (
            ["position"],
            "position is a record, not an indicator",
            "only an indicator is",
        ),
    ],
)
def test_what_can_be_no_strategy_is_told_before_anything_runs(
    words: list[str], error: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--root", str(ROOT), "--strategy", *words]) == 1
    assert f"error: {error}\nhint: {hint}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--plot", "x.foo"], "'x.foo' does not end in .png, .svg or .pdf"),
        (["--plot", "x"], "'x' does not end in .png, .svg or .pdf"),
        (["--jobs", "0"], "'0' is no whole number above 0"),
        (["--jobs", "-3"], "'-3' is no whole number above 0"),
        (["--notional-frac", "1"], "--notional-frac is of a strategy's position"),
        (["--walk-forward", "--plot", "x.png"], "--plot does not go with"),
        (["--walk-forward", "--tried", "9"], "--tried does not go with"),
        (["--train-days", "9"], "--train-days is of a walk forward"),
        (["--test-days", "9"], "--test-days is of a walk forward"),
        (["--strategy", "ema_cross", "--every-candle"], "--every-candle is of"),
    ],
)
def test_what_would_not_do_is_refused_before_anything_runs(
    words: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--root", str(ROOT), *words]) == 2
    shown = capsys.readouterr()
    assert error in shown.err
    assert "hint: " in shown.err
    assert not shown.out


def test_a_picture_that_cannot_be_written_costs_no_result(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").touch()
    words = ["backtest", "--root", str(ROOT), "--candles", str(folder), "--json"]
    more = ["--strategy", "ema_cross", "--plot", str(tmp_path / "taken/a.png")]
    assert main([*words, "--symbols", "PF_XBTUSD", *more]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["results"]
    assert shown.err.startswith(f"error: cannot write {tmp_path}/taken/a.png: ")
