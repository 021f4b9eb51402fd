"""What a body may name: the words of the allowlist, by where they come from.

Everything listed is pure: it reads no file, clock or random source, takes no code as
text and leads to no frame, module or class object. What is not listed is refused; so a
new word goes in here only after its every argument was thought through.
"""

from __future__ import annotations

import itertools
import math
import statistics


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _public(source: object) -> frozenset[str]:
    return frozenset(name for name in vars(source) if not name.startswith("_"))


BUILTINS = _words("""
    abs all any ascii bin bool bytes chr dict divmod enumerate filter float frozenset hex
    int isinstance issubclass iter len list map max min next oct ord pow range repr
    reversed round set slice sorted str sum tuple zip format type
""")

# Kinds a body may raise. BaseException is refused.
EXCEPTIONS = _words("""
    ArithmeticError AttributeError Exception IndexError KeyError LookupError
    NotImplementedError OverflowError RuntimeError StopIteration TypeError ValueError
    ZeroDivisionError
""")
# Who catches these catches also what only the sandbox or only the running system raises:
# no memory left, the stack too deep, a broken contract, a call that is overdue.
TOO_WIDE = _words("Exception RuntimeError")

# Members of what a spec imports, by the name in the body. These modules are no values:
# they stand only in front of a dot.
MODULES: dict[str, frozenset[str]] = {
    "bisect": _words("bisect bisect_left bisect_right insort insort_left insort_right"),
    "itertools": _public(itertools),
    "math": _public(math),
    "statistics": frozenset(statistics.__all__) - {"NormalDist"},
    "np": _words("""
        abs absolute add all allclose amax amin any append arange arccos arcsin arctan
        arctan2 argmax argmin argsort argwhere around array array_equal asarray atleast_1d
        average bincount bool_ ceil clip column_stack concatenate convolve copy
        copysign corrcoef cos count_nonzero cov cross cumprod cumsum cumulative_sum
        deg2rad diag diff digitize divide dot e empty empty_like equal exp exp2 expm1 eye
        fabs flatnonzero flip float32 float64 float_power floor floor_divide fmax fmin
        fmod full full_like gradient greater greater_equal heaviside histogram hstack
        hypot identity inf inner insert int32 int64 interp intersect1d isclose isfinite
        isin isinf isnan isneginf isposinf less less_equal linspace log log10 log1p log2
        logaddexp logical_and logical_not logical_or logical_xor logspace max maximum mean
        median min minimum mod multiply nan nan_to_num nanargmax nanargmin nancumprod
        nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd
        nansum nanvar ndim negative nonzero not_equal ones ones_like outer pad
        percentile pi piecewise polyfit polyval power prod ptp quantile ravel reciprocal
        remainder repeat reshape resize rint roll round searchsorted select setdiff1d
        shape sign signbit sin sinh size sort split sqrt square squeeze stack std subtract
        sum take tan tanh tile trace transpose trapezoid tri tril triu true_divide trunc
        union1d unique var vdot vstack where zeros zeros_like
    """),
    "pd": _words("""
        DataFrame Index NA NaT RangeIndex Series concat cut factorize get_dummies
        isna isnull merge notna notnull qcut to_numeric unique
    """),
    "momentum": _words("""
        AwesomeOscillatorIndicator KAMAIndicator PercentagePriceOscillator
        PercentageVolumeOscillator ROCIndicator RSIIndicator StochRSIIndicator
        StochasticOscillator TSIIndicator UltimateOscillator WilliamsRIndicator
        awesome_oscillator kama ppo ppo_hist ppo_signal pvo pvo_hist pvo_signal roc rsi
        stoch stoch_signal stochrsi stochrsi_d stochrsi_k tsi ultimate_oscillator
        williams_r
    """),
    "trend": _words("""
        ADXIndicator AroonIndicator CCIIndicator DPOIndicator EMAIndicator
        IchimokuIndicator KSTIndicator MACD MassIndex PSARIndicator SMAIndicator
        STCIndicator TRIXIndicator VortexIndicator WMAIndicator adx adx_neg adx_pos
        aroon_down aroon_up cci dpo ema_indicator ichimoku_a ichimoku_b
        ichimoku_base_line ichimoku_conversion_line kst kst_sig macd macd_diff
        macd_signal mass_index psar_down psar_down_indicator psar_up psar_up_indicator
        sma_indicator stc trix vortex_indicator_neg vortex_indicator_pos wma_indicator
    """),
    "volatility": _words("""
        AverageTrueRange BollingerBands DonchianChannel KeltnerChannel UlcerIndex
        average_true_range bollinger_hband bollinger_hband_indicator bollinger_lband
        bollinger_lband_indicator bollinger_mavg bollinger_pband bollinger_wband
        donchian_channel_hband donchian_channel_lband donchian_channel_mband
        donchian_channel_pband donchian_channel_wband keltner_channel_hband
        keltner_channel_hband_indicator keltner_channel_lband
        keltner_channel_lband_indicator keltner_channel_mband keltner_channel_pband
        keltner_channel_wband ulcer_index
    """),
    "ta_volume": _words("""
        AccDistIndexIndicator ChaikinMoneyFlowIndicator EaseOfMovementIndicator
        ForceIndexIndicator MFIIndicator NegativeVolumeIndexIndicator
        OnBalanceVolumeIndicator VolumePriceTrendIndicator VolumeWeightedAveragePrice
        acc_dist_index chaikin_money_flow ease_of_movement force_index money_flow_index
        negative_volume_index on_balance_volume sma_ease_of_movement volume_price_trend
        volume_weighted_average_price
    """),
}

