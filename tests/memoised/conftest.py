"""The inspection is tested by an engine that extends the explored one.

Compiled classes cannot be extended so. It is the same code either way: closed.py and what it stands
on are never compiled.
"""

from verify.build import compiled

collect_ignore = ["test_closed.py"] if compiled() else []
