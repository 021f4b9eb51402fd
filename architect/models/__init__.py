"""Models: who is asked (`access`), in which order, at what price.

No name is handed on here: the store of replies needs `prompt` and `reply`, and `access`
needs the store.
"""
