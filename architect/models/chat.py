"""One try: a prompt to one route by the chat completions API, an answer or a failure.

It retries nothing and pays for nothing. Everything that a server may say is taken as
unproved: the client builds its types without checking them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from architect.models.failure import Failure, TryFailed, classify, plain
from architect.models.http import open_client
from architect.models.prompt import Prompt
from architect.route import Route
from architect.secrets import Secrets
from core.errors import AnswerIncomplete, AnswerRefused, ModelError

if TYPE_CHECKING:
    import openai

OnText = Callable[[str], None]


@runtime_checkable
class Cuttable(Protocol):
    """Shows pieces, and is told when those so far turn out to be no answer."""

    def cut(self) -> None:
        """Take what came for no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the token counts are the server's word, None if it said none.

    `unshown` is what went wrong where its pieces were shown: no fault of the model's.
    """

    text: str
    model: str
    prompt_tokens: int | None
    answer_tokens: int | None
    unshown: Exception | None = None


@dataclass(slots=True)
class _Heard:
    """What was heard of an answer so far."""

    text: str = ""
    refusal: str = ""
    finish: str | None = None
    model: Any = None
    usage: Any = None
    well_formed: bool = False
    unshown: Exception | None = None


class ChatRoute:
    """One route's client, opened at first use; safe to share between threads."""

    def __init__(self, route: Route, secrets: Secrets) -> None:
        self.route, self._secrets = route, secrets
        self._client: openai.OpenAI | None = None

    def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            self._client.close()

    def ask(self, prompt: Prompt, on_text: OnText | None = None) -> Answer:
        """Ask once; TryFailed says why there is no answer.

        `on_text` gets the pieces of a streamed answer as they come, until it fails.
        """
        try:
            return self._asked(prompt, on_text)
        except Exception as error:  # whatever a client does on what a server sends
            failure = classify(error, self.route, self._secrets)
        # Outside of the handler: its exception holds the request and so the key.
        raise TryFailed(failure)

    def _asked(self, prompt: Prompt, on_text: OnText | None) -> Answer:
        stream = self.route.stream or on_text is not None
        if self._client is None:
            self._client = open_client(self.route)
        create: Any = self._client.chat.completions.create
        request = self._request(prompt)
        if not stream:
            heard = _whole(create(**request))
        else:
            options = {"stream": True, "stream_options": {"include_usage": True}}
            with create(**request, **options) as chunks:
                heard = _streamed(chunks, on_text or (lambda _: None))
        return self._answer(heard)

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.route.model,
            "messages": prompt.messages,
            self.route.limit_field: self.route.max_tokens,
        }
        if self.route.temperature is not None:
            request["temperature"] = self.route.temperature
        return request

    def _answer(self, heard: _Heard) -> Answer:
        asked = _count(heard.usage, "prompt_tokens")
        answered = _count(heard.usage, "completion_tokens")
        if failure := self._refused(heard) or self._incomplete(heard):
            raise TryFailed(replace(failure, used=(asked, answered)))
        model = heard.model if _is_name(heard.model) else self.route.model
        name = self._secrets.scrub(model)
        return Answer(heard.text, name, asked, answered, heard.unshown)

    def _refused(self, heard: _Heard) -> Failure | None:
        if not heard.refusal and heard.finish != "content_filter":
            return None
        why = plain(heard.refusal, self._secrets) or "a content filter stopped it"
        return Failure(AnswerRefused(f"{self._where} declined to answer: {why}"))

    def _incomplete(self, heard: _Heard) -> Failure | None:
        if not heard.well_formed:
            told = plain(heard.text, self._secrets)
            message = f"{self._where} gave no chat completion; it begins {told[:60]!r}"
            hint = "check LLM_API_URL: it mostly ends in /v1"
            return Failure(AnswerIncomplete(message, hint=hint))
        if heard.finish == "length":
            limit = self.route.max_tokens
            message = f"{self._where} was cut off at its limit of {limit} tokens"
            return Failure(AnswerIncomplete(message, hint="raise LLM_MAX_TOKENS"))
        if heard.finish is None:
            return self._again("ended in the middle of its answer")
        if heard.finish != "stop":
            return self._again(f"ended for {plain(heard.finish, self._secrets)!r}")
        if not heard.text.strip():
            return self._again("gave an empty answer")
        return (
            None if _is_utf8(heard.text) else self._again("gave text that is no UTF-8")
        )

    def _again(self, what: str) -> Failure:
        error: ModelError = AnswerIncomplete(f"{self._where} {what}")
        return Failure(error, again=True)

    @property
    def _where(self) -> str:
        return f"{self.route.name} ({self.route.model} at {self.route.url})"


def _whole(completion: Any) -> _Heard:
    choice = _first_choice(completion)
    message = getattr(choice, "message", None)
    content = getattr(message, "content", None)
    refusal = getattr(message, "refusal", None)
    if message is None or not isinstance(content, str | None):
        return _Heard(text=completion if isinstance(completion, str) else "")
    return _Heard(
        text=content or "",
        refusal=refusal if isinstance(refusal, str) else "",
        finish=_text(getattr(choice, "finish_reason", None)),
        model=getattr(completion, "model", None),
        usage=getattr(completion, "usage", None),
        well_formed=True,
    )


def _streamed(chunks: Any, on_text: OnText) -> _Heard:
    heard = _Heard()
    for chunk in chunks:
        heard.usage = getattr(chunk, "usage", None) or heard.usage
        heard.model = heard.model or getattr(chunk, "model", None)
        choice = _first_choice(chunk)
        if choice is None:
            continue
        heard.well_formed = True
        heard.finish = _text(getattr(choice, "finish_reason", None)) or heard.finish
        delta = getattr(choice, "delta", None)
        heard.refusal += _text(getattr(delta, "refusal", None)) or ""
        if piece := _text(getattr(delta, "content", None)):
            heard.text += piece
            # It is paid for whether it can be shown or not, so it is heard to its end.
            if heard.unshown is None:
                heard.unshown = _shown(piece, on_text)
    return heard


def _shown(piece: str, on_text: OnText) -> Exception | None:
    """Show a piece; return what went wrong, without the frames that hold the request."""
    try:
        on_text(piece)
    except Exception as error:  # a closed pipe, a full disk, whatever a screen does
        return error.with_traceback(None)
    return None


def cut_off(on_text: OnText | None) -> None:
    """Say that a try failed: who shows its pieces must not take the next one's for more."""
    if isinstance(on_text, Cuttable):
        # A screen that fails here keeps nobody from asking again: it fails then as well.
        with contextlib.suppress(Exception):
            on_text.cut()


def _first_choice(answer: Any) -> Any:
    choices = getattr(answer, "choices", None)
    return choices[0] if isinstance(choices, list) and choices else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _count(usage: Any, name: str) -> int | None:
    """Return a count that can be true: a prompt and an answer have at least a token."""
    value = getattr(usage, name, None)
    return value if type(value) is int and value > 0 else None
