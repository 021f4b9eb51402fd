"""What honest bodies do with the standard library, numpy, pandas and ta.

Expressions over `s` (a float Series by time), `i` (a Series by number), `df` (columns
open, high, low, close, volume), `np`, `pd` and the names of the header's imports.
Each must evaluate inside the sandbox and give what it gives outside. A new idiom that
fails there with a missing module or a denied file belongs into `warm` as well.
"""

PLAIN = """
datetime.strptime("2024-03-04 05:06", "%Y-%m-%d %H:%M").strftime("%A %d %B %Y %j")
datetime.fromtimestamp(0, UTC).isoformat()
datetime(2024, 1, 1, tzinfo=UTC).astimezone().utcoffset() == timedelta(0)
str(timedelta(days=1, seconds=3))
Decimal("1.005").quantize(Decimal("0.01"), rounding=ROUND_DOWN)
Decimal("2").sqrt() + Decimal("10").ln() + Decimal("3") ** Decimal("0.5")
f"{Decimal('1234567.891'):,.2f} {1e9:e} {0.25:.1%} {255:#x}"
sha256(b"abc").hexdigest()
re.sub(r"(?P<a>\\w+)-(\\d+)", r"\\2", "abc-12 xyz-7", flags=re.IGNORECASE)
sorted({"b": 2, "a": 1}.items(), key=itemgetter(1))
statistics.fmean([1, 2, 3]) + statistics.stdev([1, 2, 4]) + statistics.median([1, 2])
statistics.quantiles([1, 2, 3, 4, 5], n=4)
statistics.linear_regression([1, 2, 3], [2, 4, 6]).slope
statistics.NormalDist(0, 1).cdf(1.0)
list(itertools.accumulate([1, 2, 3])) + list(itertools.chain([1], [2]))
list(itertools.pairwise([1, 2, 3]))
reduce(lambda a, b: a * b, range(1, 10))
Counter("hello").most_common(1)
dict(defaultdict(list, a=[1]))
list(deque([1, 2, 3], maxlen=2))
bisect.bisect_left([1, 3, 5], 3)
math.fsum([0.1] * 10) + math.log1p(0.5) + math.isqrt(10) + math.comb(5, 2)
math.prod([1, 2, 3]) + math.dist([0, 0], [3, 4])
"%s %d %.2f" % ("a", 1, 2.5)
"straße".upper().encode("utf-8").decode("utf-8").casefold()
"a".encode("cp037") + "a".encode("mac_arabic") + "ä".encode("gb18030") + "a".encode("idna")
"a,b".split(",") + "x\\ny".splitlines()
(10**30) // 7, divmod(-7, 3), round(2.675, 2), (5).bit_length()
int("ff", 16), float("1e-3"), complex(1, 2).real, bool([])
[x for x in range(5) if x % 2], {x: x * x for x in range(3)}, {1, 2} | {3}
sum(x for x in range(10)), max([1, 5, 3], key=lambda v: -v), any([0, 1]), all([])
list(zip([1, 2], [3, 4], strict=True)), list(enumerate("ab")), list(reversed([1, 2]))
(lambda n: [1, 1, 2, 3, 5][n])(3)
hash((1, 2)) == hash((1, 2)), hash("a") == hash("a")
"""

