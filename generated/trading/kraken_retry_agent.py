"""What to do about a call to the exchange that failed, so that no order is sent twice.

Generated from specs/trading/kraken_retry_agent.yaml. To change it, change the spec
and run: architect generate kraken_retry_agent
"""

from core.wrapper import module
from generated.trading.backoff_ms import backoff_ms
from generated.trading.call_outcome import call_outcome
from generated.trading.retry_decision import RetryDecision


@module(
    kind="function",
    requires=[
        "attempt >= 0",
        "max_attempts >= 1",
        "0 <= jitter_frac <= 1",
    ],
    ensures=[
        'attempt + 1 < max_attempts or result.action == "give up"',
    ],
    on_failure='RetryDecision(action="give up")',
)
def kraken_retry_agent(
    error: str, writes: bool, attempt: int, jitter_frac: float, max_attempts: int
) -> RetryDecision:
    """What to do about a call to the exchange that failed, so that no order is sent twice.

    Args:
        error: name of the error's class
        writes: whether the call may change something at the exchange
        attempt: failures before this one, 0 at the first
        jitter_frac: a random number, 0 to 1
        max_attempts: calls in all

    Returns:
        what to do
    """
    outcome = call_outcome(error, writes)
    if attempt + 1 >= max_attempts or outcome == "refused":
        return RetryDecision(action="give up")
    if outcome == "unknown":
        return RetryDecision(action="ask first")
    if not writes and attempt == 0 and error != "RateLimited":
        return RetryDecision(action="retry now")
    base_ms = 1000 if error == "RateLimited" else 250
    delay_ms = backoff_ms(attempt, jitter_frac, base_ms, 10000)
    return RetryDecision(action="retry later", delay_ms=delay_ms)


__all__ = ["kraken_retry_agent"]
# From its recorded reply, byte for byte: architect rebuild kraken_retry_agent
