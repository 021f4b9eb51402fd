"""Talk with the architect: questions about modules, proposed specs, commands with a slash.

It is told the spec, the body, the last verdicts, incidents and reflections of the modules
in question. What it proposes is shown with a diff and written only on a yes. Chats are
kept and can be resumed. It works on a dumb terminal and from a pipe too, one line a turn.
"""

from __future__ import annotations

import argparse
import sys

EXAMPLE = (
    "  architect chat\n  architect chat --resume\n"
    "  echo 'why was the last trade closed?' | architect chat"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="CHAT",
        help="go on with a kept chat (default: the newest)",
    )
    parser.add_argument("--list", action="store_true", help="list the kept chats")
    parser.add_argument(
        "--relay",
        action="store_true",
        help="where no model is set or it fails, let a person or a chat window answer",
    )


def run(options: argparse.Namespace) -> int:
    """Return 0 when the chat was ended; from a pipe, 1 where something failed."""
    # Heavy: not for --help.
    from architect import command_line
    from architect.chat import transcripts
    from architect.chat.lines import Lines, PlainLines, TerminalLines
    from architect.chat.repl import Chat
    from architect.chat.screen import Screen, is_rich
    from architect.drafts.answer import printable
    from architect.models.access import SET_A_MODEL
    from architect.session import open_session

    screen = Screen(is_rich())
    with open_session(
        options.root, relay=options.relay or None, tell=screen.note
    ) as session:
        folder = session.project.data / transcripts.FOLDER
        if options.list:
            print("\n".join(transcripts.names(folder)) or "no chat was kept yet")
            return 0
        secrets = session.config.secrets
        if options.resume is None:
            transcript = transcripts.begin(folder, secrets)
        else:
            transcript = transcripts.resume(folder, options.resume, secrets)
        lines: Lines = PlainLines()
        if screen.rich:
            names = session.graph
            lines = TerminalLines(folder / "history", secrets, lambda: names().specs)
        if sys.stdin.isatty():
            screen.note(f"chat {transcript.name}; /help lists the commands")
            if session.models.live is None and session.models.relay is None:
                screen.note(f"no model is set, so nobody answers: {SET_A_MODEL}")
        for turn in transcript.turns[-4:]:
            # It is kept as the model sent it.
            screen.note(f"{turn.role}: {printable(turn.text).strip()[:500]}")
        chat = Chat(session, transcript, lines, screen, command_line.main)
        chat.run()
    # Whoever feeds it from a pipe sees no error but by this.
    return 1 if chat.failed and not sys.stdin.isatty() else 0
