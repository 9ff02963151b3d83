"""A second opinion on proofs that are none: each is contradicted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.certifying.wrong_claims import MISTAKES, PROGRAMS
from verify.build import compiled

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(compiled(), reason="the core is compiled")
def test_what_a_broken_explorer_claims_is_contradicted() -> None:
    """In a process of its own, since it is broken there. Each mistake but that of those
    who forget the blocked makes a wrong claim about some program; about two programs that can fail
    too, which are then called right."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.certifying.wrong_claims"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(done.stdout)
    assert {judgement for *_, judgement in found} == {"CONTRADICTED"}
    assert {name for _, name, *_ in found} >= PROGRAMS.keys() - {"lazy01"}
    assert len({mistake for mistake, *_ in found}) >= len(MISTAKES) - 2
    for _, name, classes, _ in found:
        assert classes < PROGRAMS[name][1]
