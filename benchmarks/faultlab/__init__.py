"""Runs of the whole trading system under seeded faults and SIGKILLs, and their judgement."""
