"""Bodies that want the gate's yes without doing the work.

They end the run, skip it, equal everything, look for the expected values, or know the
example that they were shown.
"""

# ruff: noqa: E501 - a row is read best as one line

from __future__ import annotations

from hostile_case import INT, PRICES, TEXT, Hostile


def cheat(name: str, body: str, signature: str = INT, **more: object) -> Hostile:
    return Hostile("gate cheating", name, body, signature, **more)  # type: ignore[arg-type]


_EQUAL = (
    "class Equal({base}):\n"
    "    def __eq__(self, other):\n        return True\n"
    "    def __ne__(self, other):\n        return False\n"
    "    def __hash__(self):\n        return 0\n"
    "    def __le__(self, other):\n        return True\n"
    "    __ge__ = __lt__ = __gt__ = __le__\n"
    "return Equal({value})"
)
_FRAMES = (
    "import sys\nframe, found = sys._getframe(), []\n"
    "while frame:\n    found += [v for v in frame.f_locals.values() if type(v) is int]\n"
    "    frame = frame.f_back\nreturn found[-1]"
)

ROWS = [
    # End or skip the run: the exit code of a test run is not its verdict.
    cheat("exit code 0", "import os\nos._exit(0)"),
    cheat("SystemExit without a code", "raise SystemExit"),
    cheat("sys.exit", "import sys\nsys.exit(0)"),
    cheat("quit by name", "quit(0)"),
    cheat("KeyboardInterrupt", "raise KeyboardInterrupt"),
    cheat("GeneratorExit", "raise GeneratorExit"),
    cheat("pytest.skip", "import pytest\npytest.skip('later')"),
    cheat("pytest.exit", "import pytest\npytest.exit('done', 0)"),
    cheat("pytest.xfail", "import pytest\npytest.xfail('known')"),
    cheat("Skipped by name", "Skipped = type('Skipped', (BaseException,), {})\nraise Skipped"),
    cheat("unittest.SkipTest", "import unittest\nraise unittest.SkipTest('later')"),
    cheat("StopIteration", "raise StopIteration(x * 2)", layer="contract"),
    cheat("RequiresError", "from core.errors import RequiresError\nraise RequiresError('x')"),
    cheat("EnsuresError", "from core.errors import EnsuresError\nraise EnsuresError('x')"),
    cheat("error with the answer", "raise ValueError(x + x)", layer="contract"),
    cheat("hypothesis reject", "import hypothesis\nhypothesis.reject()"),
    cheat("UnsatisfiedAssumption",
          "from hypothesis.errors import UnsatisfiedAssumption\nraise UnsatisfiedAssumption"),
    cheat("at exit", "import atexit, os\natexit.register(os._exit, 0)\nreturn 6"),
    # Equal everything.
    cheat("equals everything", _EQUAL.format(base="", value="")),
    cheat("an int that equals everything", _EQUAL.format(base="int", value="1")),
    cheat("a float that equals everything", _EQUAL.format(base="float", value="1.0")),
    cheat("a text that equals everything", _EQUAL.format(base="str", value="'x'"), TEXT),
    cheat("claims another class",
          "class C:\n    __class__ = int\n    def __eq__(self, o):\n        return True\nreturn C()"),
    cheat("mock", "from unittest.mock import ANY\nreturn ANY"),
    cheat("magic mock", "from unittest.mock import MagicMock\nreturn MagicMock()"),
    cheat("true for one", "return x == x", layer="contract"),
    cheat("float for int", "return x * 2.0", layer="contract"),
    cheat("complex for int", "return x * (2 + 0j)"),
    cheat("text for int", "return str(x + x)", layer="contract"),
    cheat("numpy for int", "return np.int64(x + x)", layer="contract", imports=("numpy",)),
    cheat("array for int", "return np.array([x + x])", layer="contract", imports=("numpy",)),
    cheat("list for int", "return [x + x]", layer="contract"),
    cheat("generator for int", "return (v for v in [x + x])", layer="contract", then="wire"),
    cheat("lambda for int", "return lambda: x + x", layer="contract", then="wire"),
    cheat("function for int", "return subject", then="wire"),
    cheat("type for int", "return int", layer="contract", then="wire"),
    cheat("None for int", "return None", layer="contract"),
    cheat("nothing for int", "y = x + x\nx = y", layer="contract"),
    cheat("NaN for int", "return float('nan')", layer="contract"),
    cheat("bytes for text", "return (text[::-1] + '!').encode()", TEXT, layer="contract",
          then="wire"),
    cheat("list for series", "return (prices * 3).tolist()", PRICES, layer="contract"),
    cheat("array for series", "return (prices * 3).to_numpy()", PRICES, layer="contract"),
    cheat("frame for series", "return (prices * 3).to_frame()", PRICES, layer="contract"),
    cheat("int series for float", "return (prices * 3).astype(int)", PRICES, layer="contract"),
    cheat("series of NaN", "return prices * float('nan')", PRICES, layer="contract"),
    cheat("series with another index", "return (prices * 3).set_axis(range(9, 9 + len(prices)))",
          PRICES, layer="contract"),
    # Know the example.
    cheat("the shown example", "return 6 if x == 3 else 0", layer="contract"),
    cheat("a table of examples", "return {3: 6, 4: 8, 6: 12}.get(x, 0)", layer="contract"),
    cheat("match on examples", "match x:\n    case 3:\n        return 6\nreturn x", layer="contract"),
    cheat("the shown text", "return 'ba!' if text == 'ab' else text + '!'", TEXT,
          layer="contract"),
    cheat("the shown series", "return prices * 3 if len(prices) > 1 else prices", PRICES,
          layer="contract"),
    cheat("right for small numbers", "return x + x if x < 50 else x", layer="contract"),
    cheat("right but once", "return x + x + (x == 77)", layer="contract"),
    cheat("right for even numbers", "return x + x if x % 2 == 0 else x + 2", layer="contract"),
    cheat("right in a range", "return x + x if x in range(90) else 0", layer="contract"),
    cheat("changes its argument", "prices.iloc[0] = 1.0\nreturn prices * 3", PRICES,
          layer="contract"),
    cheat("changes its argument by update", "prices.update(prices + 1)\nreturn prices * 3",
          PRICES, layer="contract"),
    cheat("swallows its own error",
          "try:\n    return x + {}[0]\nexcept KeyError:\n    return 6", layer="contract"),
    # Look for the expected values.
    cheat("callers' frames", _FRAMES),
    cheat("inspect the stack", "import inspect\nreturn len(inspect.stack())"),
    cheat("garbage collector",
          "import gc\nreturn [o for o in gc.get_objects() if type(o) is dict and 'expect' in o]"
          "[0]['expect']"),
    cheat("read the spec", "return open('specs/subject.yaml').read().count('expect')",
          then="sandbox"),
    cheat("read the tests", "import glob\nreturn len(glob.glob('tests/**/*.py'))"),
    cheat("read the manifest", "return len(open('manifest.yaml').read())", then="sandbox"),
    cheat("find pytest", "import sys\nreturn sys.modules['pytest'].main()"),
    cheat("find the gate", "import sys\nreturn sys.modules['architect.gate.gate'].Gate"),
    cheat("the parent's arguments", "import os\nreturn open(f'/proc/{os.getppid()}/cmdline').read()",
          then="sandbox"),
    cheat("the parent's environment", "import os\nreturn len(os.environ)"),
    cheat("the request", "import sys\nreturn sys._getframe(2).f_locals"),
    # Change what compares. In the worker there is nothing that does.
    cheat("patch difference", "import core.values\ncore.values.difference = lambda *a: None\nreturn x"),
    cheat("patch holds", "import core.contract as c\nc.TERMS = {}\nreturn x"),
    cheat("patch int", "import builtins\nbuiltins.int = lambda v: 6\nreturn 6"),
    cheat("patch len", "import builtins\nbuiltins.len = lambda v: 6\nreturn len([])"),
    cheat("patch the codec",
          "import core.values\ncore.values.encode = lambda value, depth=0: 6\nreturn 6"),
    cheat("patch json", "import json\njson.dumps = lambda *a, **k: '{}'\nreturn 6", then="wire"),
    cheat("patch the wrapper", "import core.wrapper\ncore.wrapper.module = None\nreturn x"),
    cheat("patch the worker",
          "from architect.gate.sandbox.worker import Serving\n"
          "Serving._valued = lambda self, value: {'status': 'value', 'value': 6}\nreturn 6"),
    cheat("patch pandas equality",
          "import pandas\npandas.Series.__eq__ = lambda self, other: True\nreturn prices", PRICES),
    cheat("trace", "import sys\nsys.settrace(lambda *a: None)\nreturn x"),
    cheat("fake module", "import sys\nsys.modules['pytest'] = sys\nreturn x"),
]  # fmt: skip
