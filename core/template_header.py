"""The header of a module, rendered from its spec byte for byte.

The header holds everything that the model may not choose: docstring, imports,
contract, name, signature. Rendering is pure, has no time stamps and is written so
that black leaves it as it is.
"""

from __future__ import annotations

import re
import textwrap

from core import types
from core.imports import render_imports
from core.quoting import WIDTH, docstring_text, quoted, quoted_lines
from core.spec import Param, Spec, snake

_CHOICE = re.compile(r"( +)(\w+): Literal\[([^\[\]]*)\](,?)")


def render_header(spec: Spec, package: str = "trading") -> str:
    """Return the text up to and including the `def` line's docstring, newline at end.

    For a record this is the whole class.
    """
    blocks = [_docstring(spec, package), _imports(spec, package)]
    top = "\n\n".join(block for block in blocks if block)
    body = _record(spec) if spec.kind == "record" else _function(spec)
    return f"{top}\n\n\n{body}"


def _folded(source: str) -> str:
    """Fold what is too long for a line as black does, without the cost of importing it.

    Texts stay as they are. What is no choice of a few words is rare, and black's to fold.
    """
    lines = [_folded_choice(line) for line in source.splitlines()]
    folded = "\n".join(lines) + "\n"
    if all(len(line) <= WIDTH for line in _code_lines(folded)):
        return folded
    import black

    return black.format_str(source, mode=black.Mode(line_length=WIDTH))


def _folded_choice(line: str) -> str:
    """Return a parameter or field of too long a `Literal` on three lines."""
    match = _CHOICE.fullmatch(line) if len(line) > WIDTH else None
    if match is None:
        return line
    indent, name, words, end = match.groups()
    inner = f"{indent}    {words}"
    if len(inner) > WIDTH:
        return line
    return f"{indent}{name}: Literal[\n{inner}\n{indent}]{end}"


def _code_lines(source: str) -> list[str]:
    """Return the lines outside of the docstring."""
    before, _, rest = source.partition('"""')
    return (before + rest.rpartition('"""')[2]).splitlines()


def _docstring(spec: Spec, package: str) -> str:
    first, _, rest = _sentences(spec.intent)
    text = f'"""{first}\n'
    if rest:
        text += "\n" + "\n".join(_wrapped(rest, WIDTH)) + "\n"
    return text + (
        f"\nGenerated from specs/{package}/{spec.name}.yaml. To change it, change the spec\n"
        f'and run: architect generate {spec.name}\n"""'
    )


def _sentences(intent: str) -> tuple[str, str, str]:
    """Split into a first line that fits the width, and the rest."""
    text = docstring_text(" ".join(intent.split()))
    first, dot, rest = text.partition(". ")
    if len(first) + 4 <= WIDTH:
        return first + dot.strip(), dot, rest
    lines = _wrapped(text, WIDTH - 3)
    return lines[0], " ", " ".join(lines[1:])


def _wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    # A word is never cut: it may hold an escape.
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _imports(spec: Spec, package: str) -> str:
    keys = set(spec.imports) | _type_imports(spec)
    wrapper = (
        "core.records import record"
        if spec.kind == "record"
        else "core.wrapper import module"
    )
    own = [f"from {wrapper}"]
    own += [f"from core.{package}.ports import {port}" for port in spec.ports.values()]
    modules = {name: name for name in spec.uses}
    modules.update({snake(cls): cls for cls in spec.record_types})
    own += [
        f"from generated.{package}.{name} import {exported}"
        for name, exported in modules.items()
    ]
    return render_imports(keys, own)


def _type_imports(spec: Spec) -> set[str]:
    texts = [p.type for p in (*spec.params.values(), *spec.fields.values())]
    if spec.returns:
        texts.append(spec.returns.type)
    needed = {
        "Series": "pandas",
        "Frame": "pandas",
        "Decimal": "decimal.Decimal",
        "datetime": "datetime.datetime",
        "Literal": "typing.Literal",
        "Any": "typing.Any",
    }
    names = {node.name for text in texts for node in types.parse(text).walk()}
    return {key for name, key in needed.items() if name in names}


