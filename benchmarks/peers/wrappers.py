"""What others cost around a bare call: run in the venv of the peers.

    python benchmarks/peers/wrappers.py CALLS REPEATS

Each wraps the same pure function of two floats and notes the call. Prints, as JSON, the
nanoseconds that each adds to a bare call. The repeats take turns, so that all meet the same
machine, and the quickest of each counts: other programs can only add to it.
"""

from __future__ import annotations

import functools
import io
import json
import logging
import logging.handlers
import queue
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

# The project's own wrapper needs nothing but the standard library.
from core.wrapper import hooks, module

Call = Callable[[float, float], float]


def bare(price: float, size: float) -> float:
    """Return a notional."""
    return price * size


def ours() -> Call:
    """With two requires, one ensures and a full reflection."""
    kept: deque[Any] = deque(maxlen=100_000)
    hooks.append = kept.append

    def notional(price: float, size: float) -> float:
        return price * size

    return module(
        kind="function", requires=["price > 0", "size >= 0"], ensures=["result >= 0"]
    )(notional)


def by_wraps() -> Call:
    """functools.wraps and nothing else."""

    @functools.wraps(bare)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return bare(*args, **kwargs)

    return wrapped


def by_hand() -> Call:
    """try, two clocks and a tuple to a deque, written out for this one function."""
    kept: deque[Any] = deque(maxlen=100_000)
    now = time.perf_counter_ns

    def wrapped(price: float, size: float) -> float:
        started = now()
        try:
            result = price * size
        except Exception:
            kept.append((started, "error"))
            raise
        kept.append((started, now() - started, (price, size), result))
        return result

    return wrapped


def by_logging() -> Call:
    """The standard library's logging through a QueueHandler."""
    logger = logging.getLogger("bench")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    records: queue.SimpleQueue[Any] = queue.SimpleQueue()
    logger.addHandler(logging.handlers.QueueHandler(records))  # type: ignore[arg-type]

    def wrapped(price: float, size: float) -> float:
        result = bare(price, size)
        logger.info("notional %s %s %s", price, size, result)
        return result

    return wrapped


def by_structlog() -> Call:
    """structlog as its performance page says: JSON lines to a stream of bytes."""
    import structlog

    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt=None),
                    structlog.processors.JSONRenderer(lambda d, **_: json.dumps(d).encode())],
        logger_factory=structlog.BytesLoggerFactory(io.BytesIO()),
        cache_logger_on_first_use=True,
    )  # fmt: skip
    log = structlog.get_logger()

    def wrapped(price: float, size: float) -> float:
        result = bare(price, size)
        log.info("notional", price=price, size=size, result=result)
        return result

    return wrapped


def by_loguru() -> Call:
    """loguru into a sink that drops everything."""
    from loguru import logger

    logger.remove()
    logger.add(lambda _: None, format="{message}")

    def wrapped(price: float, size: float) -> float:
        result = bare(price, size)
        logger.info("notional {} {} {}", price, size, result)
        return result

    return wrapped


def by_opentelemetry() -> Call:
    """A span with three attributes and the batch processor."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import (
        BatchSpanProcessor,
        SpanExporter,
        SpanExportResult,
    )

    class Dropping(SpanExporter):
        def export(self, spans: Any) -> Any:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Dropping()))
    tracer = provider.get_tracer("bench")

    def wrapped(price: float, size: float) -> float:
        with tracer.start_as_current_span("notional") as span:
            result = bare(price, size)
            span.set_attributes({"price": price, "size": size, "result": result})
            return result

    return wrapped


def by_pydantic() -> Call:
    """pydantic's validate_call with its result: checks alone, no note of the call."""
    from typing import Annotated

    from pydantic import Field, validate_call

    positive = Annotated[float, Field(gt=0)]
    other = Annotated[float, Field(ge=0)]

    def notional(price: positive, size: other) -> other:  # type: ignore[valid-type]
        return price * size

    # This module postpones annotations, and these are local names.
    notional.__annotations__ = {"price": positive, "size": other, "return": other}
    return validate_call(validate_return=True)(notional)


WRAPPERS: dict[str, Callable[[], Call]] = {
    "ours": ours,
    "functools.wraps": by_wraps,
    "by hand: try, two clocks, a tuple to a deque": by_hand,
    "pydantic validate_call": by_pydantic,
    "logging with QueueHandler": by_logging,
    "structlog": by_structlog,
    "loguru": by_loguru,
    "OpenTelemetry span": by_opentelemetry,
}


def nanoseconds(call: Call, count: int) -> float:
    """Return the CPU time of one call in a loop, the loop included."""
    started = time.thread_time_ns()
    for _ in range(count):
        call(64_000.0, 0.5)
    return (time.thread_time_ns() - started) / count


def main() -> None:
    """Print what each adds to a bare call."""
    count, repeats = int(sys.argv[1]), int(sys.argv[2])
    wanted = sys.argv[3:] or list(WRAPPERS)
    calls = {name: WRAPPERS[name]() for name in wanted}
    taken: dict[str, list[float]] = {name: [] for name in calls}
    base: list[float] = []
    for call in calls.values():
        nanoseconds(call, 200)
    for _ in range(repeats):
        base.append(nanoseconds(bare, count))
        for name, call in calls.items():
            few = count if name in ("ours", "functools.wraps") else max(count // 5, 1)
            taken[name].append(nanoseconds(call, few))
    bare_ns = min(base)
    print(json.dumps({name: min(times) - bare_ns for name, times in taken.items()}))


if __name__ == "__main__":
    main()
