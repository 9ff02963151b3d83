"""All tests run with the search checking its own data (verify/exploration/validator.py)."""

from verify.exploration.validator import checking

checking(True)
