"""`python -m verify`: the command line, for where the `verify` script is not on the path."""

import sys

from verify.cli import main

sys.exit(main())
