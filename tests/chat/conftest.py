"""The small project of the drafts' tests, for chats about it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "drafts"))

from draft_project import no_settings, project, use_model

__all__ = ["no_settings", "project", "use_model"]