# Where datetimes are in play anyway; elsewhere pandas would read the clock from "now".
PANDAS_TIME = _words("""
    Timedelta Timestamp to_datetime to_timedelta date_range DatetimeIndex DateOffset
""")

# Attributes of values, by type. `str.format` reads attributes from text, so it is out.
PLAIN = _words("""
    append extend insert remove pop sort reverse index count copy clear
    get items keys values setdefault update popitem fromkeys
    add discard union intersection difference symmetric_difference issubset issuperset
    isdisjoint intersection_update difference_update symmetric_difference_update
    capitalize casefold center encode endswith expandtabs find isalnum isalpha isascii
    isdecimal isdigit islower isnumeric isspace istitle isupper join ljust lower lstrip
    partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit
    rstrip split splitlines startswith strip swapcase title upper zfill
    is_integer bit_length bit_count as_integer_ratio from_bytes to_bytes hex fromhex
    decode translate maketrans args
""")
DECIMAL = _words("""
    quantize normalize copy_abs copy_negate copy_sign is_nan is_finite is_infinite is_zero
    is_signed to_integral_value to_integral sqrt ln log10 exp max min scaleb adjusted
    as_tuple digits exponent remainder_near compare from_float fma number_class logb
    as_integer_ratio same_quantum
""")
DATETIME = _words("""
    year month day hour minute second microsecond tzinfo timestamp isoformat weekday
    isoweekday isocalendar toordinal date time timetz replace astimezone strftime strptime
    fromtimestamp fromisoformat fromordinal combine total_seconds days seconds
    microseconds week utcoffset timetuple
""")
PANDAS = _words("""
    T abs add add_prefix add_suffix agg aggregate align all any apply argmax argmin
    argsort asof assign astype at at_time autocorr axes backfill between bfill bool clip
    columns combine_first compare convert_dtypes corr corrwith count cov cummax cummin
    cumprod cumsum describe diff div divide divmod dot drop drop_duplicates droplevel
    dropna dtype dtypes duplicated empty eq equals ewm expanding explode ffill fillna
    first first_valid_index floordiv ge get groupby gt hasnans head iat idxmax
    idxmin iloc index infer_objects insert interpolate is_monotonic_decreasing
    is_monotonic_increasing is_unique isin isna isnull item items iterrows itertuples join
    keys kurt kurtosis last last_valid_index le len loc lt map mask max mean median melt
    merge min mod mode mul multiply name names ndim ne ngroup nlargest notna notnull
    nsmallest nunique pad pct_change pivot pop pow prod product quantile
    radd rank rdiv reindex reindex_like rename rename_axis repeat replace reset_index
    rfloordiv rmod rmul rolling round rpow rsub rtruediv searchsorted
    select_dtypes sem set_axis set_index shape shift size skew sort_index sort_values
    squeeze stack std str sub subtract sum swaplevel tail take to_dict to_frame to_list
    to_numpy tolist transform transpose truediv truncate unique unstack update value_counts
    values var where xs cumcount nth ngroups groups get_level_values difference union
    intersection start stop step left right mid contains fullmatch match extract slice
""")
NUMPY = _words("""
    T accumulate all any argmax argmin argsort astype clip compress copy cumprod cumsum
    diagonal dot dtype fill flatten imag item itemsize max mean min nbytes ndim nonzero
    outer prod ptp ravel real reduce repeat reshape resize round searchsorted shape size
    sort squeeze std sum swapaxes take tolist trace transpose var
""")
PANDAS_DATES = _words("""
    dt resample tz_localize tz_convert normalize floor ceil dayofweek dayofyear quarter
    hour minute second day month year date time total_seconds days seconds
""")
COLLECTIONS = {
    "Counter": _words("elements most_common subtract total"),
    "deque": _words("appendleft popleft extendleft rotate maxlen"),
    "defaultdict": frozenset(["default_factory"]),
    "sha256": _words("hexdigest digest update"),
    "itertools": frozenset(["from_iterable"]),
}
# The columns of a frame of candles, read as attributes.
CANDLE_COLUMNS = _words("time_ms open high low close volume index")

