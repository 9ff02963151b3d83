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

from tests.fidelity.own_tests import SEED, own_tests_of, run_over_copies, run_substituted

pytestmark = [pytest.mark.nightly, pytest.mark.filterwarnings("ignore")]

SIGNALS = "signals: a task of the explorer is not where the interpreter runs a handler"
NOT_IN_C = "C internals: `_thread.lock` is a class in Python, which can be made and subclassed"
DERIVED = "C internals: derives a class from the type in C of an RLock, which has no public name"
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
HOOK_IN_C = "C internals: the library's hook is in C, and tells the number of the real thread"
HOOK = "a task that ends with an exception has failed, whatever becomes of it in a hook"
PRIVATE = "private parts of threading.py, which nothing fills while its threads are verify's"
REFERENCES = "garbage: frames, arguments and results are let go when the execution is"
EXECUTORS = "garbage: an executor lives as long as the execution, so that its workers are not told"
NUMBERED = "names count the threads of one run, by who made them"

KINDS_OF_QUEUES = ("FailingQueue", "LifoQueue", "PriorityQueue", "Queue", "SimpleQueue")
OF_C = tuple(f"C{kind}" for kind in KINDS_OF_QUEUES)
NEVER = {
    "FailingInitializerResourcesTest.test_forkserver": PROCESSES,
    "FailingInitializerResourcesTest.test_spawn": PROCESSES,
    "InterruptMainTests.test_can_interrupt_tight_loops": TIGHT_LOOP,
    "ThreadJoinOnShutdown.test_reinit_tls_after_fork": FORK,
    "ThreadJoinOnShutdown.test_clear_threads_states_after_fork": FORK,
    "ThreadPoolExecutorTest.test_hang_global_shutdown_lock": PROCESSES,
    "ThreadTests.test_PyThreadState_SetAsyncExc": ASYNC_EXC,
    "ThreadTests.test_is_alive_after_fork": FORK,
}
NEVER_OVER_COPIES = {**NEVER, "PySimpleQueueTest.test_many_threads_nonblock": SPINS}
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
    "CSimpleQueueTest.test_references": REFERENCES,
    "ExceptHookTests.test_custom_excepthook_fail": HOOK,
    "ExceptHookTests.test_excepthook_thread_None": HOOK_IN_C,
    "ThreadPoolExecutorTest.test_free_reference": REFERENCES,
    "ThreadPoolExecutorTest.test_no_stale_references": REFERENCES,
    "ThreadPoolShutdownTest.test_del_shutdown": EXECUTORS,
    "ThreadPoolShutdownTest.test_thread_names_assigned": EXECUTORS,
    "ThreadPoolShutdownTest.test_thread_names_default": EXECUTORS,
    "ThreadTests.test_foreign_thread": PRIVATE,
    "ThreadTests.test_limbo_cleanup": PRIVATE,
    "ThreadTests.test_name": NUMBERED,
    "ThreadTests.test_no_refcycle_through_target": REFERENCES,
    "ThreadTests.test_shutdown_locks": PRIVATE,
    "ThreadTests.test_tstate_lock": PRIVATE,
}
if sys.version_info < (3, 12):
    OVER_COPIES["ThreadTests.test_debug_deprecation"] = DEBUG
    SUBSTITUTED["ThreadTests.test_debug_deprecation"] = DEBUG
if sys.version_info < (3, 13):
    SUBSTITUTED["ThreadTests.test_ident_of_no_threading_threads"] = PRIVATE
if sys.version_info >= (3, 13):
    OVER_COPIES["ThreadTests.test_foreign_thread"] = LOCALS
    OVER_COPIES["ThreadTests.test_lock_no_subclass"] = NOT_IN_C
    SUBSTITUTED["CRLockTests.test_signature"] = DERIVED


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

SEEDS = {"ThreadPoolExecutorTest.test_idle_thread_reuse": 2}
"""Where a test asks for what most schedules show: a worker is idle by the time of the next call."""


@pytest.mark.parametrize(("module", "kind", "method"), TESTS)
def test_over_copies(module: str, kind: str, method: str) -> None:
    name = f"{kind}.{method}"
    excuses = {name: NO_QUEUE_IN_C} if kind.startswith(OF_C) else OVER_COPIES
    _check(name, NEVER_OVER_COPIES, excuses, lambda: run_over_copies(module, kind, method))


@pytest.mark.parametrize(("module", "kind", "method"), TESTS)
def test_substituted(module: str, kind: str, method: str) -> None:
    name = f"{kind}.{method}"
    seed = SEEDS.get(name, SEED)
    _check(name, NEVER, SUBSTITUTED, lambda: run_substituted(module, kind, method, seed))


def _check(
    name: str, never: dict[str, str], excuses: dict[str, str], run: Callable[[], str]
) -> None:
    if name in never:
        pytest.skip(never[name])
    complaint = run()
    if name in excuses:
        assert complaint, f"{name} passes: it needs no excuse"
        pytest.skip(excuses[name])
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
    assert {
        name.partition(".")[0] for name in (*NEVER_OVER_COPIES, *OVER_COPIES, *SUBSTITUTED)
    } <= kinds
