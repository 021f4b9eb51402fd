"""The hand-written half of the Kraken Futures trader; the rest of core knows none of it."""
