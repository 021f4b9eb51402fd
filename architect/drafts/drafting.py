"""From a sentence to a draft: ask, review, and ask again with what is wrong.

Who answers is the caller's (`ask`). What comes back has been reviewed and is not written:
that needs a yes.
"""

from __future__ import annotations

from collections.abc import Callable

from architect.drafts.draft import Draft
from architect.drafts.prompt import draft_prompt
from architect.drafts.request import Request
from architect.drafts.review import reviewed
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from core.errors import ModelError
from core.project import Project
from core.spec_graph import SpecGraph

TRIES = 3
Ask = Callable[[Prompt], Reply]


def drafted(
    request: Request,
    graph: SpecGraph,
    project: Project,
    ask: Ask,
    tell: Callable[[str], None] = lambda _: None,
) -> Draft:
    """Return the first draft that is sound or asks back, else the last one.

    ModelError when nobody answers the first time.
    """
    draft = Draft()
    for number in range(1, TRIES + 1):
        try:
            reply = ask(draft_prompt(request, graph, project))
        except ModelError as error:
            if number == 1:
                raise
            tell(f"it was not asked for again: {str(error).partition(chr(10))[0]}")
            return draft
        draft = reviewed(reply.text, project, reply.model)
        if not draft.problems or reply.text == request.refused:
            return draft
        if number < TRIES:
            tell(f"proposal {number} will not do: {draft.problems[0]}")
        request = request.again(reply.text, draft.problems)
    return draft
