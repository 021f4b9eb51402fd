"""Whether trading survives faults and SIGKILLs: seeded runs against the paper exchange.

    python benchmarks/faults.py [--runs N] [--seed S] [--candles C] [--workers W]
                                [--minutes M] [--json FILE] [--keep DIR]

Each run trades C candles with the real trading loop, gateway, ccxt, Postgres and Redis,
while its seed's faults strike the exchange and its seed's SIGKILLs the processes. At each
call and each candle the exchange's own books are looked at for doubled orders, open risk,
positions left bare and exits left undone; at the end they are held against ours, every
fill, log entry and trade. Exit code 1 if anything was wrong.

What is told of the exchange's failing beside: candles that ended with a bare position
(naked_candles, longest_naked in a row) or over the ceiling, levels that were passed with
nothing resting there, exits that came late and were told of, drifts of the books, how often
they were opened anew, and runs at whose end the kill switch was thrown.
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
