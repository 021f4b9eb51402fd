"""The small project and its model, for the tests of drafts."""

from draft_project import no_settings, project, use_model

__all__ = ["no_settings", "project", "use_model"]