NUMPY = """
np.where(i.to_numpy() > 3, 1.0, 0.0).tolist()
np.diff(s.to_numpy()), np.cumsum(s.to_numpy()), np.log(s.to_numpy())
np.percentile(s, [5, 50, 95]), np.quantile(s, 0.3), np.median(s), np.nanmean(s)
np.convolve(s.to_numpy(), np.ones(3) / 3, mode="valid")
np.lib.stride_tricks.sliding_window_view(s.to_numpy(), 4).mean(axis=1)
np.polyfit(np.arange(len(s)), s.to_numpy(), 2).round(6)
np.linalg.lstsq(np.vstack([np.arange(60.0), np.ones(60)]).T, s.to_numpy(), rcond=None)[0].round(6)
np.linalg.solve(np.eye(3) * 2, np.ones(3)), np.linalg.norm([3.0, 4.0])
np.corrcoef(s, s.shift(1).fillna(1.0)).round(6)
np.fft.rfft(s.to_numpy()).real.round(6)
np.random.default_rng(7).normal(size=4).round(6), np.random.RandomState(1).rand()
np.histogram(s, bins=5)[0], np.digitize(s, [100, 101]), np.unique([1, 1, 2])
np.sign(np.array([-1.0, 0.0, 2.0])), np.clip([1, 5], 2, 3), np.maximum.accumulate([1, 3, 2])
np.nan_to_num(np.array([np.nan, np.inf])), np.isfinite([1.0, np.nan]).tolist()
np.select([i > 3, i > 1], [2, 1], default=0)
np.einsum("i,i->", s, s), np.outer([1, 2], [3, 4]), np.dot([1.0, 2.0], [3.0, 4.0])
np.errstate(all="ignore").__enter__() is None
np.float64(1.5), np.int64(3), np.datetime64("2024-01-01").astype(str)
np.array([1, 2, 3]).astype("float32").tolist(), np.full(3, np.nan), np.linspace(0, 1, 5)
str(np.arange(10)), repr(np.array([1.5, 2.5])), np.array2string(np.eye(2))
np.interp(2.5, [1, 2, 3], [10, 20, 30]), np.trapezoid([1.0, 2.0, 3.0])
np.apply_along_axis(sum, 0, np.ones((2, 2))), np.vectorize(lambda v: v + 1)([1, 2])
np.argsort([3, 1, 2]), np.searchsorted([1, 2, 3], 2), np.argmax([1, 9, 3])
np.polynomial.Polynomial([1, 2])(3.0), np.roots([1, -3, 2]).tolist()
np.ma.masked_invalid([1.0, np.nan]).filled(0.0), np.roll([1, 2, 3], 1), np.tile([1], 3)
"""

