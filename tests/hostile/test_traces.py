"""Files that are not traces, or were made to hurt the one who reads them.

Whatever the bytes, reading gives a trace or one TraceError that names the file and what is wrong
with it, in under a second.
"""

from __future__ import annotations

import errno
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sample_trace import SAMPLE, sealed
from verify.errors import TraceError
from verify.traces.fields import MAY_LACK, OPTIONAL
from verify.traces.format import LARGEST_FILE, MOST_EVENTS, decode, encode, read
from verify.traces.source import source

ROOT = Path(__file__).resolve().parents[2]
LINES = encode(SAMPLE).decode().splitlines()[:-1]
HEADER: dict[str, Any] = json.loads(LINES[0])
EVENTS: list[dict[str, Any]] = [json.loads(line) for line in LINES[1:]]
HEADER_LINE = 1
SECOND_EVENT = 3
"""The line on which event 2 stands."""


def with_header(**changes: Any) -> bytes:
    """The sample with other values in its header."""
    return sealed(written({**HEADER, **changes}), *LINES[1:])


def with_event(**changes: Any) -> bytes:
    """The sample with other values in its second event."""
    return sealed(*LINES[:2], written({**EVENTS[1], **changes}), *LINES[3:])


def with_raw_event(raw: str) -> bytes:
    """The sample with another text in place of the value of `option` in its second event."""
    before, after = LINES[2].split('"option":0')
    line = f'{before}"option":{raw}{after}'
    return sealed(*LINES[:2], line, *LINES[3:])


