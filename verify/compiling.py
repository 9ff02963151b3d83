"""What a module of the compiled core says to mypyc; where the sources are run, it means nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr  # by this name mypyc knows it; it need not be installed
else:

    def mypyc_attr(**meant_for_mypyc):
        """A decorator that leaves a class as it is."""
        return lambda cls: cls


__all__ = ["mypyc_attr"]
