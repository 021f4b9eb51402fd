"""A body that keeps its contract is refused for a part that no test needed."""

from __future__ import annotations

from conftest import Judge

from architect.gate.contract.regressions import Regression
from core.values import encode

FAR = "return x / 2 if x < 1e30 else 0.0"


def test_a_part_that_no_test_needs_is_refused_with_its_line(judge: Judge) -> None:
    verdict = judge("halve", "half = x / 2\nreturn half if x < 1e30 else 0.0")
    assert (verdict.stage, verdict.accepted) == ("coverage", False)
    (finding,) = verdict.findings
    assert finding.line == 2
    assert "`x < 1e+30` is never false in any test" in finding.message
    assert "leave it out" in (finding.hint or "")
    assert verdict.counter_example is None


def test_what_once_failed_counts_as_a_test(judge: Judge) -> None:
    seen = Regression({"x": encode(1e31)})
    assert judge("halve", FAR).stage == "coverage"
    assert judge("halve", FAR, regressions=[seen]).accepted


def test_a_guard_that_only_raises_may_stay_unseen(judge: Judge) -> None:
    body = "if x > 1e30:\n    raise ValueError('too large')\nreturn x / 2"
    verdict = judge("halve", body)
    assert verdict.accepted, verdict.as_text()


def test_a_guard_in_a_try_is_told_where_to_stand(judge: Judge) -> None:
    body = (
        "try:\n    if x > 1e30:\n        raise ValueError('too large')\n"
        "    return x / 2 * (x / x)\nexcept (ValueError, ZeroDivisionError):\n    return 0.0"
    )
    verdict = judge("halve", body)
    assert verdict.stage == "coverage", verdict.as_text()
    assert "before the try" in (verdict.findings[0].hint or "")


def test_what_hides_in_such_a_guard_is_refused(judge: Judge) -> None:
    body = (
        "made = {}\nif made.update(half=x / 2 if x < 1e30 else 0.0):\n"
        "    raise ValueError('never')\nreturn made['half']"
    )
    assert judge("halve", body).stage == "coverage"
