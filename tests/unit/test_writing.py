"""A file is written whole or not at all, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import os
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from verify.writing import try_out, write_whole

NEW = b"new" * 4_000


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def left(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("before", [{}, {"file": b"old"}])
def test_a_disk_that_is_full_when_the_file_is_there(
    tmp_path: Path, before: dict[str, bytes], call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(os, call, no_room)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "file", NEW)
    assert left(tmp_path) == before


def test_a_disk_that_is_full_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(NEW) // 2, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write_whole(tmp_path / "file", NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert left(tmp_path) == {"file": b"old"}
    write_whole(tmp_path / "file", NEW)
    assert left(tmp_path) == {"file": NEW}


@pytest.mark.parametrize("use", [try_out, lambda path: write_whole(path, NEW)])
@pytest.mark.parametrize("name", ["n" * 300, "file/below", "missing/file", "directory"])
def test_a_place_where_nothing_can_be(
    tmp_path: Path, name: str, use: Callable[[Path], None]
) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError, match=r"too long|Not a directory|No such file|Is a directory"):
        use(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["directory", "file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    name = "n" * os.pathconf(tmp_path, "PC_NAME_MAX")
    write_whole(tmp_path / name, NEW)
    try_out(tmp_path / name)
    assert left(tmp_path) == {name: NEW}


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_whole(tmp_path / "link", NEW)
    assert (tmp_path / "link").readlink() == Path("file")
    assert left(tmp_path) == {"file": NEW, "link": NEW}


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, NEW)
    reader.join()
    assert read == [NEW]
    assert pipe.is_fifo()
    if Path("/dev/full").exists():
        try_out(Path("/dev/full"))
        with pytest.raises(OSError, match="No space left"):
            write_whole(Path("/dev/full"), NEW)
