"""The score in a model's answer; whatever is no proper answer is neutral.

Generated from specs/trading/gpt_signal_score.yaml. To change it, change the spec
and run: architect generate gpt_signal_score
"""

from core.wrapper import module
from generated.trading.model_score import ModelScore
from generated.trading.read_score import read_score


@module(
    kind="function",
    on_failure='ModelScore(score=0.5, reason="unreadable answer")',
)
def gpt_signal_score(answer: str | None) -> ModelScore:
    """The score in a model's answer; whatever is no proper answer is neutral.

    Args:
        answer: the model's own words, not to be trusted

    Returns:
        0.5 is neutral
    """
    if answer is None:
        return ModelScore(score=0.5, reason="no answer")
    lines = answer.strip().splitlines()
    first, second = lines if len(lines) == 2 else ("", "")
    score, reason = read_score(first[7:]), second.removeprefix("reason: ")
    told = first.startswith("score: ") and reason != second
    if not told or score is None or not reason.isascii() or len(reason) > 300:
        return ModelScore(score=0.5, reason="unreadable answer")
    return ModelScore(score=score, reason=reason)


__all__ = ["gpt_signal_score"]
# From its recorded reply, byte for byte: architect rebuild gpt_signal_score
