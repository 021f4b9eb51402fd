"""One line of the exchange's account log, the truth on fees and funding.

Generated from specs/trading/ledger_entry.yaml. To change it, change the spec
and run: architect generate ledger_entry
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "entry_id >= 0",
    ],
)
class LedgerEntry:
    """One line of the exchange's account log, the truth on fees and funding.

    Attributes:
        entry_id: grows with time
        time_ms (UTC ms): when
        kind: the exchange's word: futures trade, funding rate change and others
        symbol: the exchange's own, PF_XBTUSD
        fee_usd (USD): positive is paid
        realised_usd (USD): P&L made real, without the fee
        funding_usd (USD): positive is received
        transfer_usd (USD): paid into the account by its owner or the exchange, negative
            is taken out
        balance_usd (USD): after this entry
    """

    entry_id: int
    time_ms: int
    kind: str
    symbol: str
    fee_usd: Decimal
    realised_usd: Decimal
    funding_usd: Decimal
    transfer_usd: Decimal = Decimal("0")
    balance_usd: Decimal


__all__ = ["LedgerEntry"]
# From its spec, byte for byte: architect rebuild ledger_entry
