"""Faults seeded into the shipped modules of a running system, and their repair."""
