"""JUnit: the results of a check as the XML that CI servers read.

    <testsuites>            the command
      <testsuite>           a file of models
        <testcase>          a model: bare if it is as expected
          <failure>         it is not, with the report that a terminal would show
          <error>           nobody knows: undetermined, nondeterministic, not loaded, not run

What the servers make of it differs: GitLab knows a case by its `classname` and `name` alone, and
leaves out a second one of the same; Jenkins takes what comes before the last dot of `classname` for
a package, and warnings beside a source line need `file` and `line`. So all of them are written.

There is no standard, but a schema that Jenkins's xUnit plugin holds reports against: this passes.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from verify.commands.console import WIDTH_ELSEWHERE, one_line
from verify.commands.gathering import path_to
from verify.commands.keeping import Keeper
from verify.commands.result import Result, Standing
from verify.commands.table import explanation
from verify.errors import UsageError
from verify.modelling import Model
from verify.traces.render_text import render
from verify.writing import try_out, write_whole

COMMAND = "verify check"
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""
REPLACEMENT = "\ufffd"

_ERRORS = {
    Standing.UNDECIDED: "undetermined",
    Standing.NONDETERMINISTIC: "nondeterministic",
}


class JUnit:
    """The report of one command, in a file.

    UsageError at once if the file cannot be written, rather than after an hour's search.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = ET.Element("testsuites", name=COMMAND)
        self._suites: dict[str, ET.Element] = {}
        try:
            if path.is_dir():
                raise UsageError(f"{path} is a directory: --junit needs the name of a file")
            try_out(path)
        except OSError as error:
            raise self._unwritable(error) from None

    def add(self, result: Result, keeper: Keeper) -> None:
        """A model that has been checked."""
        model, report, standing = result.model, result.report, result.standing
        case = self._case(model, report.elapsed)
        if standing is Standing.NOT_MET:
            texts = [
                render(
                    failure.trace,
                    keeper.path(failure),
                    report,
                    width=WIDTH_ELSEWHERE,
                    replay_arguments=path_to(model),
                )
                for failure in report.failures
                if failure.kind != model.expect
            ]
            kind = report.verdict.name.lower()
            _note(case, "failure", kind, result.reason, "\n\n".join(texts))
        elif standing is not Standing.MET:
            _note(case, "error", _ERRORS[standing], explanation(result))

    def add_error(self, model: Model, kind: str, message: str) -> None:
        """A model that could not be checked, or was not."""
        _note(self._case(model, 0.0), "error", kind, message)

    def add_refusal(self, message: str) -> None:
        """What kept models from being found."""
        suite = self._suite(COMMAND)
        name = one_line(message)
        case = ET.SubElement(suite, "testcase", classname=COMMAND, name=_held(name), time="0")
        _note(case, "error", "bad input", message)

    def write(self, elapsed: float) -> None:
        """Put it all there: the whole file, or what was there before. UsageError if it fails."""
        for suite in self._suites.values():
            cases = suite.findall("testcase")
            _count(suite, cases, sum(float(case.get("time", "0")) for case in cases))
        _count(self._root, self._root.findall("*/testcase"), elapsed)
        del self._root.attrib["skipped"]
        ET.indent(self._root)
        try:
            text: bytes = ET.tostring(self._root, "utf-8", xml_declaration=True)
            write_whole(self._path, text + b"\n")
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(
            f"the JUnit report cannot be written to {self._path}: {error.strerror or error}; name "
            "a file in a directory that is there and can be written to"
        )

    def _suite(self, name: str) -> ET.Element:
        if name not in self._suites:
            self._suites[name] = ET.SubElement(self._root, "testsuite", name=_held(name))
        return self._suites[name]

    def _case(self, model: Model, elapsed: float) -> ET.Element:
        file, _, name = model.key.rpartition("::")
        dotted = re.sub(r"[\\/]+", ".", file.removesuffix(".py")).strip(".")
        return ET.SubElement(
            self._suite(file),
            "testcase",
            classname=_held(dotted),
            name=_held(name),
            file=_held(file),
            line=str(model.function.__code__.co_firstlineno),
            time=f"{elapsed:.6f}",
        )


def _note(case: ET.Element, tag: str, kind: str, message: str, text: str = "") -> None:
    noted = ET.SubElement(case, tag, type=kind, message=_held(one_line(message)))
    noted.text = _held(text or message)


def _count(element: ET.Element, cases: Sequence[ET.Element], elapsed: float) -> None:
    """Say how many cases there are below an element, and how they ended."""
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", str(sum(case.find("error") is not None for case in cases)))
    element.set("skipped", "0")
    element.set("time", f"{elapsed:.6f}")


def _held(text: str) -> str:
    """A text without what XML cannot hold."""
    return NOT_IN_XML.sub(REPLACEMENT, text)
