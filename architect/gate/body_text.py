"""The first look at a body: as text and as a shape, before any deep parser sees it.

It keeps out what would mislead a reader or a parser: control and bidirectional
characters, form feeds (which end a block for Python), nesting that overflows a stack,
comments that switch the formatter or the linter off.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
import warnings
from collections.abc import Iterator

from architect.gate.verdict import Finding

STAGE = "structure"
MAX_CHARS = 4000
MAX_DEPTH = 30
# The deep parser goes back at every bracket of a pattern: twelve take half a minute.
MAX_PATTERN_DEPTH = 5
_LEAD = re.compile(r"^[ \t]+")
_OPEN, _CLOSE = ("(", "[", "{"), (")", "]", "}")
_ODD = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_PRAGMA = re.compile(
    r"#\s*(fmt|yapf|isort|ruff|type|noqa|pragma|pylint|mypy|pyright)\b", re.I
)


def tidy(body: str) -> str:
    """Return the body at column 0, with \\n line ends and without blank lines around.

    Tabs before a line's text become four spaces.
    """
    lines = body.replace("\r\n", "\n").rstrip().split("\n")
    lines = [
        _LEAD.sub(lambda lead: lead[0].replace("\t", "    "), line) for line in lines
    ]
    while lines and not lines[0].strip():
        del lines[0]
    used = [line for line in lines if line.strip()]
    margin = min((len(line) - len(line.lstrip(" ")) for line in used), default=0)
    return "".join(f"{line[margin:].rstrip(' ')}\n" for line in lines)


def text_findings(body: str) -> list[Finding]:
    """Return what is wrong with the text, nothing when deeper parsers may see it."""
    if not body.strip():
        return [Finding(STAGE, "the body is empty", None, "write at least a return")]
    if len(body) > MAX_CHARS:
        return [
            Finding(STAGE, f"{len(body)} characters, at most {MAX_CHARS}: split it")
        ]
    return list(_odd_characters(body)) or list(_shape(body)) or list(_tokens(body))


def _odd_characters(body: str) -> Iterator[Finding]:
    for number, line in enumerate(body.split("\n"), 1):
        for char in line:
            if char == "\t" or unicodedata.category(char) in _ODD:
                name = (
                    "tab"
                    if char == "\t"
                    else unicodedata.name(char, f"U+{ord(char):04X}")
                )
                yield Finding(
                    STAGE, f"character {name}", number, "use spaces and plain text"
                )


def _shape(body: str) -> Iterator[Finding]:
    lines = body.splitlines()
    wrapped = "def body():\n" + "".join(f"    {line}\n" for line in lines)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(wrapped, feature_version=(3, 11))
            compile(tree, "<body>", "exec", dont_inherit=True)
    except SyntaxError as error:
        line = min(max((error.lineno or 2) - 1, 1), len(lines))
        yield Finding(
            STAGE, f"syntax error: {error.msg}", line, "the body must be Python 3.11"
        )
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        yield Finding(
            STAGE, f"cannot be read: {type(error).__name__}", None, "nest less"
        )
    else:
        if len(tree.body) != 1:
            yield Finding(
                STAGE, "text leaves the function", None, "indent the body evenly"
            )
        yield from _depth(tree)


def _depth(tree: ast.AST) -> Iterator[Finding]:
    level, nodes = 0, [tree]
    while nodes:
        level += 1
        if level > MAX_DEPTH:
            line = next((n.lineno - 1 for n in nodes if hasattr(n, "lineno")), None)
            yield Finding(
                STAGE, f"nested deeper than {MAX_DEPTH}", line, "name the parts"
            )
            return
        nodes = [child for node in nodes for child in ast.iter_child_nodes(node)]


def _tokens(body: str) -> Iterator[Finding]:
    tokens = list(tokenize.generate_tokens(io.StringIO(body).readline))
    yield from _pattern_depth(tokens)
    for token in tokens:
        line = token.start[0]
        if token.type == tokenize.OP and token.string == ";":
            yield Finding(
                STAGE, "`;` between statements", line, "give each its own line"
            )
        elif token.type == tokenize.COMMENT and _PRAGMA.match(token.string):
            yield Finding(STAGE, f"comment {token.string!r}", line, "leave it out")
        elif token.type == tokenize.NAME and not token.string.isascii():
            yield Finding(
                STAGE, f"name {token.string!r} is not ASCII", line, "use a to z"
            )


def _pattern_depth(tokens: list[tokenize.TokenInfo]) -> Iterator[Finding]:
    depth, in_case, first = 0, False, True
    for token in tokens:
        if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            depth, in_case, first = 0, False, True
            continue
        in_case = in_case or (first and token.string == "case")
        first = first and token.type in (tokenize.NL, tokenize.COMMENT)
        depth += (token.string in _OPEN) - (token.string in _CLOSE)
        if in_case and depth > MAX_PATTERN_DEPTH:
            message = f"a pattern nested deeper than {MAX_PATTERN_DEPTH}"
            yield Finding(STAGE, message, token.start[0], "match in two steps")
            return
