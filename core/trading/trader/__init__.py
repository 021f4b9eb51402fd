"""The trading loop: it calls the generated modules in order and holds what lasts between ticks.

Every decision is a module's; what is here fetches, keeps and passes on.
"""
