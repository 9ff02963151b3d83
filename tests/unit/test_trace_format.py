"""Traces on disk: what is written is read again, the same everywhere, and never twice."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import verify
from tests.unit.sample_trace import SAMPLE, crossed_locks
from verify.errors import TraceError, UsageError
from verify.traces.fields import EVENT, HEADER
from verify.traces.format import decode, encode, read
from verify.traces.store import save
from verify.traces.trace import Trace

ROOT = Path(__file__).resolve().parents[2]


def found() -> Trace:
    return verify.explore(crossed_locks).failures[0].trace


# ------------------------------------------------------------------------------ the format


@pytest.mark.parametrize("kind", ["deadlock", "assertion", "exception", "invariant", "misuse"])
def test_a_trace_is_read_as_it_was_written(kind: str) -> None:
    trace = replace(SAMPLE, kind=kind)
    assert decode(encode(trace), "sample") == trace


def test_a_trace_without_anything_optional() -> None:
    """No source file, no place, no event: a program typed at a prompt that asserts at once."""
    trace = Trace("program", "", "assertion", "", "main", 0, "", (), (("main", ()),))
    assert decode(encode(trace), "sample") == trace


def test_a_recorded_trace_is_read_as_it_was_written() -> None:
    trace = found()
    assert trace.waiting and trace.events
    assert decode(encode(trace), "recorded") == trace


def test_the_lines_of_a_file() -> None:
    """The header, an event a line numbered from 1, and the sum of every byte before the last line;
    in the order of the tables, so that the first bytes tell what the file is."""
    data = encode(SAMPLE)
    assert data.isascii() and data.endswith(b"\n")
    *lines, trailer = data.decode().splitlines()
    header, *events = map(json.loads, lines)
    assert data.startswith(b'{"format":"verify trace","version":1,')
    assert list(header) == list(HEADER)
    assert header["tool"] == verify.__version__
    assert header["python"] == ".".join(map(str, sys.version_info[:3]))
    assert header["verdict"] == "VIOLATED"
    assert list(header["settings"]) == sorted(SAMPLE.settings)
    assert [event["step"] for event in events] == [1, 2, 3, 2, 3]
    for event in events:
        assert list(event) == [field for field in EVENT if field in event]
    content = data[: data.rindex(b'{"sha256"')]
    assert json.loads(trailer) == {"sha256": hashlib.sha256(content).hexdigest()}


def test_halves_of_characters_are_escaped_when_written() -> None:
    """They come from file names and from what a model prints, and no reader could print them;
    two halves that stand together must not become one character either."""
    settings = {"\udcff": "\udcff"}
    halves = replace(SAMPLE, message="a\ud800b", output="\ud83d\ude00", settings=settings)
    trace = decode(encode(halves), "sample")
    assert trace.message == "a\\ud800b"
    assert trace.output == "\\ud83d\\ude00"
    assert trace.settings == {"\\udcff": "\\udcff"}


# ------------------------------------------------------------------------------ determinism


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.nightly)])
def test_the_same_bytes_every_time(times: int) -> None:
    assert {encode(found()) for _ in range(times)} == {encode(found())}


SCRIPT = """
import sys
from tests.unit.sample_trace import SAMPLE, crossed_locks
from verify.traces.format import encode

traces = [SAMPLE]
try:
    import greenlet
except ImportError:
    pass
else:
    import verify
    traces.append(verify.explore(crossed_locks).failures[0].trace)
for trace in traces:
    sys.stdout.buffer.write(trace.digest.encode() + b"\\n" + encode(trace) + b"\\0")
"""


def written_by(python: str, hash_seed: str = "0") -> list[tuple[str, bytes]]:
    """The digests and the bytes that another process gives for the sample and a found trace."""
    ended = subprocess.run(
        [python, "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        timeout=60,
        check=True,
    )
    pairs = [part.split(b"\n", 1) for part in ended.stdout.split(b"\0")[:-1]]
    return [(digest.decode(), data) for digest, data in pairs]


@pytest.mark.parametrize("hash_seed", ["1", "2", "random"])
def test_the_same_bytes_in_another_process(hash_seed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # places are relative to where one stands
    here = [(trace.digest, encode(trace)) for trace in (SAMPLE, found())]
    assert written_by(sys.executable, hash_seed) == here


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_same_bytes_on_another_interpreter(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the field that names the interpreter, and the sum over it."""
    python = shutil.which(f"python{version}")
    works = python and not subprocess.run([python, "-c", ""], capture_output=True).returncode
    if python is None or not works:
        pytest.skip(f"there is no Python {version} here")
    monkeypatch.chdir(ROOT)
    varying = re.compile(rb'"python":"[^"]*"|"sha256":"[^"]*"')
    there = written_by(python)
    for (digest, data), trace in zip(there, (SAMPLE, found()), strict=False):
        assert digest == trace.digest
        assert f'"python":"{version}.'.encode() in data
        assert varying.sub(b"", data) == varying.sub(b"", encode(trace))
        assert decode(data, "theirs") == trace


