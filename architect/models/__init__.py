"""Models: who is asked, in which order, at what price."""

from __future__ import annotations

from architect.models.prompt import Prompt
from architect.models.reply import Reply

__all__ = ["Prompt", "Reply"]
