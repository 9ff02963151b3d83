"""The models, with some of the harness's names replaced by those of the rest of the library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.substitution.ported import MODELS
from verify.collection import collect
from verify.modelling import Model

THREADS = {
    **{name: f"threading.{name}" for name in ("Thread", "Lock", "RLock", "Condition", "Event")},
    **{name: f"_queue.{name}" for name in ("Queue", "LifoQueue", "PriorityQueue")},
    "Future": "concurrent.futures.Future",
    "sleep": "time.sleep",
}
PROCESSES = {
    **{name: f"multiprocessing.{name}" for name in ("Process", "Pool")},
    "sleep": "time.sleep",
}
_IMPORTS = (
    "import concurrent.futures; import multiprocessing; import queue as _queue; import threading\n"
)


def library_ported(name: str, names: Mapping[str, str], directory: Path) -> dict[str, Model]:
    """The models of a file, such as "pools.py", with these names."""
    source = (MODELS / name).read_text(encoding="utf-8")
    ours = re.compile(rf"\bverify\.({'|'.join(names)})\b")
    new, times = ours.subn(lambda found: names[found[1]], source)
    assert times, f"{name} uses none of {list(names)}"
    new = new.replace("import verify\n", f"import time; import verify; {_IMPORTS}", 1)
    file = directory / "models" / Path(name).name
    file.parent.mkdir(exist_ok=True)
    file.write_text(new, encoding="utf-8")
    return {model.name: model for model in collect([file])}
