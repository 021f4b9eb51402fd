"""The entry criteria, loosened by a number of steps towards the loosest allowed.

Generated from specs/trading/entry_flex_tuner.yaml. To change it, change the spec
and run: architect generate entry_flex_tuner
"""

from dataclasses import asdict, replace

from core.wrapper import module
from generated.trading.entry_criteria import EntryCriteria


@module(
    kind="function",
    requires=[
        "0 <= steps <= most",
        "most >= 1",
    ],
    on_failure="normal",
)
def entry_flex_tuner(
    normal: EntryCriteria, loosest: EntryCriteria, steps: int, most: int
) -> EntryCriteria:
    """The entry criteria, loosened by a number of steps towards the loosest allowed.

    Args:
        normal: criteria without any relaxing
        loosest: criteria that are never passed
        steps: how far, 0 to most
        most: steps from normal to loosest, 1 or more

    Returns:
        criteria of this moment
    """
    if steps == 0:
        return normal
    wide = asdict(loosest)
    tuned = {
        name: value + (wide[name] - value) * steps / most
        for name, value in asdict(normal).items()
    }
    return replace(normal, **tuned)


__all__ = ["entry_flex_tuner"]
# From its recorded reply, byte for byte: architect rebuild entry_flex_tuner
