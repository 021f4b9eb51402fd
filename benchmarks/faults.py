"""Whether trading survives faults and SIGKILLs: seeded runs against the paper exchange.

    python benchmarks/faults.py [--runs N] [--seed S] [--candles C] [--workers W]
                                [--minutes M] [--json FILE] [--keep DIR]

Each run trades C candles with the real trading loop, gateway, ccxt, Postgres and Redis,
while its seed's faults strike the exchange and its seed's SIGKILLs the processes. Then
the exchange's own books are held against ours. Exit code 1 if anything was wrong.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
# For the forked processes too; their linear algebra needs no threads.
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from faultlab.bench import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
