"""What the model thinks of an entry.

Generated from specs/trading/model_score.yaml. To change it, change the spec
and run: architect generate model_score
"""

from core.records import record


@record(
    requires=[
        "0 <= score <= 1",
    ],
)
class ModelScore:
    """What the model thinks of an entry.

    Attributes:
        score: 0 is against it, 0.5 is neutral, 1 is for it
        reason: the model's own words, or why there are none
    """

    score: float
    reason: str


__all__ = ["ModelScore"]
# From its spec, byte for byte: architect rebuild model_score
