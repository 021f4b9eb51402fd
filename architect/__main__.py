"""`python -m architect` is `architect`."""

import sys

from architect.command_line import main

sys.exit(main())
