"""Programs that are searched by cases on a cluster: one falls into them, and one does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cluster import sent
from tests.workers.telling import told
from verify.cluster.cluster import Cluster
from verify.exploration.case import WHOLE
from verify.exploration.exploring import explore
from verify.exploration.loop import Search


@pytest.mark.parametrize(
    ("program", "classes", "whole"),
    [(sent.in_cases, 1_536, False), (sent.not_in_cases, 3_072, True)],
)
def test_each_class_is_run_once(
    cluster: Cluster, program: Callable[[], None], classes: int, whole: bool
) -> None:
    search = Search(program, cluster=cluster, memoise=False)
    report = search.run()
    assert (report.executions, report.blocked_executions) == (classes, 0)
    assert told(report) == told(explore(program, memoise=False))
    assert (search.cases is WHOLE) is whole
