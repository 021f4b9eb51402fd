"""Check that an indicator never looks ahead: a prefix in gives the same prefix out."""

from __future__ import annotations

from typing import Any

from architect.gate.contract.failure import Check, Failure
from architect.gate.contract.inputs import Inputs
from architect.gate.contract.properties import RESULTS
from architect.gate.contract.subject import Answer
from architect.gate.contract.terms import Arguments, Terms
from core.values import difference

TABLES = ("Series", "Frame")


def check(terms: Terms, inputs: Inputs, cases: int, most: int) -> Check:
    """Return the check: an input is cut at several lengths.

    The inputs are the first `most` of the `cases` on which results are judged.
    """

    def fails(arguments: Arguments) -> Failure | None:
        whole = terms.call(arguments)
        if whole.status != "value" or not _histories(terms, arguments):
            return terms.bad_end(arguments, whole)
        for rows in _cuts(_rows(terms, arguments)):
            if failure := _prefix_fault(terms, arguments, whole, rows):
                return failure
        return None

    def run() -> Failure | None:
        return inputs.smallest(RESULTS, fails, cases, terms.allowed, most=most)

    return Check("causality", run)


def _histories(terms: Terms, arguments: Arguments) -> list[str]:
    return [
        name
        for name, kind in terms.kinds.items()
        if kind.name in TABLES and name in arguments
    ]


def _rows(terms: Terms, arguments: Arguments) -> int:
    return max(len(arguments[name]) for name in _histories(terms, arguments))


def _cuts(rows: int) -> list[int]:
    return sorted({rows - 1, rows - 2, rows // 2, rows // 4} & set(range(1, rows)))


def _prefix_fault(
    terms: Terms, arguments: Arguments, whole: Answer, rows: int
) -> Failure | None:
    names = _histories(terms, arguments)
    cut = {**arguments, **{n: arguments[n].iloc[:rows] for n in names}}
    if not terms.allowed(cut):
        return None
    answer = terms.call(cut)
    if answer.status != "value":
        return terms.bad_end(cut, answer)
    expected = _prefix(whole.value, rows)
    why = difference(expected, answer.value, terms.spec.tolerance)
    if why is None:
        return None
    text = (
        f"{terms.spec.name} looks ahead: on the first {rows} rows alone its result is "
        f"not the first {rows} rows of its result on all ({why})"
    )
    return terms.failure(text, arguments, whole)


def _prefix(result: Any, rows: int) -> Any:
    """Cut a series, a frame, or each of a tuple, list or mapping of them."""
    if hasattr(result, "iloc"):
        return result.iloc[:rows]
    if isinstance(result, tuple):
        return tuple(_prefix(part, rows) for part in result)
    if isinstance(result, dict):
        return {key: _prefix(part, rows) for key, part in result.items()}
    return result[:rows] if isinstance(result, list) else result
