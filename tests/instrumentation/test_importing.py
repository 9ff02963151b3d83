"""Importing a rewritten module: to all who look at it, it is the file that it comes from."""

from __future__ import annotations

import importlib
import importlib.resources
import inspect
import linecache
import py_compile
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import verify
from tests.instrumentation.running import Nobody, telling
from verify.errors import UsageError
from verify.instrumentation.importing import FINDER

Package = Callable[..., Path]

SOURCE = '''\
"""What this module is about."""

from __future__ import annotations

__all__ = ["Counter", "broken"]


class Counter:
    """Counts."""

    def __init__(self) -> None:
        self.n = 0

    def up(self, by: int = 1) -> int:
        """Count."""
        self.n += by
        return self.n


def broken(counter: Counter) -> int:
    counter.up()
    return (
        counter.n
        + counter.nothing
    )
'''


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test imports and asks for is forgotten after it."""
    monkeypatch.setattr(FINDER, "names", {})
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Write a package with these modules; it can be imported."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(**modules: str) -> Path:
        home = tmp_path / "pack"
        home.mkdir()
        for name, source in {"__init__": "", **modules}.items():
            (home / f"{name}.py").write_text(source, encoding="utf-8")
        (home / "data.txt").write_text("kept", encoding="utf-8")
        return home

    return write


def test_a_package_is_rewritten_with_all_below(package: Package) -> None:
    package(counting=SOURCE, other="def f(x):\n    return x.n\n")
    verify.instrument("pack")
    for name in ("pack.counting", "pack.other"):
        module = importlib.import_module(name)
        assert "_verify_off" in vars(module)
    import json

    assert "_verify_off" not in vars(json)


def test_a_module_is_what_its_file_says(package: Package) -> None:
    home = package(counting=SOURCE)
    plain = importlib.import_module("pack.counting")
    facts = (plain.__file__, plain.__cached__, plain.__doc__, plain.__name__, plain.__package__)
    for name in ("pack.counting", "pack"):
        del sys.modules[name]
    verify.instrument("pack")
    module = importlib.import_module("pack.counting")
    assert module is not plain
    found = (module.__file__, module.__cached__, module.__doc__, module.__name__)
    assert (*found, module.__package__) == facts
    assert inspect.getsource(module) == SOURCE
    assert "self.n += by" in inspect.getsource(module.Counter.up)
    assert module.Counter.up.__doc__ == "Count."
    assert str(inspect.signature(module.Counter.up)) == "(self, by: 'int' = 1) -> 'int'"
    assert module.Counter.up.__annotations__ == {"by": "int", "return": "int"}
    assert importlib.resources.files("pack").joinpath("data.txt").read_text() == "kept"
    assert linecache.getline(str(home / "counting.py"), 1).startswith('"""What')
    star: dict[str, object] = {}
    exec("from pack.counting import *", star)
    assert star.keys() - {"__builtins__"} == {"Counter", "broken"}


def test_the_cache_of_compiled_code_is_left_alone(package: Package) -> None:
    """Neither is rewritten code found there later, nor is what is there taken for rewritten."""
    home = package(counting=SOURCE)
    verify.instrument("pack")
    importlib.import_module("pack.counting")
    assert not [*home.rglob("*.pyc")]
    py_compile.compile(str(home / "counting.py"))
    for name in ("pack.counting", "pack"):
        del sys.modules[name]
    assert "_verify_off" in vars(importlib.import_module("pack.counting"))


@pytest.mark.parametrize("on", [False, True])
def test_a_traceback_shows_the_line_and_nobody_elses_frame(package: Package, on: bool) -> None:
    home = package(counting=SOURCE)
    verify.instrument("pack")
    module = importlib.import_module("pack.counting")

    def fails() -> list[tuple[str, int | None, str | None]]:
        try:
            module.broken(module.Counter())
        except AttributeError as error:
            assert "nothing" in str(error)
            frames = traceback.extract_tb(error.__traceback__)
            return [(frame.filename, frame.lineno, frame.line) for frame in frames[1:]]
        raise AssertionError

    if on:
        with telling(Nobody()):
            frames = fails()
    else:
        frames = fails()
    line = SOURCE.splitlines().index("        + counter.nothing") + 1
    assert frames == [(str(home / "counting.py"), line, "+ counter.nothing")]


def test_lines_are_traced_as_they_were(package: Package) -> None:
    """Coverage tools see the same lines executed, each as often."""
    package(counting=SOURCE)

    def lines() -> list[int]:
        module = importlib.import_module("pack.counting")
        seen: list[int] = []

        def trace(frame: object, event: str, argument: object) -> object:
            if event == "line" and frame.f_code.co_filename == module.__file__:  # type: ignore[attr-defined]
                seen.append(frame.f_lineno)  # type: ignore[attr-defined]
            return trace

        before = sys.gettrace()
        sys.settrace(trace)  # type: ignore[arg-type]
        try:
            counter = module.Counter()
            counter.up()
            counter.up(2)
        finally:
            sys.settrace(before)
        return seen

    plain = lines()
    for name in ("pack.counting", "pack"):
        del sys.modules[name]
    verify.instrument("pack")
    assert lines() == plain


def test_a_module_that_is_imported_already_is_refused(package: Package) -> None:
    package(counting=SOURCE)
    importlib.import_module("pack.counting")
    with pytest.raises(UsageError, match=r"pack is imported already.*above its import.*pytest"):
        verify.instrument("pack")


def test_to_ask_twice_is_to_ask_once(package: Package) -> None:
    package(counting=SOURCE)
    verify.instrument("pack")
    importlib.import_module("pack.counting")
    verify.instrument("pack.counting", "pack")


def test_a_module_that_cannot_be_parsed_is_named_with_its_line(package: Package) -> None:
    home = package(wrong="x = 1\ndef f(:\n    pass\n")
    verify.instrument("pack")
    with pytest.raises(UsageError) as refused:
        importlib.import_module("pack.wrong")
    message = str(refused.value)
    assert message.startswith(f"pack.wrong cannot be instrumented: {home / 'wrong.py'}, line 2 is")
    assert "leave the module out of `instrument`" in message
    assert "\n" not in message


def test_a_module_without_source_is_refused(package: Package) -> None:
    home = package(bare=SOURCE)
    py_compile.compile(str(home / "bare.py"), cfile=str(home / "bare.pyc"))
    (home / "bare.py").unlink()
    verify.instrument("pack")
    with pytest.raises(UsageError, match=r"pack\.bare cannot be instrumented: .*compiled code"):
        importlib.import_module("pack.bare")


@pytest.mark.parametrize(("name", "what"), [("_testcapi", "C extension"), ("_sre", "built-in")])
def test_an_extension_is_refused(name: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, name, raising=False)
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"there is no {name}")
    verify.instrument(name)
    with pytest.raises(UsageError, match=rf"{name} cannot be instrumented: it is a?.*{what}"):
        importlib.import_module(name)


@pytest.mark.parametrize("name", ["no/module", "", "a..b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a module"):
        verify.instrument(name)


def test_a_module_that_is_not_there_is_the_importers_business() -> None:
    verify.instrument("no_such_module_anywhere")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module_anywhere")


def test_verify_itself_is_refused() -> None:
    with pytest.raises(UsageError, match="part of verify itself"):
        verify.instrument("verify.sync.lock")
