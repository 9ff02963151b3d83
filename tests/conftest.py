"""All tests run with the search checking its own data (verify/exploration/validator.py).

They heed Ctrl-C even where they were started as a background job, which ignores it: some send it.
"""

import signal

from verify.exploration.validator import checking

pytest_plugins = "pytester"
checking(True)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
