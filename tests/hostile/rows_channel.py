"""Bodies that take the worker over and speak to the trusted side themselves.

With structure switched off the worker is wholly the candidate's, so every byte of an
answer may be its own. No byte may pass for a right answer, hang the trusted side, grow it,
make it raise, or reach a terminal.
"""

# ruff: noqa: E501 - a row is read best as one line

from __future__ import annotations

from hostile_case import INT, PRICES, TEXT, Hostile

_TAKE = (
    "import json, os, struct, sys\n"
    "frame = sys._getframe()\n"
    "while 'request' not in frame.f_locals:\n    frame = frame.f_back\n"
    "me = frame.f_locals['request']['id']\n"
    "def send(data):\n"
    "    while data:\n        data = data[os.write(3, data):]\n"
    "def say(text):\n    send(struct.pack('!I', len(text)) + text.encode())\n"
    "def answer(value, **more):\n"
    "    say(json.dumps({'id': me, 'status': 'value', 'value': value, 'ns': 1, **more}))\n"
)
_WAIT = "\nwhile True:\n    pass"


def forged(
    name: str, then: str, *lines: str, signature: str = INT, end: str = _WAIT
) -> Hostile:
    """Return a row whose body runs the lines in a worker that it has taken over."""
    body = _TAKE + "\n".join(lines) + end
    return Hostile("answer channel", name, body, signature, then=then)


def value(name: str, plain: str, signature: str = INT) -> Hostile:
    """Return a row that answers with the encoded form `plain`, and ends."""
    lines = f"answer({plain})"
    return forged(
        f"value: {name}", "wire", lines, signature=signature, end="\nos._exit(0)"
    )


def tagged(tag: str, v: str, more: str = "") -> str:
    return f"{{'$': '{tag}', 'v': {v}{more}}}"


_RANGE = "'name': None, 'index': {'range': [0, %s, 1], 'name': None}"
_PRIME = 2**61 - 1

VALUES = [
    value("the shown answer for all", "6"),
    value("true", "True"),
    value("a number as text", "'6'"),
    value("a float", "6.0"),
    value("NaN", "float('nan')"),
    value("infinity", "float('inf')"),
    value("a long number", "7**5000 if sys.set_int_max_str_digits(0) is None else 0"),
    value("half a surrogate pair", "chr(0xd800)", TEXT),
    value("a terminal's escapes", "chr(27) + '[2J' + chr(7)", TEXT),
    value("text without end", "'x' * (15 << 20)", TEXT),
    value("items without end", "[0] * (7 << 20)"),
    value("lists without end", "[[]] * (4 << 20)"),
    value("colliding set", tagged("set", f"[{_PRIME} * k for k in range(1, 200000)]")),
    value("colliding keys", tagged("dict", f"[[{_PRIME} * k, 0] for k in range(1, 200000)]")),
    value("colliding list", f"[{_PRIME} * k for k in range(1, 200000)]"),
    value("list as a key", tagged("dict", "[[[1], 2]]")),
    value("keys of three", tagged("dict", "[[1, 2, 3]]")),
    value("tuple keys", tagged("dict", "[[{'$': 'tuple', 'v': [1]}, 2]]")),
    value("wide decimal", tagged("decimal", "'1e999999999'")),
    value("signalling NaN", tagged("decimal", "'sNaN'"), "d: Decimal -> Decimal"),
    value("quiet NaN", tagged("decimal", "'NaN'"), "d: Decimal -> Decimal"),
    value("long decimal", tagged("decimal", "'9' * 1000000"), "d: Decimal -> Decimal"),
    value("wide dtype",
          tagged("series", "['x']", ", 'dtype': 'U900000000', " + _RANGE % 1), PRICES),
    value("dtype of objects",
          tagged("series", "[{'$': 'record', 'name': 'os', 'v': {}}]",
                 ", 'dtype': 'object', " + _RANGE % 1), PRICES),
    value("index without end",
          tagged("series", "[1.0]", ", 'dtype': 'float64', " + _RANGE % 10**15), PRICES),
    value("frame of rows alone", tagged("frame", "[]", ", " + _RANGE % 10**15), "f: Frame -> Frame"),
    value("nested columns",
          tagged("series", "[[1.0, 2.0]]", ", 'dtype': 'float64', " + _RANGE % 1), PRICES),
    value("shape without end",
          tagged("numpy", "[]", ", 'dtype': 'float64', 'shape': [10**9, 0], 'array': True")),
    value("numpy record", tagged("numpy", "[1]",
                                 ", 'dtype': '(9000000,)f8', 'shape': [1], 'array': True")),
    value("pickle", tagged("pickle", "'gASVBQAAAAAAAABLAi4='")),
    value("no such tag", tagged("__import__", "'os'")),
    value("tag of a list", "{'$': ['set'], 'v': []}"),
    value("mapping without a tag", "{'v': 1}"),
    value("class by name", tagged("record", "{}", ", 'name': '__class__'")),
    value("record with other fields",
          tagged("record", "{'symbol': 'a', 'more': 1}", ", 'name': 'Fill'"), "fill: Fill -> Fill"),
    value("record with wrong types",
          tagged("record", "{'symbol': 1, 'side': 2, 'size': 3, 'price': 4, 'time_ms': 'x'}",
                 ", 'name': 'Fill'"), "fill: Fill -> Fill"),
    value("endless time", tagged("timedelta", "[1e300]")),
    value("time with an odd zone", tagged("datetime", "'2024-01-01T00:00:00+23:59:59.999999'"),
          "at: datetime -> datetime"),
    value("time without a zone", tagged("datetime", "'2024-01-01T01:00:00'"),
          "at: datetime -> datetime"),
]  # fmt: skip

