"""The sandboxed worker in which a candidate runs, and the trusted hold on it."""

from architect.gate.sandbox.limits import Limits
from architect.gate.sandbox.outcome import LoadResult, Outcome, PortCall, Raised
from architect.gate.sandbox.sandbox import Sandbox
from architect.gate.sandbox.worker_handle import Worker

__all__ = ["Limits", "LoadResult", "Outcome", "PortCall", "Raised", "Sandbox", "Worker"]
