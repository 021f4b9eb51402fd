"""The part of a new risk that still fits under the ceiling on all open risk.

Generated from specs/trading/open_risk_ceiling.yaml. To change it, change the spec
and run: architect generate open_risk_ceiling
"""

from decimal import Decimal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "new_risk_usd >= 0",
        "0 <= ceiling_frac <= 1",
        "all(risk >= 0 for risk in open_risks_usd)",
    ],
    ensures=[
        "0 <= result <= new_risk_usd",
    ],
    on_failure="Decimal(0)",
)
def open_risk_ceiling(
    open_risks_usd: list[Decimal],
    new_risk_usd: Decimal,
    equity_usd: Decimal,
    ceiling_frac: Decimal,
) -> Decimal:
    """The part of a new risk that still fits under the ceiling on all open risk.

    Args:
        open_risks_usd (USD): what each open trade may still lose
        new_risk_usd (USD): what the new trade would risk
        equity_usd (USD): what the account is worth, may be negative
        ceiling_frac: part of equity that may be at risk

    Returns:
        USD: 0 to new_risk_usd
    """
    room = equity_usd * ceiling_frac - sum(open_risks_usd, Decimal(0))
    return max(Decimal(0), min(new_risk_usd, room))


__all__ = ["open_risk_ceiling"]
# From its recorded reply, byte for byte: architect rebuild open_risk_ceiling
