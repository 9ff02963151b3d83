"""What is made for a program as it is imported to be tested is taken over wherever it is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = """
import threading
from threading import Lock, RLock, local

LOCKS = (Lock(), threading.Lock())
HERE = (local(),)
HERE[0].name = "main"

class Box:
    __slots__ = ("lock",)
    def __init__(self):
        self.lock = RLock()

BOXES = frozenset({Box()})
"""
TESTS = """
import threading

import verify
from library import BOXES, HERE, LOCKS

@verify.model()
def test_locks():
    number = verify.Shared(0)

    def increment():
        with LOCKS[0]:
            number.value += 1
        for box in BOXES:
            with box.lock:
                assert not hasattr(HERE[0], "name")

    threads = [threading.Thread(target=increment) for _ in range(2)]
    threads[0].start()
    threads[0].join()
    threads[1].start()
    threads[1].join()
    with LOCKS[1]:
        assert number.value == 2

@verify.model(classes=2)
def test_contended():
    def hold():
        with LOCKS[0]:
            pass

    threads = [threading.Thread(target=hold) for _ in range(2)]
    for thread in threads:
        thread.start()

def test_for_real():
    with LOCKS[0]:
        assert LOCKS[0].locked()
    assert isinstance(LOCKS[0], threading.Lock) or not isinstance(threading.Lock, type)
    assert HERE[0].name == "main"
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "test_library.py").write_text(TESTS)
    return tmp_path


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_in_pytest(directory: Path) -> None:
    (directory / "pyproject.toml").write_text('[tool.verify]\nprofile = "ci"\n')
    done = run(directory, "pytest", "-q", "-p", "no:cacheprovider")
    assert "3 passed" in done.stdout, done.stdout
    assert "real_primitive" not in done.stdout


def test_in_a_command(directory: Path) -> None:
    done = run(directory, "verify", "check", "test_library.py")
    assert done.returncode == 0, done.stdout
    assert "2 as expected" in done.stdout
    assert "real_primitive" not in done.stdout


def test_a_foreign_project_keeps_the_library_s_own(directory: Path) -> None:
    (directory / "test_library.py").write_text(
        "import sys, threading, _thread\n"
        "def test_it():\n"
        "    assert threading.Lock in (_thread.allocate_lock, getattr(_thread, 'lock', None))\n"
        "    assert not [name for name in sys.modules if name.startswith('verify.substitution')]\n"
    )
    done = run(directory, "pytest", "-q", "-p", "no:cacheprovider")
    assert "1 passed" in done.stdout, done.stdout
