"""`python -m architect` is `architect`."""

import sys

from architect.command_line import main

if __name__ == "__main__":
    sys.exit(main())
