"""Repair without a model: search over small edits of a program's tree."""

from architect.wick.search.budget import Budget, Patch
from architect.wick.search.checks import Check, Checks, Failed
from architect.wick.search.program import Program
from architect.wick.search.search import Search, search

__all__ = [
    "Budget",
    "Check",
    "Checks",
    "Failed",
    "Patch",
    "Program",
    "Search",
    "search",
]