def _function(spec: Spec) -> str:
    assert spec.returns is not None
    returns = types.annotation(types.parse(spec.returns.type))
    parts = [f"{name}: {port}" for name, port in spec.ports.items()]
    parts += [_parameter(name, param) for name, param in _ordered(spec)]
    lines = [_decorator(spec), _definition(spec.name, parts, returns)]
    return "\n".join(lines) + "\n" + _function_docstring(spec)


def _ordered(spec: Spec) -> list[tuple[str, Param]]:
    return sorted(spec.params.items(), key=lambda item: item[1].has_default)


def parameter_names(spec: Spec) -> list[str]:
    """Return the parameters in the order of the signature, ports first."""
    return [*spec.ports, *(name for name, _ in _ordered(spec))]


def _parameter(name: str, param: Param) -> str:
    kind = types.parse(param.type)
    text = f"{name}: {types.annotation(kind)}"
    return f"{text} = {default_source(param)}" if param.has_default else text


def default_source(param: Param) -> str:
    """Return the default of a parameter as Python source."""
    names = {node.name for node in types.parse(param.type).walk()}
    if param.default is None or param.default == []:
        return repr(param.default)
    if "Decimal" in names:
        return f"Decimal({quoted(str(param.default))})"
    if names == {"float"}:
        return repr(float(param.default))
    return (
        quoted(param.default) if isinstance(param.default, str) else repr(param.default)
    )


def _decorator(spec: Spec) -> str:
    lines = [f'    kind="{spec.kind}",']
    lines += _list_argument("requires", spec.requires)
    lines += _list_argument("ensures", spec.ensures)
    if spec.on_failure != "raise":
        lines += quoted_lines(spec.on_failure, 4, "on_failure=")
    if spec.reflect != "full":
        lines.append(f'    reflect="{spec.reflect}",')
    lines += _list_argument("ports", list(spec.ports))
    return "@module(\n" + "\n".join(lines) + "\n)"


def _list_argument(name: str, items: list[str]) -> list[str]:
    if not items:
        return []
    lines = [line for item in items for line in quoted_lines(item, 8)]
    return [f"    {name}=[", *lines, "    ],"]


def _definition(name: str, parts: list[str], returns: str) -> str:
    line = f"def {name}({', '.join(parts)}) -> {returns}:"
    if len(line) <= WIDTH:
        return line
    inner = f"    {', '.join(parts)}"
    end = f") -> {returns}:"
    if parts and max(len(inner), len(end)) <= WIDTH:
        return f"def {name}(\n{inner}\n{end}"
    inner = "".join(f"\n    {part}," for part in parts) + "\n" * bool(parts)
    body = "\n    pass\n"
    return _folded(f"def {name}({inner}{end}{body}").removesuffix(body)


def _function_docstring(spec: Spec) -> str:
    assert spec.returns is not None
    lines = [f'    """{_sentences(spec.intent)[0]}', ""]
    if spec.params:
        lines.append("    Args:")
        for name, param in _ordered(spec):
            lines += _described(name, param.unit, param.meaning)
        lines.append("")
    lines.append("    Returns:")
    unit, meaning = spec.returns.unit, spec.returns.meaning
    text = (f"{unit}: " if unit else "") + " ".join(meaning.split())
    lines += _wrapped(docstring_text(text), WIDTH, " " * 8, " " * 8)
    return "\n".join([*lines, '    """']) + "\n"


def _described(name: str, unit: str | None, meaning: str) -> list[str]:
    shown = f"{name} ({unit})" if unit else name
    text = f"{shown}: {' '.join(meaning.split())}"
    return _wrapped(docstring_text(text), WIDTH, " " * 8, " " * 12)


def _record(spec: Spec) -> str:
    requires = "\n".join(_list_argument("requires", spec.requires))
    decorator = f"@record(\n{requires}\n)" if requires else "@record()"
    lines = [
        decorator,
        f"class {spec.class_name}:",
        f'    """{_sentences(spec.intent)[0]}',
        "",
    ]
    lines.append("    Attributes:")
    for name, field in spec.fields.items():
        lines += _described(name, field.unit, field.meaning)
    lines += ['    """', ""]
    lines += [f"    {_parameter(name, field)}" for name, field in spec.fields.items()]
    return _folded("\n".join(lines) + "\n")
