"""The only process with exchange keys: serves the Exchange port within hard limits.

Start it with `python -m core.trading.gateway`; the runtime talks to it through
`core.trading.gateway_client`. Nothing else imports this package.
"""