PANDAS = """
s.rolling(5).mean(), s.rolling(5, min_periods=1).std(), s.rolling("20min").sum()
s.rolling(5).apply(lambda w: w[-1] - w[0], raw=True), s.rolling(5).apply(np.ptp)
s.rolling(5).agg(["min", "max", "sum"]), s.rolling(5).median(), s.rolling(5).quantile(0.2)
s.rolling(5).corr(s.shift(1)), s.rolling(5).skew(), s.rolling(5).kurt(), s.rolling(5).rank()
s.rolling(5, center=True).var(), s.rolling(5, closed="left").max(), s.rolling(5).sem()
s.rolling(5, win_type=None).count(), s.rolling(window=3, step=2).mean()
s.expanding(3).mean(), s.expanding().max(), s.expanding().std()
s.ewm(span=9, adjust=False).mean(), s.ewm(alpha=0.1).std(), s.ewm(com=3, min_periods=3).var()
s.ewm(halflife=4).mean(), s.ewm(span=3).corr(s)
s.diff(), s.pct_change(), s.shift(1), s.cumsum(), s.cummax(), s.cumprod(), s.rank(), s.abs()
s.pct_change(fill_method=None).fillna(0.0).add(1).cumprod()
s.where(s > 100), s.mask(s > 100, 0.0), s.clip(99, 101), s.between(99, 101), s.isin([100.0])
s.fillna(0), s.ffill(), s.bfill(), s.interpolate(), s.dropna(), s.replace(100.0, 1.0)
s.quantile(0.9), s.describe(), s.mode(), s.skew(), s.kurt(), s.sem(), s.var(), s.median()
s.idxmax(), s.idxmin(), s.argmax(), s.nlargest(3), s.nsmallest(3), s.autocorr(1)
s.resample("15min").ohlc(), s.resample("1h").agg({"x": "sum"}), s.resample("30min").last()
s.asfreq("10min"), s.tz_convert("UTC"), s.tz_localize(None), s.between_time("00:00", "01:00")
s.at_time("00:30"), s.first_valid_index(), s.loc[s.index[3]:], s.iloc[-3:], s.head(2), s.tail(2)
s.index.hour, s.index.floor("h"), s.index.strftime("%H:%M"), s.index.day_name(), s.index.asi8
s.index.to_period("h"), s.index.isocalendar(), s.index.tz, s.index.inferred_freq
s.groupby(s.index.hour).mean(), s.groupby(s.index.floor("h")).agg(["first", "last"])
s.groupby((s > 100).cumsum()).cumcount(), i.groupby(i % 2).transform("mean")
s.to_string(), repr(s), s.to_frame("x").to_string(), s.to_dict(), s.to_list(), s.to_numpy()
s.map(lambda v: v * 2), s.apply(math.log), s.pipe(lambda v: v + 1), s.astype(int).astype("Int64")
s.astype(str), s.astype("float32"), s.astype("category"), s.convert_dtypes()
s.sort_values(), s.sort_index(ascending=False), s.reset_index(drop=True), s.reindex(s.index[:3])
s.value_counts(bins=3), s.duplicated(), s.unique(), s.nunique(), s.is_monotonic_increasing
round(s.corr(i.set_axis(s.index)), 9), round(s.cov(i.set_axis(s.index)), 9)
round(s.dot(s), 6), s.equals(s)
(s > s.rolling(3).mean()) & (s.shift(1) <= s.rolling(3).mean().shift(1)), ~(s > 100)
s.combine_first(s), s.update(s), s.align(s)[0], s.compare(s + 1), s.explode(), s.truncate()
pd.Series(["a", "B"]).str.upper().str.contains("a|b", regex=True), pd.Series(["1"]).astype(float)
pd.Series(["x-1", "y-2"]).str.split("-", expand=True), pd.Series(["a1"]).str.extract(r"(\\d)")
pd.to_datetime(["2024-01-01", "2024-02-01T03:00"], format="mixed"), pd.to_datetime(1, unit="ms")
pd.to_datetime(["01/02/2024"], dayfirst=True), pd.to_datetime("2024-01-01", utc=True)
pd.Timestamp("2024-01-01", tz="UTC").floor("D"), pd.Timedelta("5min"), pd.Timestamp(0, unit="ms")
pd.Timestamp("2024-01-01") + pd.offsets.MonthEnd(1), pd.Timestamp(2024, 1, 1).day_name()
pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"), pd.bdate_range("2024-01-01", periods=3)
pd.period_range("2024-01", periods=3, freq="M"), pd.interval_range(0, 3)
pd.timedelta_range("1D", periods=2)
pd.concat([s, s.rename("y")], axis=1), pd.concat([df, df], ignore_index=True)
pd.cut(s, 3), pd.qcut(s, 4, labels=False), pd.get_dummies(pd.Series(["a", "b"])), pd.factorize(i)
pd.isna(s), pd.NA is pd.NA, pd.to_numeric(pd.Series(["1", "x"]), errors="coerce")
pd.DataFrame({"a": [1, 2]}).merge(pd.DataFrame({"a": [2, 3]}), on="a", how="outer", indicator=True)
pd.merge_asof(df.reset_index(), df.reset_index()[["time", "close"]], on="time", suffixes=("", "_y"))
pd.MultiIndex.from_product([[1, 2], ["a"]]), pd.Index([1, 2]).union(pd.Index([3]))
df.assign(mid=lambda f: (f.high + f.low) / 2)["mid"], df.eval("high - low")
df.query("close > open")
df.agg({"close": ["min", "max"], "volume": "sum"}), df.describe(), df.corr(), df.cov(), df.mean()
df.apply(lambda row: row["high"] - row["low"], axis=1), df.apply(np.log), df.map(float), df.T
df.groupby(df.index.hour).agg(close=("close", "last"), volume=("volume", "sum"))
df.groupby(df.index.hour)["close"].rolling(3).mean(), df.groupby(df.index.hour).apply(len)
df.resample("15min").agg({"open": "first", "high": "max", "low": "min", "close": "last"})
df.rolling(3).mean(), df.ewm(span=3).mean(), df.diff().abs().max(axis=1), df.rank(pct=True)
df.pivot_table(values="close", index=df.index.hour, aggfunc="mean"), df.melt(), df.stack()
df.sort_values("close"), df.nlargest(2, "close"), df.sample(3, random_state=1)
df.set_index("close")
df.iloc[-1], df.loc[df.index[0], "close"], df.at[df.index[0], "close"], df.iat[0, 0], df[["close"]]
df.to_dict("records"), df.to_numpy(), list(df.itertuples(index=False)), list(df.iterrows())[0][1]
df.to_string(), repr(df), df.to_csv(), df.to_json(), df.isna().any(), df.memory_usage().sum()
df.drop(columns="volume"), df.rename(columns=str.upper), df.astype({"volume": "int64"}), df.dtypes
df.shift(1).dropna(), df.cumsum(), df.idxmax(), df.quantile([0.1, 0.9]), df.select_dtypes("float")
df.clip(lower=1), df.where(df > 0), df.sub(df["close"], axis=0), df.div(2), df.pct_change()
df["close"].to_frame().join(df["open"]), df.insert(0, "n", 1), df.filter(like="o"), df.squeeze()
"""

