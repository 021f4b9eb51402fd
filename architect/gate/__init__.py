"""The gate: every check between a body and a commit. It trusts no candidate."""
