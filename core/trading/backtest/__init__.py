"""Backtests: the trading loop and its modules over a history, at speed."""
