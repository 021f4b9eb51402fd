"""Does once, before any fork, what honest bodies do, so that nothing is loaded late.

pandas, numpy and the standard library import parts of themselves on first use; in a
worker there is no file to import them from. A body that fails inside the sandbox with
a ModuleNotFoundError or a denied file, and works outside, belongs here: the test of
honest idioms shows it.
"""

from __future__ import annotations

import codecs
import encodings
import importlib
import pkgutil
import sys
import warnings
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

_LATE = (
    "_strptime", "calendar", "cmath", "colorsys", "contextlib", "copy", "enum",
    "fractions", "heapq", "json", "locale", "numbers", "random", "reprlib", "string",
    "textwrap", "time", "traceback", "types", "unicodedata", "warnings", "zoneinfo",
)  # fmt: skip


def touch() -> None:
    """Touch what is imported late, of whatever is already imported."""
    for name in _LATE:
        importlib.import_module(name)
    _touch_codecs()
    _touch_builtins()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "numpy" in sys.modules:
            _touch_numpy()
        if "pandas" in sys.modules:
            _touch_pandas()


def _touch_codecs() -> None:
    """Look up every codec. One that only a file brings would tell the gate from live: in
    a worker it is an unknown encoding, a LookupError that a body may catch."""
    for module in pkgutil.iter_modules(encodings.__path__):
        # Windows has some that this platform lacks; one of the files is no codec.
        with suppress(LookupError):
            codecs.lookup(module.name)


def _touch_builtins() -> None:
    datetime.strptime("2024-01-02", "%Y-%m-%d").strftime("%A %d %B")
    f"{Decimal('1.5'):.2f} {1234567.5:,.2f} {timedelta(days=1)}"
    try:
        raise ValueError from KeyError("x")
    except ValueError as error:
        importlib.import_module("traceback").format_exception(error)


def _touch_numpy() -> None:
    np = importlib.import_module("numpy")
    values = np.arange(20.0)
    matrix = values[:16].reshape(4, 4) + np.eye(4) * 20
    for name in ("linalg", "fft", "polynomial", "random", "ma", "lib", "testing"):
        getattr(np, name)
    np.linalg.inv(matrix), np.linalg.lstsq(matrix, values[:4], rcond=None)
    np.polyfit(values, values, 1), np.fft.rfft(values), np.percentile(values, 5)
    np.lib.stride_tricks.sliding_window_view(values, 3)
    np.random.default_rng(1).normal(size=3), np.random.seed(0)
    np.histogram(values), np.interp(1.5, values, values), np.median(values)
    np.einsum("i,i", values, values), np.convolve(values, values), str(values)
    np.datetime64("2024-01-01") + np.timedelta64(1, "D")


def _touch_pandas() -> None:
    pd = importlib.import_module("pandas")
    times = pd.date_range("2024-01-01", periods=20, freq="5min", tz="UTC")
    series = pd.Series(range(20), index=times, dtype=float)
    frame = pd.DataFrame({"a": series, "b": series * 2, "c": ["x", "y"] * 10})
    _touch_windows(series)
    _touch_frames(pd, frame)
    _touch_times(pd, frame, series)
    repr(frame), repr(series), frame.to_dict("records"), frame.to_json(), frame.info
    frame.to_csv(), frame.describe(), series.to_string(), frame.to_string()


def _touch_windows(series: Any) -> None:
    for window in (
        series.rolling(3), series.expanding(2), series.ewm(span=3), series.rolling("15min")
    ):  # fmt: skip
        window.mean(), window.std()
    rolling = series.rolling(3)
    for name in ("sum", "var", "min", "max", "median", "skew", "kurt", "count", "rank"):
        getattr(rolling, name)()
    rolling.apply(lambda part: part.sum(), raw=True), rolling.quantile(0.5)
    rolling.corr(series), rolling.cov(series), rolling.agg(["min", "max"])


def _touch_frames(pd: Any, frame: Any) -> None:
    frame.groupby("c").agg({"a": "sum", "b": "mean"}), frame.groupby("c")["a"].cumsum()
    frame.pivot_table(values="a", columns="c"), frame.sort_values("a")
    frame.merge(frame, on="a"), pd.concat([frame, frame]), frame.corr(numeric_only=True)
    frame.query("a > 1"), frame.eval("a + b"), frame.melt(), frame.rank(
        numeric_only=True
    )
    frame["c"].str.upper().astype("category"), pd.cut(frame["a"], 3), pd.qcut(
        frame["a"], 3
    )
    frame.apply(lambda row: row["a"], axis=1), frame.astype(
        {"a": int}
    ), frame.drop_duplicates()
    frame["a"].interpolate(), frame["a"].mode(), frame["a"].quantile(0.1), frame[
        "a"
    ].kurt()
    frame["a"].value_counts(), pd.get_dummies(frame["c"]), frame.stack(), frame.T
    pd.to_numeric(frame["a"]), frame["a"].clip(1, 2), frame["a"].where(frame["a"] > 2)


def _touch_times(pd: Any, frame: Any, series: Any) -> None:
    series.resample("15min").ohlc(), series.resample("1h").last(), series.asfreq("1min")
    pd.to_datetime(["2024-01-01", "2024-02-01"]), pd.to_datetime(
        [1, 2], unit="ms", utc=True
    )
    pd.Timestamp("2024-01-01T00:00Z").strftime("%Y"), pd.Timedelta("5min"), pd.NaT
    series.index.tz_convert(None), series.index.floor("h"), series.index.strftime("%H")
    series.shift(1, freq="5min"), series.index.to_period("D"), pd.Period("2024-01")
    series.tz_convert("UTC").between_time("00:00", "01:00"), pd.offsets.BDay()
    frame.index.day_name(), frame.index.isocalendar()
