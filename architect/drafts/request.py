"""What a person asked for, and what was said since. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Request:
    """One sentence; `about` names specs that belong to it whatever its words are.

    `answers` are (question, answer) of a person; `refused` and `problems` are the last
    proposal and why it will not do.
    """

    text: str
    about: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    refused: str = ""
    problems: tuple[str, ...] = ()

    def answered(self, question: str, answer: str) -> Request:
        """Return it with one more answer; a proposal that was refused is forgotten."""
        answers = (*self.answers, (question, answer))
        return replace(self, answers=answers, refused="", problems=())

    def again(self, refused: str, problems: tuple[str, ...]) -> Request:
        """Return it with a proposal that will not do."""
        return replace(self, refused=refused, problems=problems)
