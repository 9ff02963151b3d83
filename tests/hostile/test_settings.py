"""Files called pyproject.toml that were made to hurt the one who reads them."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from verify.errors import UsageError
from verify.settings import LARGEST_FILE, project

HEAD = "[tool.verify]\n"
HEX = "0x" + "f" * 5_000


def refusal(directory: Path, content: str) -> str:
    """The error for a file of this content, which must be one line, soon."""
    (directory / "pyproject.toml").write_bytes(content.encode())
    began = time.process_time()
    with pytest.raises(UsageError) as raised:
        project(directory)
    assert time.process_time() - began < 1
    message = str(raised.value)
    assert message.startswith(str(directory / "pyproject.toml")) and message.isprintable()
    assert len(message) < len(str(directory)) + 500
    return message


@pytest.mark.parametrize("start", ["a = " + "[" * 100_000, "a = " + "{a = " * 50_000])
def test_brackets_without_end(tmp_path: Path, start: str) -> None:
    assert "too deep" in refusal(tmp_path, start)


@pytest.mark.parametrize("part", ["a", '"a"', "'a . b'", '"\\" "'])
@pytest.mark.parametrize("line", [HEAD + "{} = 1", "[{}]", "[[{}]]", "a = {{ {} = 1 }}"])
def test_keys_without_end(tmp_path: Path, part: str, line: str) -> None:
    """To read one takes time that grows with its square."""
    key = " . ".join([part] * 20_000)
    number = line.count("\n") + 1
    assert f"line {number} has a key of more than 100 parts" in refusal(tmp_path, line.format(key))


@pytest.mark.parametrize("text", ['"' * 400_000, "'" * 400_001, 'a = "' + '\\"' * 200_000])
def test_lines_that_a_careless_scanner_takes_for_ever_over(tmp_path: Path, text: str) -> None:
    refusal(tmp_path, text)


def test_dots_in_a_value_are_no_key(tmp_path: Path) -> None:
    text = ".".join(["a"] * 1_000)
    (tmp_path / "pyproject.toml").write_text(f"a = '{text}'\nb = \"{text}\"\n")
    assert project(tmp_path) == {}


@pytest.mark.parametrize(
    "setting", ["strategy", "seed", "max_steps", "max_seconds", "preemptions", "stop_at_first"]
)
@pytest.mark.parametrize("value", [HEX, f"[{HEX}]"])
def test_numbers_without_end(tmp_path: Path, setting: str, value: str) -> None:
    """Python does not write them in decimal, nor make floats of them."""
    message = refusal(tmp_path, f"{HEAD}{setting} = {value}")
    assert f"{setting} = something with a number of more than 100 digits is not" in message


def test_names_and_values_are_cut_and_cannot_control_a_terminal(tmp_path: Path) -> None:
    assert r"no setting '\x1b[2J\n'" in refusal(tmp_path, HEAD + r'"\u001b[2J\n" = 1')
    refusal(tmp_path, f'{HEAD}"{"x" * 50_000}" = 1')
    refusal(tmp_path, f"{HEAD}strategy = [{'1, ' * 50_000}]")
    refusal(tmp_path, f'{HEAD}strategy = "\\u202e"')


def test_a_file_too_large(tmp_path: Path) -> None:
    assert "bytes, more than 524,288" in refusal(tmp_path, "#" * (LARGEST_FILE + 1))


def test_things_that_are_not_files_are_none_of_ours(tmp_path: Path) -> None:
    """A pipe would make the reader wait for ever, a device would never end; nor does what the
    kernel writes as it is read have an end."""
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "pyproject.toml").write_text(HEAD + "seed = 3")
    file = below / "pyproject.toml"
    file.mkdir()
    assert project(below) == {"seed": 3}
    file.rmdir()
    os.mkfifo(file)
    assert project(below) == {"seed": 3}
    file.unlink()
    file.symlink_to("/dev/zero")
    assert project(below) == {"seed": 3}
    file.unlink()
    if Path("/proc/self/cmdline").exists():
        file.symlink_to("/proc/self/cmdline")
        assert project(below) == {}


@pytest.mark.parametrize("call", ["stat", "read_text"])
def test_a_file_that_nobody_may_read(
    tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it is the directory that cannot be looked into."""
    (tmp_path / "pyproject.toml").write_text(HEAD)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patched:
        patched.setattr(Path, call, refused)
        with pytest.raises(UsageError, match=r"pyproject.toml cannot be read: Permission denied"):
            project(tmp_path)
