"""The chat itself: read, answer or run, until the end.

Plain text goes to the architect's model; what it proposes is shown and written only on a
yes. Ctrl-C stops what is under way and keeps the session.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from architect.chat.lines import Lines
from architect.chat.prompt import chat_prompt
from architect.chat.screen import Screen
from architect.chat.slash import help_text, read_slash, run_slash, whole_name
from architect.chat.stream import CleanStream
from architect.chat.transcripts import Transcript
from architect.chat.wanted import change_wanted
from architect.command_table import COMMANDS
from architect.drafts.answer import printable
from architect.drafts.dialogue import discuss, in_short, settle
from architect.drafts.draft import Draft
from architect.drafts.request import Request
from architect.drafts.review import reviewed
from architect.session import Session
from architect.terminal import Progress
from core.errors import ArchitectError, ConfigError

_PROPOSAL = re.compile(
    r"^```ya?ml\s*$(?:(?=\s*^remove:)|(?=[\s\S]*?^name:)(?=[\s\S]*?^kind:))", re.M
)


@dataclass
class Chat:
    """One chat. `main` runs a command line; `there` is True: whoever writes can answer.

    `failed` tells whether something that was said got no answer, or a command failed.
    """

    session: Session
    transcript: Transcript
    lines: Lines
    screen: Screen
    main: Callable[[list[str]], int]
    there: bool = True
    failed: bool = False

    def run(self) -> None:
        """Take lines until there are no more, or /quit."""
        while True:
            try:
                line = self.lines.next()
            except KeyboardInterrupt:
                continue  # what was written so far is thrown away
            if line is None:
                return
            try:
                if line.strip() and not self._take(line.strip()):
                    return
            except KeyboardInterrupt:
                self.screen.line()
                self.screen.note("stopped")
            except ArchitectError as error:
                self.failed = True
                self.screen.error(str(error), error.hint)

    def _take(self, line: str) -> bool:
        """Do what a line asks for; False when it ends the chat."""
        if not line.startswith("/"):
            self._say(line)
            return True
        slash = read_slash(line)
        if slash.name == "quit":
            return False
        if slash.name == "help":
            self._help(*slash.words[:1])
            return True
        if slash.name == "model" and slash.words[:1]:
            self._switch(slash.words[0])
        if run_slash(slash, self.root, self.main):
            self.failed = True
        return True

    def _help(self, word: str = "") -> None:
        self.screen.line(help_text(word))
        if word and (name := whole_name(word.lstrip("/"))) in COMMANDS:
            self.screen.line()
            self.main([name, "--help"])

    @property
    def root(self) -> Path:
        """The project's root."""
        return self.session.project.root

    def _switch(self, route: str) -> None:
        if route not in self.session.config.routes:
            known = ", ".join(sorted(self.session.config.routes)) or "none is set"
            raise ConfigError(f"no model is set for {route}", hint=f"routes: {known}")
        self.session.route = route
        self.screen.note(f"{route} answers from now on")

    # --- talking -------------------------------------------------------------------

    def _say(self, question: str) -> None:
        session = self.session
        session.new_run()
        before = list(self.transcript.turns)
        prompt = chat_prompt(session.config, session.graph(), question, before)
        self.transcript.say("person", question)
        stream = CleanStream(self.screen.piece, session.config.secrets)
        try:
            reply = session.ask_architect(prompt, on_text=stream)
        except KeyboardInterrupt:
            stream.end()
            self.transcript.say("note", "the answer was stopped")
            raise
        stream.end()
        if not stream.any:  # it was recorded, or came by the relay
            self.screen.piece(printable(session.config.secrets.scrub(reply.text)))
        self.screen.line()
        self.transcript.say("architect", reply.text)
        if reply.cost_usd:
            self.screen.note(f"{reply.model}, {reply.cost_usd:.4f} USD")
        wanted = change_wanted(reply.text, session.graph())
        if wanted is not None:
            self.screen.note("drafting what changes")
            self._propose(*discuss(wanted, session, self))
        elif _PROPOSAL.search(reply.text):
            draft = reviewed(reply.text, session.project, reply.model)
            # What it said around the specs was shown as it came.
            self._propose(replace(draft, remarks=""), Request(question))

    def _propose(self, draft: Draft, request: Request) -> None:
        """Show what the architect proposed; on a yes it is written and built."""
        ended = settle(
            draft,
            request,
            self.session,
            self,
            lambda size: Progress("building", size),
        )
        if draft.problems:
            self.transcript.say("note", "it will not do: " + "; ".join(draft.problems))
        elif draft.questions:
            self.transcript.say("note", "it still asks: " + "; ".join(draft.questions))
        elif ended.applied is None:
            self.transcript.say("note", "the proposal was not applied")
        else:
            self.transcript.say("note", in_short(ended.applied))

    # --- what a dialogue asks of a person ------------------------------------------

    def tell(self, text: str) -> None:
        """Say something about the work."""
        self.screen.note(text)

    def show(self, draft: Draft) -> None:
        """Show a draft with its diff."""
        self.screen.draft(draft)

    def answer(self, question: str) -> str:
        """Ask the person; the end of the input is no answer."""
        self.lines.forget()
        return (self.lines.next(f"{question} ") or "").strip()