# Methods of ta's indicator classes.
TA = _words("""
    acc_dist_index adx adx_neg adx_pos aroon_down aroon_indicator aroon_up
    average_true_range awesome_oscillator bollinger_hband bollinger_hband_indicator
    bollinger_lband bollinger_lband_indicator bollinger_mavg bollinger_pband
    bollinger_wband cci chaikin_money_flow donchian_channel_hband donchian_channel_lband
    donchian_channel_mband donchian_channel_pband donchian_channel_wband dpo
    ease_of_movement ema_indicator force_index ichimoku_a ichimoku_b ichimoku_base_line
    ichimoku_conversion_line kama keltner_channel_hband keltner_channel_hband_indicator
    keltner_channel_lband keltner_channel_lband_indicator keltner_channel_mband
    keltner_channel_pband keltner_channel_wband kst kst_diff kst_sig macd macd_diff
    macd_signal mass_index money_flow_index negative_volume_index on_balance_volume ppo
    ppo_hist ppo_signal psar psar_down psar_down_indicator psar_up psar_up_indicator pvo
    pvo_hist pvo_signal roc rsi sma_ease_of_movement sma_indicator stc stoch
    stoch_signal stochrsi stochrsi_d stochrsi_k trix tsi ulcer_index ultimate_oscillator
    volume_price_trend volume_weighted_average_price vortex_indicator_diff
    vortex_indicator_neg vortex_indicator_pos williams_r wma
""")

# pandas looks a method up by its name when these are handed a string, so they take a
# lambda written in place, or some of these names, written out. `transform` takes names
# only: whatever a lambda raised for one element, pandas would call it again on all.
LAMBDA_ONLY = _words("agg aggregate apply")
APPLYING = LAMBDA_ONLY | {"transform"}
BY_NAME = _words("""
    all any bfill count cummax cummin cumprod cumsum diff ffill first last max mean median
    min nunique pct_change prod rank sem shift size skew std sum var
""")

# The position at which these take a dtype, which may only be one of DTYPES: a
# datetime64 made from text reads the clock.
DTYPE_POSITION = {
    "array": 1, "asarray": 1, "zeros": 1, "ones": 1, "empty": 1, "full": 2, "arange": 3,
    "zeros_like": 1, "ones_like": 1, "empty_like": 1, "full_like": 2, "eye": 3,
    "identity": 1, "Series": 2, "DataFrame": 3, "Index": 1, "RangeIndex": 3,
    "linspace": 5, "logspace": 5, "astype": 0, "to_numpy": 0, "tri": 3, "trace": 4,
    "get_dummies": 7, "reduce": 2, "accumulate": 2, "sum": 2, "prod": 2, "mean": 2,
    "std": 2, "var": 2, "cumsum": 2, "cumprod": 2, "nansum": 2, "nanprod": 2,
    "nanmean": 2, "nanstd": 2, "nanvar": 2, "nancumsum": 2, "nancumprod": 2,
}  # fmt: skip
DTYPES = _words("""
    bool int int32 int64 float float32 float64 str bool_ object Int64 Float64 boolean
""")
# Methods with free keywords; `**` elsewhere could hide an argument that is looked at.
KEYWORDS_OPEN = _words("assign update")

# Field names that would open a door on another type; see spec_check.
RISKY_FIELDS = _words("""
    format format_map eval query pipe agg aggregate apply transform mro load dump save
    tofile now today utcnow ctypes base data flags plot style io lib f_globals func
    gi_frame tb_frame send throw view attrs array sample memmap random
""")
