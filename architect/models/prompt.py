"""What is asked of a model, and the digest that says when two questions are the same.

The digest covers the job, the module, the messages and which sample is wanted. It does
not cover the model's name, its URL, its temperature or a limit: they say who answered
and how, not what was asked. So replies survive a change of model, which changes no
spec, and the reply file says which model it was.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property

from core.errors import ModelError

FORMAT = 1
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")


@dataclass(frozen=True)
class Prompt:
    """One question: `job` is a route's name, `module` names what it is asked for.

    `sample` tells independent answers to the same question apart, for clones that
    ask it more than once. ModelError when a name could not be one of a file.
    """

    job: str
    module: str
    system: str
    user: str
    sample: int = 0

    def __post_init__(self) -> None:
        for what, name in (("job", self.job), ("module", self.module)):
            if not _NAME.match(name):
                raise ModelError(f"{what} {name!r} is not a lower-case name")
        if self.sample < 0:
            raise ModelError(f"sample {self.sample} is negative")
        try:
            (self.system + self.user).encode()
        except UnicodeEncodeError as error:
            raise ModelError(
                f"the prompt for {self.module} is not UTF-8: {error}"
            ) from None

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over the canonical JSON of everything that is meaning."""
        return hashlib.sha256(self.canonical).hexdigest()

    @property
    def canonical(self) -> bytes:
        """The bytes that are digested."""
        meaning = {
            "format": FORMAT,
            "job": self.job,
            "module": self.module,
            "messages": self.messages,
            "sample": self.sample,
        }
        return json.dumps(
            meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages as the chat completions API takes them."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": self.user}]

    @property
    def text(self) -> str:
        """Both texts as a person reads them; used to compare prompts."""
        return f"{self.system}\n\n{self.user}" if self.system else self.user
