"""`python -m architect` is `architect`."""

import signal
import sys

from architect.command_line import main

if __name__ == "__main__":
    code = main()
    if code == 128 + signal.SIGINT:
        # A second Ctrl-C while the interpreter ends must not change the code.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Nor must a first one that struck in code made from a text, as dataclasses is:
        # of that Python keeps a mark, which only the next such code takes away, and ends
        # by the signal instead of with our code.
        exec("")
    sys.exit(code)
