"""`python -m architect` is `architect`."""

import signal
import sys

from architect.command_line import main

if __name__ == "__main__":
    code = main()
    if code == 128 + signal.SIGINT:
        # A second Ctrl-C while the interpreter ends must not change the code.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
