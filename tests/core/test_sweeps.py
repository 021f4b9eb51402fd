"""Cycles are left alone for a while, and only for a while."""

from __future__ import annotations

import gc

import pytest

from core.sweeps import unswept


def test_cycles_are_looked_for_again_afterwards() -> None:
    with unswept():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_also_after_an_error() -> None:
    with pytest.raises(KeyError), unswept():
        raise KeyError
    assert gc.isenabled()


def test_where_they_were_not_looked_for_they_are_not_afterwards() -> None:
    gc.disable()
    try:
        with unswept():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
