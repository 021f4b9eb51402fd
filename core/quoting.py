"""Text as Python source, in the form that black leaves alone."""

from __future__ import annotations

WIDTH = 88
# Up to here a literal stays on its line; ruff counts from 101.
LONGEST_LINE = 100


def quoted(text: str) -> str:
    """Return a string literal: in double quotes, unless single ones escape less."""
    bare = "".join(c if c in "'\"" else repr(c)[1:-1] for c in text)
    double, single = bare.replace('"', '\\"'), bare.replace("'", "\\'")
    if double.count("\\") <= single.count("\\"):
        return f'"{double}"'
    return f"'{single}'"


def quoted_lines(text: str, indent: int, before: str = "") -> list[str]:
    """Return `before` and the literal and a comma, at `indent`, on lines that fit."""
    margin = " " * indent
    line = f"{margin}{before}{quoted(text)},"
    if len(line) <= LONGEST_LINE:
        return [line]
    inner = [f"{margin}    {quoted(part)}" for part in _parts(text, WIDTH - indent - 4)]
    return [f"{margin}{before}(", *inner, f"{margin}),"]


def _parts(text: str, room: int) -> list[str]:
    """Cut where the words end, and within a word that is too long."""
    parts = [""]
    for word in _words(text, room):
        if parts[-1] and len(quoted(parts[-1] + word)) > room:
            parts.append("")
        parts[-1] += word
    return parts


def _words(text: str, room: int) -> list[str]:
    words: list[str] = []
    for word in text.split(" "):
        word += " "
        while len(quoted(word)) > room:
            cut = room // 8
            words.append(word[:cut])
            word = word[cut:]
        words.append(word)
    words[-1] = words[-1][:-1]
    return words


def docstring_text(text: str) -> str:
    """Return text that means itself between three double quotes."""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return "\\" + text if text.startswith('"') else text
