"""More bodies of honest authors, in many turns of phrase: by signature, one a paragraph.

They were written for what they compute, not to please the rules; those that the rules
refuse all the same stand in REFUSED, with the reason.
"""

from __future__ import annotations

from body_cases import Case

_GROUPS: list[tuple[str, tuple[str, ...], str]] = [
    ("xs: list[float] -> float", ("math", "statistics"), """
return sum(xs) / len(xs) if xs else 0.0

return math.fsum(xs) / max(len(xs), 1)

return max(xs, default=0.0) - min(xs, default=0.0)

return math.sqrt(sum(x * x for x in xs))

if not xs:
    return 0.0
ordered = sorted(xs)
middle = len(ordered) // 2
return ordered[middle] if len(ordered) % 2 else sum(ordered[middle - 1 : middle + 1]) / 2

return statistics.median(xs) if xs else math.nan

mean = sum(xs) / len(xs)
return sum((x - mean) ** 2 for x in xs) / (len(xs) - 1)

total = 0.0
for x in xs:
    total = 0.9 * total + 0.1 * x
return total

return math.prod(1 + x for x in xs) - 1

peak, worst = -math.inf, 0.0
for x in xs:
    peak = max(peak, x)
    worst = max(worst, peak - x)
return worst

return sum(1 for x in xs if x > 0) / len(xs) if xs else 0.0

wins = [x for x in xs if x > 0]
losses = [-x for x in xs if x < 0]
return sum(wins) / sum(losses) if losses else math.inf

return statistics.stdev(xs) if len(xs) > 1 else 0.0

best = run = 0.0
for x in xs:
    run = max(0.0, run + x)
    best = max(best, run)
return best

return xs[-1] / xs[0] - 1 if len(xs) > 1 and xs[0] else 0.0

try:
    return sum(xs) / len(xs)
except ZeroDivisionError:
    return 0.0

n = len(xs)
return sum(x * (i + 1) for i, x in enumerate(xs)) / (n * (n + 1) / 2) if n else 0.0

count, mean = 0, 0.0
for count, x in enumerate(xs, start=1):
    mean += (x - mean) / count
return mean

assert_finite = [x for x in xs if math.isfinite(x)]
return math.fsum(assert_finite)

return float(statistics.mode(round(x) for x in xs)) if xs else 0.0
"""),
    ("xs: list[int] -> list[int]", ("itertools", "bisect"), """
return sorted(set(xs))

return [x for i, x in enumerate(xs) if x not in xs[:i]]

return list(dict.fromkeys(xs))

seen = set()
return [x for x in xs if not (x in seen or seen.add(x))]

out = []
for x in xs:
    if not out or out[-1] != x:
        out.append(x)
return out

return [b - a for a, b in zip(xs, xs[1:])]

return [key for key, _ in itertools.groupby(xs)]

return list(itertools.takewhile(lambda x: x > 0, xs))

return [*filter(None, xs)]

return sorted(xs, key=lambda x: (-abs(x), x))[:3]

return list(map(abs, xs))

return [x if x > 0 else 0 for x in xs]

odd, even = [], []
for x in xs:
    (odd if x % 2 else even).append(x)
return odd + even

result = xs.copy()
result.reverse()
return result

return [sum(xs[: i + 1]) for i in range(len(xs))]

ordered = []
for x in xs:
    bisect.insort(ordered, x)
return ordered

return [x for x in reversed(xs)]

def merge(left, right):
    return sorted([*left, *right])
return merge(xs[::2], xs[1::2])

return [max(xs[max(0, i - 2) : i + 1]) for i in range(len(xs))]

return xs[-3:] if len(xs) >= 3 else []

def split(items):
    if len(items) < 2:
        return items
    pivot, *rest = items
    low = split([i for i in rest if i < pivot])
    return low + [pivot] + split([i for i in rest if i >= pivot])
return split(xs)

return [a * b for a, b in itertools.combinations(xs, 2)]

return list(itertools.islice(itertools.cycle(xs), 5)) if xs else []

last = None
return [x for x in xs if x != last and (last := x) is not None]

chunks = [xs[i : i + 2] for i in range(0, len(xs), 2)]
return [sum(chunk) for chunk in chunks]
"""),
    ("text: str -> str", (), """
return text.strip().upper()

return " ".join(word.capitalize() for word in text.split())

return "".join(c for c in text if c.isalnum())

return text[:8] + "..." if len(text) > 8 else text

return f"{text!r:>12}"

return f"{len(text):04d}-{text[:3].lower():_<3}"

return f"{text=}"

return text.removeprefix("PF_").removesuffix("USD")

base, sep, quote = text.rpartition("/")
return base if sep else quote

return {"BUY": "long", "SELL": "short"}.get(text.upper(), "flat")

match text.lower().split("_"):
    case ["pf", symbol]:
        return symbol.removesuffix("usd").upper()
    case [symbol]:
        return symbol
    case _:
        return ""

if text.startswith(("pf_", "PF_")):
    return text[3:]
return text

try:
    return f"{float(text):,.2f}"
except ValueError:
    return text.rjust(10)

return "\\n".join(line.rstrip() for line in text.splitlines())

return text.replace("-", "_").casefold().encode("ascii", "replace").decode()

return "yes" if text in ("1", "true", "on") else "no"

counts = {c: text.count(c) for c in set(text)}
return max(sorted(counts), key=counts.get) if counts else ""

return text.translate(str.maketrans("abc", "xyz"))

return "{} {}".format(text, len(text))

return "%s has %d letters" % (text, len(text))

return text.zfill(6) if text.isdigit() else text.ljust(6, ".")

words = iter(text.split())
return next(words, "") + next(words, "")

return ("" if not text else text[0].upper() + text[1:]) or "-"

return text * 2 if len(text) < 3 else text.center(9, "*")
"""),
    ("a: float, b: float, n: int -> float", ("math",), """
return a if n > 0 else b

return a * (1 + b) ** n

return (a - b) / b if b else 0.0

return round(a / b, n) if b != 0 else math.inf

return math.copysign(min(abs(a), abs(b)), a)

return min(max(a, -1.0), 1.0) * b

for _ in range(n):
    a, b = b, (a + b) / 2
return b

if n == 0:
    return a
return subject(a * b, b, n - 1)

low, high = sorted((a, b))
return low + (high - low) / max(n, 1)

step = 10.0**-n
return math.floor(a / step) * step

if not math.isfinite(a) or not math.isfinite(b):
    raise ValueError(f"{a} or {b} is not finite")
return math.hypot(a, b)

return 0.0 if a == b else 1 / (1 + math.exp(-(a - b) * n))

scale = lambda value, factor=n: value * factor
return scale(a) + scale(b)

while n > 0 and a > b:
    a /= 2
    n -= 1
else:
    a += 0.0
return a

weight = 2 / (n + 1)
return weight * a + (1 - weight) * b

return (a > b) - (a < b) + 0.0

return [a, b][n % 2]

return {0: a, 1: b}.get(n, math.nan)

return a if (ratio := a / (b or 1)) > n else ratio

return float(int(a // b) if b else n)
"""),
    ("row: dict[str~ float], names: list[str] -> dict[str~ float]", ("collections.defaultdict",
     "collections.Counter"), """
return {name: row[name] for name in names if name in row}

return {name: row.get(name, 0.0) for name in names}

return dict(sorted(row.items(), key=lambda item: item[1], reverse=True))

total = sum(row.values()) or 1.0
return {name: value / total for name, value in row.items()}

return {**row, **dict.fromkeys(names, 0.0)}

return row | {name: 1.0 for name in names}

out = dict(row)
for name in names:
    out.pop(name, None)
return out

out = defaultdict(float)
for name in names:
    out[name] += row.get(name, 0.0)
return dict(out)

return dict(zip(row.keys(), map(abs, row.values()), strict=True))

counts = Counter(names)
return {name: row[name] * counts[name] for name in row if counts[name]}

best = max(row, key=row.get, default=None)
return {} if best is None else {best: row[best]}

out = {}
for i, name in enumerate(sorted(row)):
    out[name] = row[name] * i
return out

match names:
    case []:
        return row
    case [only]:
        return {only: row.get(only, 0.0)}
    case [first, *rest]:
        return {first: float(len(rest))}

return {f"{name}_usd": value for name, value in row.items() if value is not None}

missing = set(names) - row.keys()
if missing:
    raise KeyError(", ".join(sorted(missing)))
return {name: row[name] for name in names}

try:
    return {name: row[name] for name in names}
except KeyError as error:
    raise ValueError(f"no {error.args[0]!r}") from error

return {name: value for name, value in row.items() if name in frozenset(names)}

out = {name: 0.0 for name in names}
out.update(row)
return out

del_names = [name for name, value in row.items() if value == 0]
return {name: row[name] for name in row if name not in del_names}

return {k: v for k, v in sorted(row.items()) if not k.startswith("_")}
"""),
    ("close: Series, n: int -> Series", ("numpy", "pandas"), """
return close.rolling(n).mean()

return close.rolling(window=n, min_periods=1).std(ddof=0)

return close.ewm(span=n, min_periods=n, adjust=False).mean()

return close.diff(n) / close.shift(n)

return close.pct_change(n).fillna(0.0)

return np.log(close / close.shift(1)).rolling(n).std() * np.sqrt(n)

return (close - close.rolling(n).mean()) / close.rolling(n).std()

return close.cummax() - close

return close.rolling(n).max().sub(close).div(close)

mean, spread = close.rolling(n).mean(), close.rolling(n).std()
return (close - mean + 2 * spread) / (4 * spread)

weights = np.arange(1, n + 1)
return close.rolling(n).apply(lambda w: (w * weights).sum() / weights.sum(), raw=True)

up = close.diff().clip(lower=0)
down = -close.diff().clip(upper=0)
strength = up.rolling(n).mean() / down.rolling(n).mean()
return 100 - 100 / (1 + strength)

return pd.Series(np.sign(close.diff().fillna(0)), index=close.index)

values = close.to_numpy()
return pd.Series(np.concatenate([[np.nan] * n, values[n:] - values[:-n]]), index=close.index)

return close.where(close > close.rolling(n).mean())

return close.expanding(min_periods=n).quantile(0.5)

return close.ffill().bfill().rolling(n).median()

return close.rank(pct=True)

fast, slow = close.ewm(span=n).mean(), close.ewm(span=2 * n).mean()
return fast - slow

out = close.copy()
out.iloc[:n] = np.nan
return out

return close.groupby(np.arange(len(close)) // n).transform("mean")

return close.map(lambda value: round(value, n))

return close.rolling(n).agg(lambda w: w.max() - w.min())

return (close > close.shift(1)).astype(float).rolling(n).sum()

return close.sub(close.mean()).div(close.std()).clip(-n, n)

return close.mask(close.isna(), close.expanding().mean())

return close.interpolate().rolling(n, center=False).mean()

smooth = close
for _ in range(3):
    smooth = smooth.ewm(span=n, adjust=False).mean()
return smooth

return pd.concat([close, close.shift(n)], axis=1).max(axis=1)

return close.rolling(n).corr(close.shift(1))

return close.rolling(n).agg(["min", "max"]).mean(axis=1)

return close.shift(n, fill_value=close.iloc[0]) if len(close) else close

kernel = np.ones(n) / n
full = np.convolve(close.to_numpy(), kernel)[: len(close)]
return pd.Series(full, index=close.index).where(close.index >= n - 1)

return close.replace(0, np.nan).ffill()

return close.rolling(n).var().pow(0.5)

gain = close.diff().where(lambda change: change > 0, 0.0)
return gain.ewm(alpha=1 / n, adjust=False).mean()
"""),
    ("frame: Frame -> Series", ("numpy", "pandas"), """
return (frame["high"] + frame["low"] + frame["close"]) / 3

return frame[["open", "close"]].mean(axis=1)

typical = frame.loc[:, ["high", "low", "close"]].mean(axis=1)
return (typical * frame["volume"]).cumsum() / frame["volume"].cumsum()

return frame["close"].gt(frame["open"]).map({True: 1.0, False: -1.0})

body = (frame.close - frame.open).abs()
return body / (frame.high - frame.low).replace(0, np.nan)

previous = frame["close"].shift()
ranges = [frame["high"] - frame["low"], (frame["high"] - previous).abs()]
return pd.concat(ranges, axis=1).max(axis=1)

return np.maximum(frame["high"], frame["close"].shift(1).fillna(0))

return frame.apply(lambda row: row["high"] - row["low"], axis=1)

direction = np.sign(frame["close"].diff()).fillna(0)
return (direction * frame["volume"]).cumsum()

return frame.eq(frame.shift()).all(axis=1).astype(float)

return pd.Series([row.high - row.low for row in frame.itertuples()], index=frame.index)

return frame.drop(columns=["volume"]).max(axis=1)

return frame.set_index("time_ms")["close"].diff().reset_index(drop=True)

return frame["close"].div(frame["close"].iloc[0]).sub(1)

return frame.sort_values("time_ms")["close"].reset_index(drop=True)

return frame.assign(mid=(frame["high"] + frame["low"]) / 2)["mid"].rolling(3).mean()

return frame["volume"].rolling(20, min_periods=1).mean().rename("volume_mean")

return frame["close"].where(frame["volume"].gt(0)).ffill()

return frame.iloc[:, 1:5].mean(axis=1)

return frame["high"].rolling(3).max().combine_first(frame["high"])

return frame.groupby(frame["time_ms"] // 3_600_000)["volume"].transform("sum")

money = frame["close"] * frame["volume"]
return money.rolling(5).sum() / frame["volume"].rolling(5).sum()
"""),
    ("price: Decimal, tick: Decimal -> Decimal", ("decimal.Decimal", "decimal.ROUND_DOWN",
     "decimal.ROUND_HALF_EVEN"), """
return (price // tick) * tick

return price - price % tick

return (price / tick).quantize(Decimal(1), rounding=ROUND_HALF_EVEN) * tick

return max(Decimal("0"), price - tick)

return price.quantize(tick, ROUND_DOWN)

steps = int(price / tick)
return tick * steps

if tick <= 0:
    raise ValueError(f"tick {tick} is not positive")
return (price / tick).to_integral_value(rounding=ROUND_DOWN) * tick

return price.copy_abs().min(tick)

return sum((tick for _ in range(3)), start=price)

whole, rest = divmod(price, tick)
return whole * tick + (tick if rest * 2 >= tick else Decimal())

return price.normalize() + tick.normalize()

return Decimal(str(round(float(price), 2))) + tick

return abs(price) * (1 if price >= 0 else -1) + tick * 0

return price.scaleb(-2) * tick if price.is_finite() else Decimal("NaN")

fee = (price * Decimal("0.0005")).quantize(Decimal("0.01"))
return price + fee if price > tick else price - fee
"""),
    ("fills: list[Fill] -> Decimal", ("decimal.Decimal", "collections.defaultdict",
     "operator.attrgetter", "functools.reduce"), """
return sum((fill.size for fill in fills), Decimal(0))

signed = [f.size if f.side == "buy" else -f.size for f in fills]
return sum(signed, Decimal("0"))

size = sum((f.size for f in fills), Decimal(0))
return sum((f.size * f.price for f in fills), Decimal(0)) / size if size else Decimal(0)

return max((fill.price for fill in fills), default=Decimal(0))

last = max(fills, key=lambda fill: fill.time_ms, default=None)
return last.price if last is not None else Decimal(0)

by_symbol = defaultdict(Decimal)
for fill in fills:
    by_symbol[fill.symbol] += fill.size
return max(by_symbol.values(), default=Decimal(0))

ordered = sorted(fills, key=attrgetter("time_ms"))
return ordered[-1].price - ordered[0].price if ordered else Decimal(0)

return reduce(lambda total, fill: total + fill.size, fills, Decimal(0))

total = Decimal(0)
for fill in fills:
    match fill.side:
        case "buy":
            total += fill.size * fill.price
        case "sell":
            total -= fill.size * fill.price
return total

try:
    return fills[-1].price / fills[0].price
except (IndexError, ZeroDivisionError):
    return Decimal("0")

if not fills:
    return Decimal(0)
first, *_, last = [fills[0], *fills]
return last.price - first.price

position, entry = Decimal(0), Decimal(0)
for f in fills:
    size = f.size if f.side == "buy" else -f.size
    if position + size:
        entry = (entry * position + f.price * size) / (position + size)
    position += size
return entry

symbols = {fill.symbol for fill in fills}
return Decimal(len(symbols))

return next((f.price for f in reversed(fills) if f.side == "sell"), Decimal(0))
"""),
    ("dates: list[datetime], closes: list[float] -> list[float]",
     ("pandas", "datetime.timedelta"), """
by_day = pd.Series(closes, index=pd.DatetimeIndex(dates)).resample("1D").last()
return by_day.dropna().tolist()

frame = pd.DataFrame({"at": dates, "close": closes})
late = frame[frame["at"] >= "2024-01-31"]
return (late["close"] * 2 + 1).tolist()

times = pd.Series(dates).dt.hour + pd.Series(dates).dt.minute / 60
return times.astype("float64").tolist()

start = pd.Timestamp("2024-01-01", tz="UTC") + timedelta(hours=1)
return [close + 1.0 for at, close in zip(dates, closes) if at > start]

if len(dates) != len(closes):
    raise ValueError(f"{len(dates)} dates, " + "but others of closes")
sides = ["up" if close > 0 else "down" for close in closes]
return pd.Series(closes).groupby(sides).sum().add(1.0).tolist()

texts = [at for at in dates if isinstance(at, (str, int)) or type(at) is str]
return pd.Series(closes[len(texts) :]).tolist()

noon = pd.Series(closes, index=pd.DatetimeIndex(dates)).at_time("12:00")
weights = {"first": 0.5, "last": 0.5}
return [weights["first"] * noon.iloc[0] + weights["last"] * noon.iloc[-1]]
"""),
]  # fmt: skip

# Honest, and refused: with why that stands.
REFUSED = {
    'return "{} {}".format(text, len(text))': "str.format reads attributes from text",
}


def _cases() -> list[Case]:
    made = []
    for signature, imports, text in _GROUPS:
        for i, body in enumerate(text.strip().split("\n\n")):
            made.append(Case(f"{signature}, {i}", signature, body, imports))
    return made


MORE_HONEST = _cases()