FRAMES = [
    forged("no answer", "limits", ""),
    forged("closes the channel", "wire", "os.close(3)"),
    forged("closes the channel and ends", "wire", "os.close(3)", end="\nos._exit(0)"),
    forged("ends with code 0", "wire", "", end="\nos._exit(0)"),
    forged("half a header", "limits", "send(b'\\0\\0')"),
    forged("half an answer", "limits", "send(struct.pack('!I', 99) + b'{')"),
    forged("one byte at a time", "limits",
           "for byte in struct.pack('!I', 1 << 20) + b' ' * (1 << 20):",
           "    os.write(3, bytes([byte]))", "    [0 for _ in range(9999)]"),
    forged("length without end", "wire", "send(b'\\xff' * 4)"),
    forged("flood", "wire", "while True:\n    send(b'x' * 65536)"),
    forged("empty answer", "wire", "say('')"),
    forged("no JSON", "wire", "say('six')"),
    forged("no text", "wire", "send(struct.pack('!I', 4) + b'\\xff\\xfe\\xfd\\xfc')"),
    forged("JSON that is no mapping", "wire", "say('[6]')"),
    forged("deep JSON", "wire", "say('[' * 100000)"),
    forged("deep mappings", "wire", "say('{\"a\":' * 100000)"),
    forged("constant NaN", "wire", "say('{\"id\": NaN}')"),
    forged("long number", "wire", "say('{\"id\": ' + '9' * 1000000 + '}')"),
    forged("two ids", "wire", "say('{\"id\": \"x\", \"id\": \"y\", \"status\": \"value\"}')"),
    forged("no id", "wire", "say('{\"status\": \"value\", \"value\": 6}')"),
    forged("another id", "wire", "me = '0' * 16\nanswer(6)"),
    forged("id as a list", "wire", "me = [me]\nanswer(6)"),
    forged("answers twice", "wire", "answer(6)\nanswer(6)"),
    forged("answers and goes on", "wire", "answer(6)", end="\nreturn 6"),
    forged("answers the next one too", "wire", "answer(6)\nme = 'f' * 16\nanswer(10)"),
    forged("unknown status", "wire", "say(json.dumps({'id': me, 'status': 'accepted'}))"),
    forged("status as a list", "wire", "say(json.dumps({'id': me, 'status': ['value']}))"),
    forged("no status", "wire", "say(json.dumps({'id': me, 'value': 6}))"),
    forged("says time-out itself", "wire", "say(json.dumps({'id': me, 'status': 'timeout'}))"),
    forged("says that it died", "wire", "say(json.dumps({'id': me, 'status': 'died'}))"),
    forged("negative time", "wire", "answer(6, ns=-1)"),
    forged("time as text", "wire", "answer(6, ns='soon')"),
    forged("ports as text", "wire", "answer(6, ports='none')"),
    forged("calls that were none", "wire", "answer(6, ports=[{'port': 'exchange'}])"),
    forged("arguments as a list", "wire", "answer(6, mutated=['x'])"),
    forged("verdict in the answer", "wire",
           "answer(6, accepted=True, verdict={'accepted': True}, stage='regressions')", end="\nos._exit(0)"),
    forged("error that is none", "wire", "say(json.dumps({'id': me, 'status': 'raised'}))"),
    forged("error of the gate", "wire",
           "say(json.dumps({'id': me, 'status': 'raised', 'type': 'GateError', 'message': ''}))"),
    forged("error of requires", "wire",
           "say(json.dumps({'id': me, 'status': 'raised', 'type': 'RequiresError',"
           " 'message': ''}))"),
    forged("error with a terminal's escapes", "wire",
           "say(json.dumps({'id': me, 'status': 'raised', 'type': chr(27) + '[2J',"
           " 'message': chr(27) + ']0;x' + chr(0xd800), 'lines': [chr(7)]}))"),
    forged("error without end", "wire",
           "say(json.dumps({'id': me, 'status': 'raised', 'type': 'x' * 5000000,"
           " 'message': 'y' * 5000000, 'lines': ['z' * 100] * 10000}))"),
    forged("lines of another file", "wire",
           "say(json.dumps({'id': me, 'status': 'raised', 'type': 'E', 'message': '',"
           " 'lines': ['generated/trading/subject.py:999999999999: x']}))"),
    forged("reads the next request first", "limits", "answer(6)\nos.read(3, 1 << 20)",
           end="\nos._exit(0)"),
    forged("reads for ever", "limits", "while True:\n    os.read(3, 1)"),
    forged("another process's channel", "sandbox", "os.dup2(0, 3)\nanswer(6)"),
    forged("sends its channel away", "sandbox",
           "import socket\nsocket.send_fds(socket.socket(fileno=3), [b'x'], [3])"),
]  # fmt: skip

ROWS = [*VALUES, *FRAMES]
