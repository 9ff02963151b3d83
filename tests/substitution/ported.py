"""The models, with the harness's names replaced by those of `threading`.

Nothing else is changed, so that whatever differs is the substitution's doing. What `threading` has
no equal of (Shared, Process, ...) stays.
"""

from __future__ import annotations

import re
from pathlib import Path

from verify.collection import collect
from verify.modelling import Model

MODELS = Path(__file__).parents[2] / "models"
_NAMES = "Thread|Lock|RLock|Condition|Semaphore|BoundedSemaphore|Event|Barrier|local"
_OURS = re.compile(rf"\bverify\.({_NAMES})\b")


def ported(name: str, directory: Path) -> dict[str, Model]:
    """The models of a file, such as "conditions.py", written with `threading`."""
    source = (MODELS / name).read_text(encoding="utf-8")
    new, times = _OURS.subn(r"threading.\1", source)
    assert times, f"{name} uses nothing that threading has"
    new = new.replace("import verify\n", "import threading; import verify\n", 1)
    file = directory / "models" / Path(name).name
    file.parent.mkdir(exist_ok=True)
    file.write_text(new, encoding="utf-8")
    return {model.name: model for model in collect([file])}


def original(name: str) -> dict[str, Model]:
    """The models of a file as they stand."""
    return {model.name: model for model in collect([MODELS / name])}
