"""From a reply to a body: one block, precisely refused otherwise."""

from __future__ import annotations

import pytest

from architect.body import count_lines, extract_body
from core.errors import ReplyUnusable

BODY = "x = a + 1\nreturn x\n"


@pytest.mark.parametrize(
    "reply",
    [
        f"```python\n{BODY}```",
        f"```\n{BODY}```\n",
        f"Sure, here it is:\n\n```py\n{BODY}```\nIt adds `1`.",
        f"~~~python\n{BODY}~~~",
        f"````python\n{BODY}````",
        "```python\n    x = a + 1\n    return x\n```",
        "1. So:\n\n   ```python\n   x = a + 1\n   return x\n   ```",
        "```python\n\n\nx = a + 1   \nreturn x\n\n```",
        "```python\r\nx = a + 1\r\nreturn x\r\n```\r\n",
        "```python\rx = a + 1\rreturn x\r```",
        f"<think>\n```python\nno\n```\n</think>\n```python\n{BODY}```",
        "```python\ndef add(a):\n    x = a + 1\n    return x\n```",
        '```python\ndef add(a: int = {1: 2}[1]) -> "x:y":\n'
        '  """A."""\n  x = a + 1\n  return x\n```',
        "```python\ndef add(\n    a: int,\n) -> int:  # adds\n    x = a + 1\n    return x\n```",
        '```python\ndef add(a):\n    """A.\n\n    B.\n    """\n\n    x = a + 1\n    return x\n```',
    ],
)
def test_an_honest_reply_gives_its_body(reply: str) -> None:
    assert extract_body(reply, "add") == BODY


def test_a_whole_def_keeps_its_comments_and_inner_functions() -> None:
    code = (
        "def add(a):\n    # reason\n    def f(x):\n        return x\n    return f(a)\n"
    )
    assert extract_body(f"```\n{code}```", "add") == (
        "# reason\ndef f(x):\n    return x\nreturn f(a)\n"
    )
    assert extract_body("```\ndef add(a): return a\n```", "add") == "return a\n"
    one_line = '```\ndef add(a): "é"; return a\n```'
    assert extract_body(one_line, "add") == "return a\n"


def test_a_helper_of_another_name_is_left_to_the_gate() -> None:
    code = "def other(a):\n    return a\n"
    assert extract_body(f"```\n{code}```", "add") == code


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        ("", "it is empty"),
        ("I cannot help with that.", "begins 'I cannot help with that.'"),
        ("```python\nreturn 1\n", "line 1 does not end"),
        ("```python\nreturn 1\n``", "does not end"),
        ("````\nreturn 1\n```", "does not end"),
        ("```\n```", "is empty"),
        ("a\n```python\n\n  \n```", "block in line 2 is empty"),
        ("```\nx\n```\nor\n```\ny\n```", "2 code blocks, in lines 1, 5"),
        ("```diff\n-x\n+y\n```", "is diff, not python"),
        ("```json\n{}\n```", "is json, not python"),
        ("```\nimport os\ndef add(a):\n    return a\n```", "imports and decorators"),
        ("```\n@cache\ndef add(a):\n    return a\n```", "imports and decorators"),
        ('```\ndef add(a):\n    """Add."""\n```', "docstring and no code"),
        ("`return 1`", "no code block"),
    ],
)
def test_what_holds_no_single_body_is_refused_with_the_reason(
    reply: str, wrong: str
) -> None:
    with pytest.raises(ReplyUnusable, match=wrong) as caught:
        extract_body(reply, "add")
    assert caught.value.hint


@pytest.mark.parametrize(("body", "lines"), [("", 0), ("a\n", 1), ("a\n\nb\n", 3)])
def test_lines_are_counted_as_they_stand(body: str, lines: int) -> None:
    assert count_lines(body) == lines


def test_a_hidden_line_end_counts_as_python_counts_it() -> None:
    body = extract_body("```\nx = 1\ry = 2\n```", "add")
    assert count_lines(body) == 2
