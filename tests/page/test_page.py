"""The file that a page is, and the command that writes it: no browser is needed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.page.conftest import ROOT
from tests.page.stories import HOSTILE_TEXTS, RACE, event, hostile, long
from tests.unit.sample_trace import SAMPLE
from verify.cli import main
from verify.commands import exit_codes
from verify.page.excerpt import excerpt
from verify.page.page import LARGEST_PAGE, LONGEST_REPORT, page, write
from verify.traces.format import encode
from verify.traces.render_text import render
from verify.traces.source import LARGEST_FILE, Source, source
from verify.traces.trace import Trace

TRACES = sorted((ROOT / "traces").glob("*.jsonl"))
NO_SOURCE = Source("models/till.py", [], "there is none")


class Parts(HTMLParser):
    """The elements of a page, and the texts of those that matter."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "pre": [], "title": []}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag in self.texts:
            self._open.append(tag)
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.texts:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]][-1] += data


def varied(steps: int) -> Trace:
    """A long trace with no two steps alike, so that a report can fold none."""
    events = tuple(event("ann", "get", 5, str(number)) for number in range(steps))
    return replace(long(1), events=events, step=steps)


def page_of(trace: Trace) -> str:
    """Its page, no source being there."""
    return page(trace, encode(trace), Path("till.jsonl"), NO_SOURCE)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a trace, below the directory that one stands in."""
    monkeypatch.chdir(tmp_path)
    path = Path("traces/till.jsonl")
    path.parent.mkdir()
    path.write_bytes(encode(RACE))
    return path


# ------------------------------------------------------------------------------ the file


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_the_page_of_every_counterexample_is_small(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    written = write(path, tmp_path / "page.html")
    assert written.stat().st_size < LARGEST_PAGE == 300_000
    parts = Parts(written.read_text(encoding="utf-8"))
    facts = json.loads(parts.texts["script"][0])
    assert facts["trace"].encode() == path.read_bytes()
    assert facts["source"]["missing"] == ""
    assert facts["source"]["lines"]


def test_the_policy_allows_the_page_itself_and_nothing_else() -> None:
    parts = Parts(page_of(RACE))
    (policy,) = [value for name, value in parts.attributes if value and "default-src" in value]
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (parts.texts["style"][0], parts.texts["script"][1])
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not [name for name, _ in parts.attributes if name in ("src", "href", "style", "onclick")]


def test_the_same_trace_gives_the_same_bytes(tmp_path: Path) -> None:
    """Under any hash seed, in any locale."""
    path = tmp_path / "sample.jsonl"
    path.write_bytes(encode(SAMPLE))
    digests = set()
    for seed, locale in [("0", "C"), ("1", "C.UTF-8"), ("2", "POSIX")]:
        target = tmp_path / f"{seed}.html"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale}
        command = [sys.executable, "-m", "verify", "show", str(path), "--html", str(target)]
        subprocess.run(command, env=environment, cwd=ROOT, check=True, timeout=60)
        digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))
def test_no_text_of_a_trace_becomes_markup(text: str) -> None:
    """The elements are those of any page, the data are the trace's, the report is its report."""
    trace = hostile(text)
    found = page_of(trace)
    parts = Parts(found)
    assert parts.tags == Parts(page_of(RACE)).tags
    assert json.loads(parts.texts["script"][0])["trace"].encode() == encode(trace)
    report = render(trace, Path("till.jsonl"), width=100, replay_arguments="models/till.py")
    assert parts.texts["pre"][-1] == report
    assert all(sign.isprintable() or sign == "\n" for sign in found)


def test_a_long_trace_still_makes_a_small_page(tmp_path: Path) -> None:
    """Its data are deflated, and the middle of its report is left out."""
    path = tmp_path / "long.jsonl"
    path.write_bytes(encode(long(3_000)))
    assert path.stat().st_size > 2 * LARGEST_PAGE
    written = write(path)
    assert written.stat().st_size < LARGEST_PAGE
    parts = Parts(written.read_text(encoding="utf-8"))
    facts = json.loads(zlib.decompress(base64.b64decode(parts.texts["script"][0])))
    assert facts["trace"].encode() == path.read_bytes()
    path.write_bytes(encode(varied(600)))
    report = Parts(write(path).read_text(encoding="utf-8")).texts["pre"][-1].splitlines()
    assert len(report) == LONGEST_REPORT + 1
    assert sum("lines are left out here" in line for line in report) == 1
    assert "VIOLATED" in report[0] and "verify show" in report[-1]


