"""Every error that Architect raises on purpose, with its own wording and hint.

ArchitectError
    ConfigError              a setting is missing or wrong
    SpecError                a spec does not say what a spec must say
        SpecTooWeak          its tests let too many wrong programs through
    ManifestError            the manifest cannot be read or trusted
    GateError                the gate could not give a verdict (never: a rejection)
        SandboxUnavailable   a layer of the sandbox does not hold on this machine
    ModelError               a model could not be asked, or did not answer
        ReplyMissing         no recorded reply, and no other route may answer
        ReplyChanged         a recorded reply is not what the manifest says it is
        ReplyUnusable        an answer that holds no single body
        ModelUnavailable     not reached, too busy or too slow, after all retries
        ModelRejected        the server will not take this request, key or model
        AnswerIncomplete     cut, cut off at the limit, empty or unreadable
        AnswerRefused        the model, or a filter before it, declined
        BudgetExceeded       the call's worst case would pass the budget
    FileConflict             a file is not what the manifest says, and nobody said so
    WriteFailed              a file could not be written; what stood there still stands
    GitError                 the repository is not in a state to commit to
    Busy                     another run holds the lock
    StoreError               Postgres or Redis
        StoreUnavailable     cannot be started or reached
    ContractError            a call or a result broke its contract
        RequiresError        the caller's part
        EnsuresError         the module's part
    DeadlineExceeded         a module's call did not come back in its time
    Barred                   a module that is kept from running has no safe value
    NotAccepted              a version that the manifest does not hold
    ExchangeError            the exchange, or the gateway in front of it
        ExchangeUnavailable  not reached, or under maintenance; nothing was sent
        MalformedAnswer      an answer that cannot be read (never: an empty one)
        RateLimited          refused for its rate; not carried out
        OutcomeUnknown       sent, and nobody knows whether it was carried out
        OrderRejected        refused by the exchange
            DuplicateOrder   the client order id is known there: look it up
        GatewayRefused       refused by the gateway's own limits; never sent
            Halted           by the kill switch: a person or a limit has stopped entries
"""

from __future__ import annotations


class ArchitectError(Exception):
    """Base of all. `hint` is a command or a step that mends it, or None."""

    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class ConfigError(ArchitectError):
    """A setting is missing or wrong."""


class SpecError(ArchitectError):
    """A spec does not say what a spec must say."""


class SpecTooWeak(SpecError):
    """The tests of a spec let too many wrong programs through."""


class ManifestError(ArchitectError):
    """The manifest cannot be read or trusted."""


class GateError(ArchitectError):
    """The gate could not give a verdict."""


class SandboxUnavailable(GateError):
    """A layer of the sandbox does not hold on this machine."""


class ModelError(ArchitectError):
    """A model could not be asked, or did not answer."""


class ReplyMissing(ModelError):
    """No recorded reply, and no other route may answer."""


class ReplyChanged(ModelError):
    """A recorded reply is not what the manifest says it is."""


class ReplyUnusable(ModelError):
    """An answer that holds no single body."""


class ModelUnavailable(ModelError):
    """A model was not reached, was too busy or too slow, after all retries."""


class ModelRejected(ModelError):
    """The server will not take this request, key or model; asking again is no use."""


class AnswerIncomplete(ModelError):
    """An answer that was cut, ended at its limit, is empty or cannot be read."""


class AnswerRefused(ModelError):
    """The model, or a filter before it, declined to answer."""


class BudgetExceeded(ModelError):
    """The worst case of a call would pass the budget, so it was not made."""


class FileConflict(ArchitectError):
    """A file is not what the manifest says, and nobody said so."""


class WriteFailed(ArchitectError):
    """A file could not be written; what stood there still stands."""


class GitError(ArchitectError):
    """The repository is not in a state to commit to."""


class Busy(ArchitectError):
    """Another run holds the lock."""


class StoreError(ArchitectError):
    """Postgres or Redis failed."""


class StoreUnavailable(StoreError):
    """Postgres or Redis cannot be started or reached."""


class ContractError(ArchitectError):
    """A call or a result broke its contract; `owner` is whose contract it was."""

    def __init__(
        self, message: str, *, hint: str | None = None, owner: object = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.owner = owner


class RequiresError(ContractError):
    """The caller broke a `requires`."""


class EnsuresError(ContractError):
    """The module broke an `ensures`."""


class DeadlineExceeded(ArchitectError):
    """A module's call did not come back within its time and was ended."""


class Barred(ArchitectError):
    """A module that is kept from running was called, and it has no safe value."""


class NotAccepted(ArchitectError):
    """A version that the manifest does not hold was to be loaded."""


class ExchangeError(ArchitectError):
    """The exchange, or the gateway in front of it, failed."""


class ExchangeUnavailable(ExchangeError):
    """The exchange was not reached; nothing was carried out."""


class MalformedAnswer(ExchangeError):
    """The exchange answered something that cannot be read."""


class RateLimited(ExchangeError):
    """Refused for its rate; not carried out."""


class OutcomeUnknown(ExchangeError):
    """Sent, and nobody knows whether it was carried out: ask before sending again."""


class OrderRejected(ExchangeError):
    """Refused by the exchange; the message is its reason."""


class DuplicateOrder(OrderRejected):
    """The exchange knows this client order id already: look the order up."""


class GatewayRefused(ExchangeError):
    """Refused by the gateway's own limits; never sent."""


class Halted(GatewayRefused):
    """Refused because the kill switch is thrown: nothing is wrong with the order."""