def written(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"))


@contextmanager
def within_a_second() -> Iterator[None]:
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < 1


def refusal(data: bytes) -> str:
    """The error for some bytes, which must be one line, soon."""
    with within_a_second(), pytest.raises(TraceError) as raised:
        decode(data, "some.jsonl")
    message = str(raised.value)
    assert message.startswith("some.jsonl") and "\n" not in message and len(message) < 400
    assert message.isprintable()
    return message


def test_the_helpers_write_what_encode_writes() -> None:
    """Else every refusal below might be for another reason than the one in the test."""
    assert sealed(*LINES) == with_header() == with_event() == with_raw_event("0") == encode(SAMPLE)


# ------------------------------------------------------------------------- the file as a whole


def test_an_empty_file() -> None:
    assert "is empty" in refusal(b"")


@pytest.mark.parametrize("data", [b"\n", b"{}\n", b"[]", b"\x00" * 100, b"PK\x03\x04", b"a,b\n1\n"])
def test_a_file_that_is_not_ours(data: bytes) -> None:
    assert "is not a trace" in refusal(data)


def test_a_file_cut_off_anywhere() -> None:
    """Without even its last newline the trailer is not there."""
    whole = encode(SAMPLE)
    for length in range(1, len(whole)):
        message = refusal(whole[:length])
        assert "cut off" in message, length
        assert "verify check" in message


@pytest.mark.parametrize("version", ["2", "17", "999999999"])
def test_a_newer_format(version: str) -> None:
    """Said before anything else is looked at: the rest may be of any form."""
    message = refusal(b'{"format":"verify trace","version":%s}\x00\xff' % version.encode())
    assert f"format {version}" in message and "upgrade" in message


@pytest.mark.parametrize("version", ["0", "-1", "1.5", "1e3", "true", '"1"', "9" * 5000, "null"])
def test_a_version_that_there_is_not(version: str) -> None:
    line = LINES[0].replace('"version":1', f'"version":{version}')
    assert line != LINES[0]
    assert refusal(sealed(line, *LINES[1:])).startswith("some.jsonl:1: there is no such format")


def test_a_changed_byte() -> None:
    """The sum tells of a change anywhere between the magic first bytes and the trailer."""
    whole = bytearray(encode(SAMPLE))
    start = len('{"format":"verify trace","version":1,')
    for position in range(start, whole.rindex(b"\n{")):
        changed = whole.copy()
        changed[position] ^= 1
        assert "the sum does not match" in refusal(bytes(changed)), position


def test_line_endings_of_another_system() -> None:
    assert "cut off" in refusal(encode(SAMPLE).replace(b"\n", b"\r\n"))


def test_no_event_at_all_is_fine_but_the_step_must_fit() -> None:
    header = {key: value for key, value in HEADER.items() if key not in MAY_LACK}
    assert "step is 3, but there are 0 events" in refusal(sealed(written(header)))
    assert decode(sealed(written({**header, "step": 0})), "x").events == ()


def test_the_nearest_execution_that_passes_begins_where_it_parts() -> None:
    """Its lines follow those of the failing one, and are numbered from there."""
    assert [event["step"] for event in EVENTS] == [1, 2, 3, 2, 3]
    without = [written({k: v for k, v in HEADER.items() if k != "parted"}), *LINES[1:]]
    assert "step is not 4" in refusal(sealed(*without))
    assert "no other events come from there" in refusal(sealed(*LINES[:4]))
    assert "step is not 4" in refusal(sealed(*LINES[:4], LINES[5]))


def test_a_file_of_100_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        file.write(b'{"format":"verify trace","version":1,')
        file.truncate(100 * 1024 * 1024)
    with within_a_second(), pytest.raises(TraceError, match=r"large.jsonl has 104,857,600 bytes"):
        read(path)


def test_as_many_bytes_as_a_trace_may_have() -> None:
    """Padded with spaces, which JSON allows; what is wrong comes last."""
    lines = [LINES[0]]
    for step in range(1, LARGEST_FILE // 1000 - 10):
        lines.append(LINES[1].replace('"step":1', f'"step":{step}').ljust(999))
    data = sealed(*lines[:-1], lines[-1] + "!")
    assert 0.99 * LARGEST_FILE < len(data) < LARGEST_FILE
    assert f":{len(lines)}: not JSON" in refusal(data)


def test_more_events_than_a_trace_may_have() -> None:
    lines = [LINES[0], *["{}"] * (MOST_EVENTS + 1)]
    assert f"more than {MOST_EVENTS:,} events" in refusal(sealed(*lines))


def test_things_that_are_not_files(tmp_path: Path) -> None:
    """A pipe would make the reader wait for ever, a device would never end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, Path("/dev/zero")):
        with within_a_second(), pytest.raises(TraceError, match="is not a file"):
            read(path)
    with pytest.raises(TraceError, match="No such file"):
        read(tmp_path / "absent.jsonl")
    with pytest.raises(TraceError, match="null"):
        read("a\0b")


# ------------------------------------------------------------------------- lines that hurt


@pytest.mark.parametrize(
    "line",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        "[" * 200_000 + "]" * 200_000,
        '{"task":' + '{"a":[' * 100_000 + "]}" * 100_000 + "}",
        '"\\"[" ' + "[" * 200_000,
    ],
)
def test_brackets_without_end(line: str) -> None:
    """Parsing them would end in RecursionError, or in the stack's own end."""
    assert ":3: more than 8 brackets are open" in refusal(sealed(*LINES[:2], line, *LINES[3:]))
    assert ":1: more than 8 brackets are open" in refusal(
        sealed('{"format":"verify trace","version":1,"tool":' + line)
    )


@pytest.mark.parametrize("line", ['"' * 1_000_000, '\\"' * 500_000, "[]," * 300_000, "\\" * 10**6])
def test_lines_that_a_careless_scanner_takes_for_ever_over(line: str) -> None:
    refusal(sealed(*LINES[:2], line, *LINES[3:]))


def test_a_line_without_end() -> None:
    line = LINES[2][:-1] + " " * 1_100_000 + "}"
    assert ":3: the line has 1,1" in refusal(sealed(*LINES[:2], line, *LINES[3:]))


@pytest.mark.parametrize("raw", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none(raw: str) -> None:
    assert "number" in refusal(with_raw_event(raw))


@pytest.mark.parametrize("raw", ["9" * 101, "9" * 5_000, "-" + "9" * 900_000, "1." + "0" * 5_000])
def test_numbers_without_end(raw: str) -> None:
    """int() of many digits takes quadratic time, or raises an error of its own."""
    assert "number" in refusal(with_raw_event(raw))


@pytest.mark.parametrize(
    ("line", "twice"), [(HEADER_LINE, "model"), (SECOND_EVENT, "task"), (SECOND_EVENT, "step")]
)
def test_a_field_that_is_there_twice(line: int, twice: str) -> None:
    """The reader would see one of them, a person the other."""
    lines = LINES.copy()
    lines[line - 1] = lines[line - 1][:-1] + f',"{twice}":"other"}}'
    assert f":{line}: '{twice}' is there twice" in refusal(sealed(*lines))


@pytest.mark.parametrize("byte", [b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\x80"])
def test_bytes_that_are_not_ascii(byte: bytes) -> None:
    line = LINES[2].encode().replace(b'"acquire"', b'"acq' + byte + b'"')
    assert ":3: a trace is ASCII" in refusal(sealed(*LINES[:2], line, *LINES[3:]))


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\udc80b", "\ude00\ud83d"])
def test_halves_of_characters(text: str) -> None:
    assert ":3: operation: half of a character" in refusal(with_event(operation=text))
    assert ":1: diagnosis: half of a character" in refusal(with_header(diagnosis=text))
    refusal(with_header(settings={text: 1}))


@pytest.mark.parametrize("line", ["", " ", "null", "1", '"x"', "[]", "{", "}", "nul", "{'a':1}"])
def test_a_line_that_is_not_an_object(line: str) -> None:
    assert refusal(sealed(*LINES[:2], line, *LINES[3:])).startswith("some.jsonl:3: ")


# ------------------------------------------------------------------------- every field

NOT_TEXT: list[Any] = [None, True, 0, 1.5, [], ["x"], {}]
NOT_COUNT: list[Any] = [None, True, False, -1, 1.0, 1.5, "1", [], {}, 10**30]
NOT_LIST = [None, True, 3, 1.5, "abc", {}, {"a": 1}]
NOT_TEXTS = [*NOT_LIST, [1], [None], [["x"]], ["x", {}], ["x"] * 10_001]
NOT_PATH = [*NOT_LIST, ["1"], [True], [-1], [1.0], [[1]], [1] * 1_001]
NOT_PAIRS: list[Any] = [*NOT_LIST, ["ab"], [["a"]], [["a", "b", "c"]], [["a", 1]], [[1, "b"]], [{}]]
WAITING = HEADER["waiting"][0]

OF_HEADER: dict[str, list[Any]] = {
    **dict.fromkeys(("message", "task", "place", "diagnosis", "output"), NOT_TEXT),
    **{field: [*NOT_TEXT, ""] for field in ("tool", "python", "model")},
    "format": [*NOT_TEXT, "", "another trace"],
    "version": [2.0, True],
    "source": [*NOT_TEXT, "abc", "g" * 64, "0" * 65, "0" * 63 + "\n"],
    "verdict": [*NOT_TEXT, "", "PROVED", "violated"],
    "kind": [*NOT_TEXT, "", "ok", "Deadlock"],
    "step": [*NOT_COUNT, 4],
    "racing": [*NOT_COUNT, [1], [1, 2, 3], [0, 1], [1, 4], [1, "2"], [1.0, 2]],
    "parted": [*NOT_COUNT, 0, 4],
    "statistics": [*NOT_LIST[:5], {"a": -1}, {"a": "1"}, {"a": 1.0}, {"": 1}],
    "notes": [
        *NOT_LIST,
        *([note] for note in ([0, "a"], ["0", "a", "b"], [0, 1, "b"], [0, "a", None])),
        *([note] for note in ([4, "a", "b"], [-1, "a", "b"])),
        [[2, "a", "b"], [1, "a", "b"]],
    ],
    "settings": [*NOT_LIST[:5], [], {"a": []}, {"a": {}}, {"": 1}],
    "tasks": [*NOT_PAIRS, [], [["main", ["1"]]], [["main", []]]],
    "waiting": [
        *NOT_LIST,
        [{}],
        [[]],
        ["main"],
        [{**WAITING, "more": 1}],
        [{**WAITING, "owners": "main"}],
        [{**WAITING, "objects": [1]}],
        [{**WAITING, "task": None}],
    ],
}
OF_EVENT: dict[str, list[Any]] = {
    **dict.fromkeys(("place", "argument", "result", "note"), NOT_TEXT),
    "task": [*NOT_TEXT, "", "main", "nobody"],
    "operation": [*NOT_TEXT, ""],
    "step": [*NOT_COUNT, 0, 1, 3],
    "option": NOT_COUNT,
    "path": [*NOT_PATH, [], [2], [1, 1]],
    "objects": [*NOT_TEXTS, ["x"] * 17],
    "woke": NOT_TEXTS,
    "changed": [*NOT_PAIRS, [["a", "b"]] * 17],
    "after": [*NOT_PATH[:-1], [0], [2], [1] * 10_001],
    "owners": [*NOT_PAIRS, [["a", "b"]], [["a", [1]]], [["a", []]] * 17],
}


def test_every_field_is_in_the_tables() -> None:
    assert OF_HEADER.keys() == HEADER.keys()
    assert OF_EVENT.keys() == set().union(*EVENTS)


@pytest.mark.parametrize("field", OF_HEADER)
def test_wrong_values_in_the_header(field: str) -> None:
    for value in OF_HEADER[field]:
        message = refusal(with_header(**{field: value}))
        other = "is not among|no such format version|not a trace|step is not"
        assert re.search(f"{field}|{other}", message), value


@pytest.mark.parametrize("field", OF_EVENT)
def test_wrong_values_in_an_event(field: str) -> None:
    for value in OF_EVENT[field]:
        message = refusal(with_event(**{field: value}))
        assert message.startswith("some.jsonl:3: "), value
        assert field in message or "is not among the tasks" in message, value


@pytest.mark.parametrize("field", sorted(HEADER.keys() - MAY_LACK))
def test_a_field_missing_in_the_header(field: str) -> None:
    message = refusal(sealed(written({k: v for k, v in HEADER.items() if k != field}), *LINES[1:]))
    assert f"{field} is missing" in message or field in ("format", "version")


@pytest.mark.parametrize("field", sorted(EVENTS[1].keys() - OPTIONAL))
def test_a_field_missing_in_an_event(field: str) -> None:
    line = written({key: value for key, value in EVENTS[1].items() if key != field})
    assert f":3: {field} is missing" in refusal(sealed(*LINES[:2], line, *LINES[3:]))


@pytest.mark.parametrize("key", ["more", "", "__class__", "Task", "x" * 50_000, "\x1b[2J"])
def test_a_field_that_there_is_not(key: str) -> None:
    """Nor does an error carry what it was given on to the terminal: it is shown escaped, cut."""
    assert "there is no field" in refusal(with_header(**{key: 1}))
    assert "there is no field" in refusal(with_event(**{key: 1}))


def test_a_line_of_many_fields_of_which_one_is_there_twice() -> None:
    """To look for it takes no longer than to read them."""
    fields = ",".join(f'"{key}":0' for key in range(80_000))
    line = f'{{{fields},"79999":0}}'
    assert ":3: '79999' is there twice" in refusal(sealed(*LINES[:2], line, *LINES[3:]))


def test_an_error_tells_one_of_many_steps() -> None:
    assert ":3: after: 2 is not before step 2" in refusal(with_event(after=[1] * 9_000 + [2]))


def test_files_that_claim_to_be_empty() -> None:
    """The kernel writes them as they are read, some for ever: they are not even begun."""
    file = Path("/proc/self/cmdline")
    if not file.exists():
        pytest.skip("there are none on this system")
    assert file.read_bytes()
    with pytest.raises(TraceError, match="cmdline is empty"):
        read(file)
    named = replace(SAMPLE, model=f"{file}::f", source=sha256(file.read_bytes()).hexdigest())
    assert source(named, ROOT).missing == f"{file} is no source file"


def test_a_file_that_nobody_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening is refused as it is to others than root, who runs some of our tests."""
    path = tmp_path / "secret.jsonl"
    path.write_bytes(encode(SAMPLE))

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(TraceError, match=r"secret.jsonl: Permission denied: the trace cannot be"):
        read(path)


def test_texts_without_end() -> None:
    assert "100,001 characters" in refusal(with_event(note="x" * 100_001))
    assert decode(with_event(note="x" * 100_000), "x").events[1].note == "x" * 100_000
