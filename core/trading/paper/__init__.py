"""A paper exchange: Kraken Futures' REST API over candles, for the unmodified client."""

from core.trading.paper.config import PaperConfig, PaperKeys
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.requests import NewOrder, Outcome
from core.trading.paper.server import PaperServer, serve

__all__ = [
    "NewOrder",
    "Outcome",
    "PaperConfig",
    "PaperExchange",
    "PaperKeys",
    "PaperServer",
    "serve",
]