def test_a_digest_names_the_counterexample_and_nothing_else() -> None:
    """The same steps of the same model to the same kind of failure; not how it was worded, found
    or with what versions."""
    same = replace(SAMPLE, message="", output="", settings={}, place="", source="", waiting=())
    assert same.digest == SAMPLE.digest
    event = SAMPLE.events[0]
    for other in (
        replace(SAMPLE, model="models/bank.py::other"),
        replace(SAMPLE, kind="livelock"),
        replace(SAMPLE, events=SAMPLE.events[:-1]),
        replace(SAMPLE, events=(replace(event, option=1), *SAMPLE.events[1:])),
        replace(SAMPLE, events=(replace(event, path=(1,)), *SAMPLE.events[1:])),
        replace(SAMPLE, events=(replace(event, objects=("x",)), *SAMPLE.events[1:])),
        replace(SAMPLE, events=(replace(event, operation="x"), *SAMPLE.events[1:])),
    ):
        assert other.digest != SAMPLE.digest


# ------------------------------------------------------------------------------ the store


def test_a_saved_trace_is_named_by_its_content(tmp_path: Path) -> None:
    directory = tmp_path / "some" / "where"
    path = save(SAMPLE, directory)
    assert path == directory / f"ab-ba-{SAMPLE.digest[:8]}.jsonl"
    assert read(path) == SAMPLE
    assert list(directory.iterdir()) == [path]


def test_a_saved_trace_goes_below_the_directory_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert save(SAMPLE).parent == Path("traces")
    assert (tmp_path / "traces").is_dir()


def test_the_same_counterexample_is_never_written_twice(tmp_path: Path) -> None:
    """Not even when it was found again with other settings: the first file stays as it is."""
    path = save(SAMPLE, tmp_path)
    before = path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino
    assert save(replace(SAMPLE, settings={"strategy": "random"}), tmp_path) == path
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    path = save(SAMPLE, tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    assert save(SAMPLE, tmp_path) == path
    assert read(path) == SAMPLE


def test_another_counterexample_under_the_same_short_name_is_not_lost(tmp_path: Path) -> None:
    other = replace(SAMPLE, kind="livelock")
    taken = tmp_path / f"ab-ba-{SAMPLE.digest[:8]}.jsonl"
    taken.write_bytes(encode(other))
    path = save(SAMPLE, tmp_path)
    assert path == tmp_path / f"ab-ba-{SAMPLE.digest}.jsonl" == save(SAMPLE, tmp_path)
    assert read(taken) == other and read(path) == SAMPLE


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("test_x.<locals>.program", "test-x-locals-program"),
        ("models/a.py::a/../../b", "a-b"),
        ("models/a.py::...", "program"),
        ("a.py::" + "x" * 300, "x" * 80),
        ("a.py::tür", "t-r"),
    ],
)
def test_a_name_is_a_file_name_everywhere(model: str, name: str, tmp_path: Path) -> None:
    path = save(replace(SAMPLE, model=model), tmp_path)
    assert path.parent == tmp_path
    assert path.name.rpartition("-")[0] == name


def test_the_counterexample_of_a_task_with_half_a_character_is_kept_once(tmp_path: Path) -> None:
    """Its digest is that of the names as they can be written."""
    event = replace(SAMPLE.events[0], task="a\ud800", objects=("end of a\ud800",))
    alone = Trace("model.py::f", "", "deadlock", "", "", 1, "", (event,), (("a\ud800", ()),))
    trace = replace(alone, passing=(event,), parted=1)
    assert save(trace, tmp_path) == save(trace, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    for trace in (
        replace(SAMPLE, output="x" * 200_000),
        replace(SAMPLE, events=SAMPLE.events[:1] * 50_000),
        replace(SAMPLE, settings={"seed": float("nan")}),
        replace(SAMPLE, settings={"seed": 10**5_000}),
    ):
        with pytest.raises(UsageError, match="more than a trace can hold"):
            save(trace, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_directory_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "traces"
    file.write_text("here already")
    for directory in (file, file / "below"):
        with pytest.raises(UsageError, match=r"cannot be kept as .*traces.*; make room") as raised:
            save(SAMPLE, directory)
        assert "\n" not in str(raised.value)
    assert file.read_text() == "here already"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_directory_that_cannot_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        save(SAMPLE, tmp_path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_is_full(tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows when the file is synced or renamed; the file under the other name goes away, and
    one that was there before stays."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    damaged = save(SAMPLE, tmp_path)
    damaged.write_bytes(b"damaged")
    monkeypatch.setattr(os, "fsync" if call == "fsync" else "replace", full)
    with pytest.raises(UsageError, match="No space left on device"):
        save(SAMPLE, tmp_path)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"damaged"]


def test_an_interruption_leaves_no_partial_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(SAMPLE, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_directory_that_cannot_be_synced_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems refuse that; the file is there all the same."""
    sync = os.fsync

    def only_files(descriptor: int) -> None:
        if os.path.isdir(f"/dev/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    assert read(save(SAMPLE, tmp_path)) == SAMPLE


def test_the_file_that_a_trace_is_read_from_is_named(tmp_path: Path) -> None:
    path = save(SAMPLE, tmp_path)
    path.write_bytes(b"")
    with pytest.raises(TraceError, match=re.escape(f"{path} is empty")):
        read(path)
