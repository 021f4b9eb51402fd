"""Drafts: specs that a model proposes, until a person says yes. No code comes of them."""
