"""The form of a reply file: readable in review, and the same bytes back.

A front matter, then the system text, the user text and the reply under headings. Where
a text ends is said by its length in bytes in the front matter, never by what it holds,
so a reply may contain fences, `---` or these headings. Digests of the prompt and of
the reply make any later change loud. No time stamps: same reply, same file.
"""

from __future__ import annotations

import hashlib
from typing import Any

import yaml

from architect.models.prompt import Prompt
from architect.models.reply import Reply
from core.errors import ModelError, ReplyChanged

FORMAT = 1
_FENCE = b"---\n"
_NUMBERS = ("sample", "system_bytes", "user_bytes", "reply_bytes")
_TEXTS = ("job", "module", "prompt", "model", "route", "reply")
_KEYS = {"format", "instead_of", *_NUMBERS, *_TEXTS}


def render(prompt: Prompt, reply: Reply) -> bytes:
    """Return the file's bytes."""
    parts = [text.encode() for text in (prompt.system, prompt.user, reply.text)]
    meta = {
        "format": FORMAT,
        "job": prompt.job,
        "module": prompt.module,
        "sample": prompt.sample,
        "prompt": prompt.digest,
        "model": reply.model,
        "route": reply.route,
        "instead_of": list(reply.instead_of),
        "system_bytes": len(parts[0]),
        "user_bytes": len(parts[1]),
        "reply_bytes": len(parts[2]),
        "reply": reply.sha256,
    }
    front = yaml.safe_dump(meta, sort_keys=False, allow_unicode=True).encode()
    return _FENCE + front + _FENCE + _body(prompt.module, parts)


def parse(data: bytes, name: str) -> tuple[Prompt, Reply]:
    """Return what `render` was given; the reply's source is `recorded`.

    ReplyChanged when a byte is not as it was written; `name` is the file's, for the
    message.
    """
    meta, body = _front_matter(data, name)
    parts = _parts(meta, body, name)
    try:
        system, user, text = (part.decode() for part in parts)
        prompt = Prompt(meta["job"], meta["module"], system, user, meta["sample"])
    except (ModelError, UnicodeDecodeError) as error:
        raise changed(name, str(error)) from None
    if prompt.digest != meta["prompt"]:
        raise changed(name, "its prompt is not the one that was answered")
    if hashlib.sha256(parts[2]).hexdigest() != meta["reply"]:
        raise changed(name, "its reply is not the one that was given")
    reply = Reply(
        text=text,
        model=meta["model"],
        route=meta["route"],
        source="recorded",
        instead_of=tuple(meta["instead_of"]),
        path=f"{meta['module']}/{name.rpartition('/')[2]}",
        file_sha256=hashlib.sha256(data).hexdigest(),
    )
    if render(prompt, reply) != data:
        raise changed(name, "it is not in the form in which it was written")
    return prompt, reply


def _body(module: str, parts: list[bytes]) -> bytes:
    heads = (f"\n# {module}: system\n\n", "\n# Prompt\n\n", "\n# Reply\n\n")
    return b"".join(
        head.encode() + part + b"\n" for head, part in zip(heads, parts, strict=True)
    )


def _front_matter(data: bytes, name: str) -> tuple[dict[str, Any], bytes]:
    front, fence, body = data.removeprefix(_FENCE).partition(b"\n" + _FENCE)
    try:
        meta = yaml.safe_load(front)
    except yaml.YAMLError:
        meta = None
    if not data.startswith(_FENCE) or not fence or not isinstance(meta, dict):
        raise changed(name, "its front matter cannot be read")
    if meta.get("format") != FORMAT:
        raise changed(name, f"its format is {meta.get('format')!r}, not {FORMAT}")
    if meta.keys() != _KEYS or not _typed(meta):
        raise changed(name, "its front matter has other keys or types")
    return meta, body


def _typed(meta: dict[str, Any]) -> bool:
    return (
        all(type(meta[key]) is int and meta[key] >= 0 for key in _NUMBERS)
        and all(type(meta[key]) is str for key in _TEXTS)
        and isinstance(meta["instead_of"], list)
        and all(type(route) is str for route in meta["instead_of"])
    )


def _parts(meta: dict[str, Any], body: bytes, name: str) -> list[bytes]:
    lengths = [meta[f"{key}_bytes"] for key in ("system", "user", "reply")]
    parts, rest = [], body
    for length in lengths:
        # Each text stands between a heading and one line end.
        start = rest.find(b"\n\n", 1) + 2
        parts.append(rest[start : start + length])
        rest = rest[start + length + 1 :]
    if rest or [len(part) for part in parts] != lengths:
        raise changed(name, "its texts are not as long as its front matter says")
    if _body(meta["module"], parts) != body:
        raise changed(name, "its headings were changed")
    return parts


def changed(name: str, why: str) -> ReplyChanged:
    """Return the error for a file that is not what was recorded."""
    return ReplyChanged(
        f"reply {name} was changed: {why}",
        hint=f"git checkout -- generated/replies/{name}, or delete it to ask again",
    )
