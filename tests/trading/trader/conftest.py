"""Fixtures of the trader's tests: a paper exchange, a gateway and a loop, all real."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The helpers of the folder above start gateways; pytest knows each folder by itself.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trader_rig import Rig

from core.stores.embedded import Stores


@pytest.fixture
def rig(fresh_stores: Stores, tmp_path: Path) -> Iterator[Rig]:
    """A paper exchange with 300 warm candles, a gateway, empty stores, all modules."""
    with Rig(tmp_path, fresh_stores) as found:
        yield found