def test_a_trace_that_is_too_long_for_a_page(
    kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and nothing is written."""
    kept.write_bytes(encode(long(500)))
    monkeypatch.setattr("verify.page.page.LARGEST_PAGE", 20_000)
    assert main(["show", str(kept), "--html"]) == exit_codes.BAD_INPUT
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "its 1,002 steps are too many for a picture" in err
    assert f"verify show {kept} prints them" in err
    assert not Path("traces/till.html").exists()


def test_the_scripts_make_no_markup_and_ask_for_nothing() -> None:
    """What the browser's policy and the escaping rest on."""
    for path in (ROOT / "verify" / "page").glob("*.js"):
        script = path.read_text(encoding="utf-8")
        words = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|fetch\("
        assert not re.search(words, script), path
        assert "</" not in script and "<!--" not in script
        assert len(script.splitlines()) <= 400


# ---------------------------------------------------------------------------- the source


def with_source(text: bytes, line: int) -> Trace:
    """A trace of a file that holds this, which names one line of it."""
    digest = hashlib.sha256(text).hexdigest()
    named = replace(RACE.events[0], place=f"models/till.py:{line}")
    return replace(RACE, source=digest, events=(named,), passing=(), place="")


def shown(trace: Trace, directory: Path) -> dict[int, str]:
    """What a page shows of the source that is found from a directory."""
    return excerpt(trace, source(trace, directory))


def test_the_lines_around_those_that_the_trace_names(tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(1, 21)).encode()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "till.py").write_bytes(text)
    assert shown(with_source(text, 10), tmp_path) == {n: f"line {n}" for n in range(7, 14)}
    assert set(shown(with_source(text, 1), tmp_path)) == {1, 2, 3, 4}
    assert set(shown(with_source(text, 20), tmp_path)) == {17, 18, 19, 20}
    assert shown(with_source(text, 999), tmp_path) == {}
    in_a_class = replace(with_source(text, 1), model="models/till.py::TestTill::test_one[a::b]")
    assert set(shown(in_a_class, tmp_path)) == {1, 2, 3, 4}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_lines_are_counted_as_python_counts_them(tmp_path: Path, end: str) -> None:
    """A form feed and a line separator are white space in the middle of a line, not its end."""
    text = end.join(["one", "\x0ctwo", "a = '\u2028\x1c'", "four"]).encode()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "till.py").write_bytes(text)
    found = shown(with_source(text, 4), tmp_path)
    assert found == {1: "one", 2: "\x0ctwo", 3: "a = '\u2028\x1c'", 4: "four"}


def test_no_source_but_the_very_one(tmp_path: Path) -> None:
    """Not of a file that has changed, that is not there, that is none, that is too large."""
    text = b"lock = Lock()\n"
    trace = with_source(text, 1)
    path = tmp_path / "models" / "till.py"
    assert "is not here" in source(trace, tmp_path).missing
    path.parent.mkdir()
    path.write_bytes(text + b"#")
    assert "has changed since the trace was made" in source(trace, tmp_path).missing
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    assert "is no source file" in source(trace, tmp_path).missing
    path.unlink()
    os.mkfifo(path)  # whoever opened it would wait for ever
    assert "is no source file" in source(trace, tmp_path).missing
    assert "not in a file" in source(replace(RACE, source=""), tmp_path).missing


# --------------------------------------------------------------------------- the command


def test_the_page_lies_beside_the_trace(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(kept), "--html"]) == exit_codes.AS_EXPECTED
    assert capsys.readouterr().out == "written: traces/till.html (open it in a browser)\n"
    assert Path("traces/till.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_page_lies_where_one_wants_it(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(kept), "--json", "--html", "mine.html"]) == exit_codes.AS_EXPECTED
    assert json.loads(capsys.readouterr().out)["page"] == "mine.html"
    assert Path("mine.html").is_file()
    assert not Path("traces/till.html").exists()


@pytest.mark.parametrize(
    "target", ["missing/page.html", "traces", "traces/till.jsonl/page.html", "x" * 300]
)
def test_a_place_that_cannot_be_written(
    kept: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    assert main(["show", str(kept), "--html", target]) == exit_codes.BAD_INPUT
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"the page cannot be written to {target}: " in err
    assert "verify show TRACE --html FILE" in err


def test_the_trace_is_not_overwritten(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = kept.read_bytes()
    assert main(["show", str(kept), "--html", str(kept)]) == exit_codes.BAD_INPUT
    assert "is the trace itself" in capsys.readouterr().err
    assert kept.read_bytes() == before


def test_a_file_that_is_no_trace(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept.write_text("no trace\n")
    assert main(["show", str(kept), "--html"]) == exit_codes.BAD_INPUT
    assert "is not a trace" in capsys.readouterr().err
    assert not Path("traces/till.html").exists()
