"""From a reply to a body: the one fenced block in it, at column 0.

It says precisely why a reply holds no body and repairs nothing, but for two habits of
honest models that lose no meaning: thinking aloud before the answer, and repeating the
whole function, whose header comes from the spec anyway. Whether the body is any good
is the gate's to say.
"""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
import warnings
from dataclasses import dataclass

from core.errors import ReplyUnusable

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^`]*)$")
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_LANGUAGES = ("", "python", "py", "python3")
_HINT = "answer with one ```python block that holds the body and nothing else"


@dataclass(frozen=True, slots=True)
class _Block:
    """One fenced block; lines count from 1, `closed` is False when it never ends."""

    line: int
    language: str
    lines: tuple[str, ...]
    closed: bool


def extract_body(reply: str, name: str) -> str:
    """Return the body of function `name` from a model's raw answer.

    The body is dedented, without blank lines around it, and ends in one line end.
    ReplyUnusable when there is not exactly one block that could be a body.
    """
    text = _THOUGHT.sub("", reply, count=1)
    # Python ends a line at a lone \r too, a reader does not see it: make them agree.
    block = _only_block(text.replace("\r\n", "\n").replace("\r", "\n"))
    if block.language not in _LANGUAGES:
        raise _unusable(f"the code block is {block.language}, not python")
    code = _trimmed("\n".join(block.lines))
    if not code:
        raise _unusable(f"the code block in line {block.line} is empty")
    return _without_def(code, name)


def count_lines(body: str) -> int:
    """Return how many lines a body has, blank ones and comments included."""
    return len(body.rstrip("\n").split("\n")) if body.strip() else 0


def _only_block(text: str) -> _Block:
    blocks = _blocks(text)
    if not blocks:
        shown = " ".join(text.split())
        told = f"it begins {shown[:60]!r}" if shown else "it is empty"
        raise _unusable(f"no code block in the reply; {told}")
    if not blocks[-1].closed:
        raise _unusable(f"the code block in line {blocks[-1].line} does not end")
    if len(blocks) > 1:
        places = ", ".join(str(block.line) for block in blocks)
        raise _unusable(f"{len(blocks)} code blocks, in lines {places}; one is wanted")
    return blocks[0]


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        if opened := _FENCE.match(lines[number]):
            end = _end(lines, number + 1, opened[1])
            inner = tuple(lines[number + 1 : end])
            language = opened[2].strip().lower()
            blocks.append(_Block(number + 1, language, inner, end < len(lines)))
            number = end
        number += 1
    return blocks


def _end(lines: list[str], start: int, fence: str) -> int:
    """Return the index of the closing fence: same character, at least as long."""
    for number in range(start, len(lines)):
        closing = _FENCE.match(lines[number])
        if closing and not closing[2] and closing[1].startswith(fence):
            return number
    return len(lines)


def _trimmed(code: str) -> str:
    lines = [line.rstrip(" \t") for line in code.split("\n")]
    while lines and not lines[0]:
        del lines[0]
    body = textwrap.dedent("\n".join(lines)).rstrip("\n")
    return f"{body}\n" if body else ""


def _without_def(code: str, name: str) -> str:
    """Return the body of a block that is the whole function, else the block."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code  # a body with a bare return, or wrong: the gate tells them apart
    whole = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    if not whole:
        return code
    if len(tree.body) > 1 or whole[0].decorator_list:
        raise _unusable(
            f"the code block holds more than `def {name}`: imports and decorators are the"
            " header's"
        )
    return _inner(code, whole[0])


def _inner(code: str, function: ast.FunctionDef) -> str:
    lines = code.split("\n")
    row, column = _colon(code)
    statements = function.body
    if _is_docstring(statements[0]):
        if len(statements) == 1:
            raise _unusable(f"`def {function.name}` holds a docstring and no code")
        # The header has it already.
        row, column = statements[0].end_lineno or row, statements[0].end_col_offset or 0
        column = len(lines[row - 1].encode()[:column].decode())
    first = lines[row - 1][column:].strip(" \t;")
    rest = _trimmed("\n".join(lines[row:]))
    alone = first.startswith("#") or not first
    return rest if alone else _trimmed(f"{first}\n{rest}")


def _colon(code: str) -> tuple[int, int]:
    """Return row and column after the colon that ends the def's header."""
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == ":" and depth == 0:
                return token.end
    raise AssertionError("a def that parsed has a colon")


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _unusable(message: str) -> ReplyUnusable:
    return ReplyUnusable(message, hint=_HINT)
