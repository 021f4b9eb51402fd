"""The chat: a person, the architect's model and the commands, in one session."""
