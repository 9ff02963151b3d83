"""The interpreter's own tests pass, each in one explored schedule; those that cannot say why.

Once over the copies, where threads and queues are CPython's own Python, and once through
substitution, where they are verify's under the library's names.

What is excused is run, too, and must not pass: what needs no excuse has none. Those of NEVER would
fork or hang the process that explores them. Where a test only starts a subprocess, that one is an
ordinary interpreter.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable

import pytest

from tests.fidelity.own_tests import own_tests_of, run_over_copies, run_substituted

pytestmark = [pytest.mark.nightly, pytest.mark.filterwarnings("ignore")]

SIGNALS = "signals: a task of the explorer is not where the interpreter runs a handler"
NOT_IN_C = "C internals: `_thread.lock` is a class in Python, which can be made and subclassed"
NAMES = "looks names up by the module that defines them, which is another one"
FORK = "fork: the explorer's other tasks would go on in the child"
ITS_OWN_SKIP = "skipped by the test itself, in any interpreter"
LOCALS = "what is local to a task stays until the object goes, not until the task ends"
DEBUG = "C internals: needs a debug build"
SPINS = "10 000 items for 50 tasks that spin and sleep: millions of steps"
ASYNC_EXC = "C internals: an exception is thrown into a thread from outside, by ctypes"
TIGHT_LOOP = "signals: a loop without any step, which only a handler ends"
PROCESSES = "subprocesses: it starts a pool of processes"
NO_QUEUE_IN_C = "C internals: the copies are of the queue in Python, its variant in C is left out"
HOOK = "a task that ends with an exception has failed, whatever becomes of it in a hook"
PRIVATE = "private parts of threading.py, which nothing fills while its threads are verify's"
REFERENCES = "garbage: a task's frames and arguments are let go when the execution is"
NUMBERED = "names count the threads of one run, by who made them"

IN_C = tuple(f"C{kind}" for kind in ("FailingQueue", "LifoQueue", "PriorityQueue", "Queue"))
NEVER = {
    "FailingInitializerResourcesTest.test_forkserver": PROCESSES,
    "FailingInitializerResourcesTest.test_spawn": PROCESSES,
    "InterruptMainTests.test_can_interrupt_tight_loops": TIGHT_LOOP,
    "PySimpleQueueTest.test_many_threads_nonblock": SPINS,
    "CSimpleQueueTest.test_many_threads_nonblock": SPINS,
    "ThreadJoinOnShutdown.test_reinit_tls_after_fork": FORK,
    "ThreadJoinOnShutdown.test_clear_threads_states_after_fork": FORK,
    "ThreadPoolExecutorTest.test_hang_global_shutdown_lock": PROCESSES,
    "ThreadTests.test_PyThreadState_SetAsyncExc": ASYNC_EXC,
    "ThreadTests.test_is_alive_after_fork": FORK,
}
NEVER_SUBSTITUTED = {  # they never end
    f"CSimpleQueueTest.{test}": "C internals: of a second `_queue` in C, which is not the library's"
    for test in ("test_many_threads", "test_many_threads_timeout", "test_order")
}
NEVER_SUBSTITUTED |= {
    f"ThreadPoolAsCompletedTest.{test}": "a clock that is only looked at stands still: "
    "as_completed(timeout=0) looks until it has moved"
    for test in ("test_correct_timeout_exception_msg", "test_free_reference_yielded_future")
}
EVERYWHERE = {
    "ConditionAsRLockTests.test_recursion_count": ITS_OWN_SKIP,
    "InterruptMainTests.test_interrupt_main_mainthread": SIGNALS,
    "InterruptMainTests.test_interrupt_main_noerror": SIGNALS,
    "InterruptMainTests.test_interrupt_main_subthread": SIGNALS,
    "InterruptMainTests.test_interrupt_main_with_signal_handler": SIGNALS,
    "MiscTestCase.test__all__": NAMES,
    "ThreadPoolShutdownTest.test_hang_gh94440": SIGNALS,
    "ThreadTests.test_disallow_instantiation": NOT_IN_C,
}
OVER_COPIES = {**EVERYWHERE, "InterruptMainTests.test_interrupt_main_invalid_signal": SIGNALS}
SUBSTITUTED = {
    **EVERYWHERE,
    "ExceptHookTests.test_custom_excepthook_fail": HOOK,
    "ExceptHookTests.test_excepthook_thread_None": PRIVATE,
    "LockTests.test_at_fork_reinit": FORK,
    "ThreadTests.test_foreign_thread": PRIVATE,
    "ThreadTests.test_ident_of_no_threading_threads": PRIVATE,
    "ThreadTests.test_limbo_cleanup": PRIVATE,
    "ThreadTests.test_name": NUMBERED,
    "ThreadTests.test_no_refcycle_through_target": REFERENCES,
    "ThreadTests.test_repr_stopped": PRIVATE,
    "ThreadTests.test_shutdown_locks": PRIVATE,
    "ThreadTests.test_tstate_lock": PRIVATE,
    "ThreadTests.test_various_ops": PRIVATE,
    "ThreadTests.test_various_ops_large_stack": PRIVATE,
    "ThreadTests.test_various_ops_small_stack": PRIVATE,
}
if sys.version_info < (3, 12):
    OVER_COPIES["ThreadTests.test_debug_deprecation"] = DEBUG
    SUBSTITUTED["ThreadTests.test_debug_deprecation"] = DEBUG
if sys.version_info >= (3, 13):
    OVER_COPIES["ThreadTests.test_foreign_thread"] = LOCALS
    OVER_COPIES["ThreadTests.test_lock_no_subclass"] = NOT_IN_C


def _tests() -> list[tuple[str, str, str]]:
    modules = ["test.test_queue", "test.test_threading"]
    if importlib.util.find_spec("test.test_concurrent_futures"):  # 3.11 and 3.12 do not install it
        of_pools = ("as_completed", "future", "init", "shutdown", "thread_pool", "wait")
        modules += [f"test.test_concurrent_futures.test_{name}" for name in of_pools]
    return [
        (module, kind, method)
        for module in modules
        for kind, method in own_tests_of(module)
        if not kind.startswith(("ProcessPool", "CrossProcess"))
    ]


TESTS = _tests()


@pytest.mark.parametrize(("module", "kind", "method"), TESTS)
def test_over_copies(module: str, kind: str, method: str) -> None:
    excuse = NO_QUEUE_IN_C if kind.startswith((*IN_C, "CSimpleQueue")) else ""
    _check(run_over_copies, module, kind, method, excuse or OVER_COPIES.get(f"{kind}.{method}", ""))


@pytest.mark.parametrize(("module", "kind", "method"), TESTS)
def test_substituted(module: str, kind: str, method: str) -> None:
    if f"{kind}.{method}" in NEVER_SUBSTITUTED:
        pytest.skip(NEVER_SUBSTITUTED[f"{kind}.{method}"])
    _check(run_substituted, module, kind, method, SUBSTITUTED.get(f"{kind}.{method}", ""))


def _check(
    run: Callable[[str, str, str], str], module: str, kind: str, method: str, excuse: str
) -> None:
    name = f"{kind}.{method}"
    if name in NEVER:
        pytest.skip(NEVER[name])
    complaint = run(module, kind, method)
    if excuse:
        assert complaint, f"{name} passes: it needs no excuse"
        pytest.skip(excuse)
    assert not complaint, complaint


def test_every_excuse_is_for_a_test() -> None:
    """A test that is gone, in all versions, takes its excuse with it: here, at least its class."""
    of_pools = {
        "ThreadPoolAsCompletedTest",
        "FailingInitializerResourcesTest",
        "ThreadPoolExecutorTest",
        "ThreadPoolShutdownTest",
    }
    kinds = {kind for _, kind, _ in TESTS} | of_pools
    assert {name.partition(".")[0] for name in (*NEVER, *OVER_COPIES, *SUBSTITUTED)} <= kinds
