"""`verify check --junit`: what CI servers are told, held to what they read.

Jenkins's xUnit plugin refuses a report that has an element or an attribute that its schema has not;
those that we may use are written down here. GitLab knows a case by its class name and its name.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, ORDERED, Cli, Write
from verify.commands import exit_codes
from verify.exploration.loop import Search

SCHEMA = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "classname", "file", "line", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
}
"""The elements, and the attributes that each may have."""

WITHIN = {"testsuite": "testsuites", "testcase": "testsuite", "failure": "testcase"}
WITHIN["error"] = "testcase"

MARKED = """
import verify

@verify.model()
def marked():
    raise ValueError("a bell \\a, a half of a pair \\ud800, less < and &")
"""


def read(path: str = "report.xml") -> ET.Element:
    """A report that keeps to the schema, whose counts are right, and in which no case is twice."""
    root = ET.fromstring(Path(path).read_bytes())
    assert root.tag == "testsuites"
    for parent in root.iter():
        assert parent.attrib.keys() <= SCHEMA[parent.tag]
        for child in parent:
            assert WITHIN[child.tag] == parent.tag
    for element in [root, *root]:
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for tag in ("failure", "error"):
            ended_so = sum(case.find(tag) is not None for case in cases)
            assert element.get(f"{tag}s") == str(ended_so)
    cases = list(root.iter("testcase"))
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
    for case in cases:
        assert case.get("classname")
        assert float(case.get("time", "")) >= 0
        assert len(case) <= 1
    return root


def ending(root: ET.Element, name: str) -> tuple[str, str]:
    """How a model's case has ended: "failure" or "error" and its type; "" twice if it is fine."""
    (case,) = (case for case in root.iter("testcase") if case.get("name") == name)
    return (case[0].tag, case[0].get("type", "")) if len(case) else ("", "")


def test_a_case_a_model_and_a_suite_a_file(call: Cli, write: Write) -> None:
    write("models/crossed.py", CROSSED.format(arguments='expect="deadlock"'))
    write("models/deep/ordered.py", ORDERED.format(arguments=""))
    assert call("check", "--junit", "report.xml").code == exit_codes.AS_EXPECTED
    root = read()
    assert [suite.get("name") for suite in root] == ["models/crossed.py", "models/deep/ordered.py"]
    case = root[1][0]
    assert (case.get("classname"), case.get("name")) == ("models.deep.ordered", "ordered")
    assert (case.get("file"), case.get("line")) == ("models/deep/ordered.py", "4")
    assert not list(root.iter("failure")) + list(root.iter("error"))


def test_what_is_not_as_expected_is_a_failure_with_the_report(call: Cli, write: Write) -> None:
    write("crossed.py", CROSSED.format(arguments=""))
    write("ordered.py", ORDERED.format(arguments='expect="deadlock"'))
    done = call("check", "crossed.py", "ordered.py", "--junit", "report.xml")
    assert done.code == exit_codes.REFUTED
    root = read()
    assert ending(root, "crossed") == ("failure", "violated")
    assert ending(root, "ordered") == ("failure", "proved")
    failure = next(root.iter("failure"))
    assert failure.get("message") == "expected a proof, found deadlock"
    assert "Who waits for whom" in (failure.text or "")
    assert "verify replay traces/crossed-" in (failure.text or "")
    assert "\x1b" not in (failure.text or "")


def test_whatever_nobody_knows_is_an_error_and_never_a_pass(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit; a run that was another the second time; a fault of ours; a file that is none."""
    write("crossed.py", CROSSED.format(arguments=""))
    write("limited.py", ORDERED.format(arguments="").replace("ordered", "limited"))
    write("broken.py", "import verify\nraise RuntimeError('no\\x00t today')\n")
    write(
        "moody.py",
        "import verify\nruns = [0]\n\n@verify.model()\ndef moody():\n    runs[0] += 1\n"
        "    cells = [verify.Shared(0) for _ in range(2)]\n"
        "    def task():\n        cells[runs[0] % 2].value = 1\n        cells[0].value = 2\n"
        "    for _ in range(2):\n        verify.Thread(target=task).start()\n",
    )
    run = Search.run

    def break_down(self: Search) -> object:
        if self.model.endswith("crossed"):
            raise AssertionError("ours")
        return run(self)

    monkeypatch.setattr(Search, "run", break_down)
    names = ("crossed.py", "limited.py", "broken.py", "moody.py")
    done = call("check", *names, "--max-executions", "1", "--junit", "report.xml")
    assert done.code == exit_codes.INTERNAL_FAULT
    root = read()
    assert ending(root, "crossed") == ("error", "internal fault")
    assert ending(root, "limited") == ("error", "undetermined")
    (refused,) = (case for case in root.iter("testcase") if case.get("classname") == "verify check")
    assert "broken.py" in refused.get("name", "")
    assert refused[0].get("type") == "bad input"
    call("check", "moody.py", "--junit", "report.xml")
    assert ending(read(), "moody") == ("error", "nondeterministic")


def test_an_interruption_leaves_no_model_out(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("one.py", ORDERED.format(arguments="").replace("ordered", "one"))
    write("two.py", ORDERED.format(arguments="").replace("ordered", "two"))

    def interrupt(self: Search) -> object:
        self.stopping.interrupted = True
        self.report.stop_reason = "an interruption (Ctrl-C)"
        return self.report

    monkeypatch.setattr(Search, "run", interrupt)
    done = call("check", "one.py", "two.py", "--junit", "report.xml")
    assert done.code == exit_codes.UNDETERMINED
    root = read()
    assert ending(root, "one") == ("error", "undetermined")
    assert ending(root, "two") == ("error", "interrupted")


def test_what_xml_cannot_hold_is_replaced(call: Cli, write: Write) -> None:
    write("marked.py", MARKED)
    call("check", "marked.py", "--junit", "report.xml")
    text = Path("report.xml").read_text("utf-8")
    assert "\a" not in text
    assert any("less < and &" in (noted.text or "") for noted in read().iter() if noted.text)


@pytest.mark.parametrize("file", ["nowhere/report.xml", ".", "locked/report.xml"])
def test_a_report_that_cannot_be_written_is_said_before_anything_is_checked(
    call: Cli, write: Write, file: str
) -> None:
    write("ordered.py", ORDERED.format(arguments=""))
    Path("locked").write_text("no directory at all")
    done = call("check", "ordered.py", "--junit", file)
    assert (done.code, done.out) == (exit_codes.BAD_INPUT, "")
    (line,) = done.err.splitlines()
    assert line.startswith("verify: error: ")
    assert file in line


def test_a_report_that_can_no_longer_be_written_is_bad_input(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one stays, and nothing else is left in its place."""
    write("ordered.py", ORDERED.format(arguments=""))
    Path("report.xml").write_text("of yesterday")

    def refuse(self: Path, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    done = call("check", "ordered.py", "--junit", "report.xml")
    assert done.code == exit_codes.BAD_INPUT
    assert "No space left on device" in done.err
    assert Path("report.xml").read_text() == "of yesterday"
    assert [path for path in Path().iterdir() if path.name.startswith(".")] == []


def test_with_json_there_are_both(call: Cli, write: Write) -> None:
    write("ordered.py", ORDERED.format(arguments=""))
    done = call("check", "ordered.py", "--json", "--junit", "report.xml")
    assert done.out.startswith("{")
    assert ending(read(), "ordered") == ("", "")