TA = """
momentum.RSIIndicator(s, 14).rsi(), momentum.rsi(s, 14), momentum.roc(s, 5), momentum.kama(s)
momentum.stoch(df.high, df.low, df.close), momentum.stochrsi(s), momentum.tsi(s), momentum.ppo(s)
momentum.williams_r(df.high, df.low, df.close)
momentum.ultimate_oscillator(df.high, df.low, df.close)
momentum.awesome_oscillator(df.high, df.low), momentum.pvo(df.volume)
trend.ema_indicator(s, 9), trend.sma_indicator(s, 9), trend.macd_diff(s), trend.wma_indicator(s)
trend.adx(df.high, df.low, df.close), trend.cci(df.high, df.low, df.close), trend.trix(s)
trend.dpo(s)
trend.aroon_up(df.high, df.low), trend.kst(s), trend.mass_index(df.high, df.low), trend.stc(s)
trend.ichimoku_a(df.high, df.low), trend.vortex_indicator_pos(df.high, df.low, df.close)
trend.PSARIndicator(df.high, df.low, df.close).psar()
volatility.average_true_range(df.high, df.low, df.close), volatility.bollinger_hband(s)
volatility.keltner_channel_hband(df.high, df.low, df.close), volatility.ulcer_index(s)
volatility.donchian_channel_hband(df.high, df.low, df.close)
ta_volume.on_balance_volume(df.close, df.volume)
ta_volume.money_flow_index(df.high, df.low, df.close, df.volume)
ta_volume.volume_weighted_average_price(df.high, df.low, df.close, df.volume)
ta_volume.chaikin_money_flow(df.high, df.low, df.close, df.volume)
ta_volume.force_index(df.close, df.volume)
ta_volume.acc_dist_index(df.high, df.low, df.close, df.volume)
ta_volume.ease_of_movement(df.high, df.low, df.volume)
ta_volume.negative_volume_index(df.close, df.volume)
ta_volume.volume_price_trend(df.close, df.volume)
"""

IDIOMS = [
    line
    for block in (PLAIN, NUMPY, PANDAS, TA)
    for line in block.splitlines()
    if line.strip()
]

# The header of every idiom; the values are the same in every process.
PREPARE = """
import bisect, hashlib, itertools, math, re, statistics, warnings
from collections import Counter, defaultdict, deque
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import reduce
from hashlib import sha256
from operator import attrgetter, itemgetter
import numpy as np
import pandas as pd
from ta import momentum, trend, volatility
from ta import volume as ta_volume

def f(idiom):
    n = np.arange(60.0)
    times = pd.date_range("2024-01-01", periods=60, freq="5min", tz="UTC", name="time")
    s = pd.Series(100 + np.sin(n / 3) * 2 + n % 4, index=times)
    i = pd.Series(range(60))
    df = pd.DataFrame({"open": s.shift(1, fill_value=100.0), "high": s + 1, "low": s - 1.5,
        "close": s, "volume": (n % 7) * 10 + 5})
    scope = {**globals(), "s": s, "i": i, "df": df}
    warnings.simplefilter("ignore")
    parts = eval(idiom, scope)
    return [repr(part) for part in (parts if isinstance(parts, tuple) else (parts,))]
"""
