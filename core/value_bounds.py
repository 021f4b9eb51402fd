"""Bounds on plain values, so that what is decoded can be computed with at all.

A decoded value may come from a process that is wholly hostile: it must not be dear to
hash, to compare or to print. Every bound is far above what a trading module answers.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

MAX_DEPTH = 64
MAX_MEMBERS = 10_000  # of one set or mapping
MAX_ALIKE = 16  # different numbers with one hash, in one value
MAX_ROWS = 2_000_000
MAX_INT_DIGITS = 4000  # Python writes out and reads 4300
MAX_DIGITS = 6144  # as IEEE 754's decimal128 has for its exponent

# Of a decimal that is written out so short and without an exponent nothing is counted.
_SHORT = 64
_LARGEST = 10**MAX_INT_DIGITS
_SMALL = sys.hash_info.modulus
# Decimals of so few digits, before and after the point, hardly ever share a hash.
_NARROW, _FINEST = 18, -30
_NUMPY = """
bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64
"""
# `object`, `str` and `string` hold values that are plain themselves.
_PANDAS = """
object str string boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32
Float64
"""
NUMPY_DTYPES = frozenset(_NUMPY.split())
COLUMN_DTYPES = NUMPY_DTYPES | frozenset(_PANDAS.split())


class NotPlain(TypeError):
    """A value that has no plain form, or plain data that describes no value."""


class Foreign(NotPlain):
    """A value of a type that no spec can declare."""


def check_depth(depth: int) -> None:
    """Refuse what is nested too deep."""
    if depth > MAX_DEPTH:
        raise NotPlain(f"nested deeper than {MAX_DEPTH}")


def check_members(count: int) -> None:
    """Refuse a set or mapping that is too large."""
    if count > MAX_MEMBERS:
        raise NotPlain(f"{count} members, at most {MAX_MEMBERS}")


def check_decimal(value: Decimal) -> Decimal:
    """Refuse a number that int() or a format would write out to a gigabyte, and a
    signalling NaN, which raises when it is compared."""
    # Written without an E it has no more digits than places, and no larger exponent.
    text = str(value)
    if len(text) <= _SHORT and "E" not in text and "N" not in text:
        return value
    if value.is_snan():
        raise NotPlain("a signalling NaN has no plain form")
    _, digits, exponent = value.as_tuple()
    if isinstance(exponent, int) and not (
        len(digits) <= MAX_DIGITS and abs(exponent) <= MAX_DIGITS
    ):
        raise NotPlain(f"a Decimal with more than {MAX_DIGITS} digits or such exponent")
    return value


def check_int(value: int) -> int:
    """Refuse a number that Python does not write out."""
    if not -_LARGEST < value < _LARGEST:
        raise NotPlain(f"an int with more than {MAX_INT_DIGITS} digits")
    return value


def check_text(text: str) -> str:
    """Refuse half characters: no terminal, file or store can take them."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotPlain("text with half a surrogate pair") from None
    return text


def check_dtype(dtype: Any, known: frozenset[str]) -> str:
    """Refuse a dtype by any other name than a known one's."""
    if type(dtype) is not str or dtype not in known:
        raise NotPlain(f"no plain value has the dtype {str(dtype)[:40]}")
    return dtype


class Hashes:
    """Counts, over one value, different numbers with one hash.

    A set of a few thousand such numbers, which anyone can work out, takes seconds.
    """

    def __init__(self) -> None:
        self._seen: dict[int, set[Any]] = {}

    def check_int(self, value: int) -> int:
        """Refuse one too many."""
        return value if -_SMALL < value < _SMALL else self._count(value)

    def check_decimal(self, value: Decimal) -> Decimal:
        """Refuse one too many."""
        return value if _is_usual(value) else self._count(value)

    def _count(self, value: Any) -> Any:
        alike = self._seen.setdefault(hash(value), set())
        alike.add(value)
        if len(alike) > MAX_ALIKE:
            raise NotPlain(f"more than {MAX_ALIKE} numbers with one hash")
        return value


def _is_usual(value: Decimal) -> bool:
    if not value.is_finite():
        return True
    _, digits, exponent = value.as_tuple()
    return (
        len(digits) <= _NARROW
        and value.adjusted() < _NARROW
        and int(exponent) >= _FINEST
    )
