"""verify.Manager: one program explored, where its messages are operations, and run as it is, where
they go through a socket."""

from __future__ import annotations

import gc
import queue
from collections.abc import Callable, Iterator
from multiprocessing import AuthenticationError, ProcessError
from pathlib import Path
from typing import Any

import pytest

import verify
from tests.processes.watching import children, open_files, until
from tests.unit.turns import trace_along

KEY = b"abc"


class QueueManager(verify.Manager):
    """What a client knows."""


QueueManager.register("get_queue")


def manager_of(made: Callable[[], Any]) -> verify.Manager:
    """A manager that serves this."""

    class Serving(verify.Manager):
        pass

    Serving.register("get_queue", callable=made)
    return Serving(address=("", 0), authkey=KEY)


def explored(program: Callable[[], object]) -> None:
    report = verify.explore(program, stop_at_first=False)
    assert report.verdict.name == "PROVED", report.failures


def for_real(program: Callable[[], object]) -> None:
    files, born = open_files(), children()
    program()
    gc.collect()  # exceptions that were caught know the proxies, and these their connections
    until(lambda: children() == born)
    assert open_files() == files


@pytest.fixture(params=[explored, for_real])
def carry(request: pytest.FixtureRequest) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Runs a program in both ways; it shuts its manager down."""
    yield request.param


def test_a_queue_is_served(carry: Any) -> None:
    """A worker that knows the address and the key takes from it and puts into it."""

    def work(address: tuple[str, int]) -> None:
        manager = QueueManager(address=address, authkey=KEY)
        manager.connect()
        served = manager.get_queue()
        served.put(served.get() + 1)

    def program() -> None:
        served = verify.Queue[int](shared=False)
        with manager_of(lambda: served) as manager:
            proxy = manager.get_queue()
            proxy.put(1)
            worker = verify.Process(target=work, args=(manager.address,))
            worker.start()
            worker.join()
            assert worker.exitcode == 0
            assert proxy.get() == 2
            assert manager.get_queue().empty()

    carry(program)


def test_the_original_is_nobodys(carry: Any) -> None:
    """First in is first out: had the first item been put into the server's queue, it would come."""

    def program() -> None:
        raw = verify.Queue[int](shared=False)
        with manager_of(lambda: raw) as manager:
            raw.put(1)
            proxy = manager.get_queue()
            proxy.put(2)
            assert proxy.get() == 2
            assert proxy.empty()
            assert raw.qsize() == 1

    carry(program)


def test_a_waiting_client_keeps_nobody_waiting(carry: Any) -> None:
    """Its get is answered by the put of another."""

    def take(proxy: Any) -> None:
        assert proxy.get() == 1

    def program() -> None:
        served = verify.Queue[int](shared=False)
        with manager_of(lambda: served) as manager:
            proxy = manager.get_queue()
            taker = verify.Process(target=take, args=(proxy,))
            taker.start()
            proxy.put(1)
            taker.join()
            assert taker.exitcode == 0

    carry(program)


def test_a_manager_goes_along(carry: Any) -> None:
    """A process that its parent's variables reach needs no address."""

    def program() -> None:
        served = verify.Queue[int](shared=False)
        with manager_of(lambda: served) as manager:
            worker = verify.Process(target=lambda: manager.get_queue().put(1))
            worker.start()
            assert manager.get_queue().get() == 1
            worker.join()

    carry(program)


def test_exceptions_come_back(carry: Any) -> None:
    def program() -> None:
        served = verify.Queue[int](shared=False)
        with manager_of(lambda: served) as manager:
            with pytest.raises(queue.Empty):
                manager.get_queue().get_nowait()
            with pytest.raises(AttributeError):
                manager.get_queue().no_such_method()

    carry(program)


def test_what_is_said_is_a_copy(carry: Any) -> None:
    def program() -> None:
        with manager_of(list) as manager:
            proxy, item = manager.get_queue(), [1]
            proxy.append(item)
            item.append(2)
            proxy.append(3)
            assert proxy.pop() == 3
            assert proxy.pop() == [1]
            proxy.append(4)
            assert manager.get_queue().copy() == []  # made anew: what is registered makes lists

    carry(program)


def test_two_ways_to_one_server(carry: Any) -> None:
    """What one of them has had made is another object than what the other one has."""

    def program() -> None:
        with manager_of(list) as manager:
            first = manager.get_queue()
            other = QueueManager(address=manager.address, authkey=KEY)
            other.connect()
            second = other.get_queue()
            first.append(1)
            second.append(2)
            assert (first.pop(), second.pop()) == (1, 2)

    carry(program)


def test_the_initializer_comes_first(carry: Any) -> None:
    def program() -> None:
        served = verify.Queue[int](shared=False)
        manager = manager_of(lambda: served)
        manager.start(served.put, (7,))
        assert manager.get_queue().get() == 7
        assert served.empty()
        manager.shutdown()

    carry(program)


def test_another_key(carry: Any) -> None:
    def program() -> None:
        with manager_of(list) as manager:
            host, port = manager.address
            stranger = QueueManager(address=manager.address, authkey=b"abd")
            with pytest.raises(AuthenticationError, match=f"manager at {host}:{port} refused"):
                stranger.connect()
            assert manager.get_queue().copy() == []

    carry(program)


def test_shut_down(carry: Any) -> None:
    def program() -> None:
        manager = manager_of(list)
        manager.start()
        proxy = manager.get_queue()
        proxy.append(1)
        manager.shutdown()
        manager.shutdown()
        with pytest.raises((EOFError, ConnectionError)):
            proxy.append(2)
        client = QueueManager(address=manager.address, authkey=KEY)
        with pytest.raises(ConnectionRefusedError, match="no manager listens at"):
            client.connect()

    carry(program)


def test_out_of_turn(carry: Any) -> None:
    def program() -> None:
        manager = manager_of(list)
        manager.shutdown()
        with pytest.raises(AssertionError, match="not yet started"):
            manager.get_queue()
        with pytest.raises(AttributeError, match="registered: get_queue"):
            manager.get_list()
        with manager:
            assert manager.address[1] != 0
            with pytest.raises(ProcessError, match="Already started"):
                manager.start()

    carry(program)


@pytest.mark.parametrize("host", ["0.0.0.0", "8.8.8.8", "example.org", "127.0.0.1.example.org"])
def test_only_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match=f"{host}.*use '127.0.0.1'"):
        verify.Manager(address=(host, 5000))


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1"])
def test_names_of_this_machine(host: str) -> None:
    assert verify.Manager(address=(host, 5000)).address == ("127.0.0.1", 5000)


def test_a_key_is_bytes() -> None:
    with pytest.raises(TypeError, match="must be bytes, not 'abc'"):
        verify.Manager(authkey="abc")  # type: ignore[arg-type]


def test_what_explored_processes_share_is_not_served_as_a_copy() -> None:
    """Behind the manager's back it would be seen when explored, and not for real."""
    served = verify.Queue[int]()
    with manager_of(lambda: served) as manager, pytest.raises(Exception, match="shared=False"):
        manager.get_queue()


def test_a_client_waits_for_a_server_that_is_shut_down() -> None:
    """In some order it is told so in the middle of its call, in another before it is let in; and
    in one it has got what it wanted."""
    told = []

    def work(address: tuple[str, int], told: Any) -> None:
        try:
            manager = QueueManager(address=address, authkey=KEY)
            manager.connect()
            manager.get_queue()
        except (EOFError, ConnectionRefusedError) as error:
            told.append(type(error))
        else:
            told.append(None)

    def program() -> None:
        manager = manager_of(list)
        manager.start()
        worker = verify.Thread(target=work, args=(manager.address, told))
        worker.start()
        manager.shutdown()
        worker.join()

    explored(program)
    assert set(told) == {EOFError, ConnectionRefusedError, None}


def test_an_explored_manager_is_found_by_its_address() -> None:
    def program() -> None:
        QueueManager(address=("127.0.0.1", 5000), authkey=KEY).connect()

    report = verify.explore(program)
    assert [failure.kind for failure in report.failures] == ["misuse"]
    assert "hand `manager.address` on" in report.failures[0].message


def test_who_waits_for_a_server_at_work() -> None:
    """Main waits for the thread that serves it, and that one for the lock that main has."""

    def program() -> None:
        lock = verify.Lock()
        with manager_of(lambda: lock) as manager:
            proxy = manager.get_queue()
            lock.acquire()
            proxy.acquire()

    diagnosis = trace_along(program).diagnosis
    assert diagnosis.startswith(
        "They wait for one another in a cycle: main waits for the answer of Serving.serve-1 ("
    )
    assert "and Serving.serve-1 waits for main on lock" in diagnosis
    assert diagnosis.endswith("Letting go of the lock before asking would do.")


def test_a_server_with_nothing_to_do_is_not_to_blame() -> None:
    """There are two of its threads, and its listener; one thread has been asked for something."""

    def idle(proxy: Any) -> None:
        proxy.qsize()

    def program() -> None:
        served = verify.Queue[int]()
        with manager_of(lambda: served) as manager:
            proxy = manager.get_queue()
            worker = verify.Process(target=idle, args=(proxy,))
            worker.start()
            worker.join()
            proxy.get()

    assert trace_along(program).diagnosis == (
        "Serving.serve-1 waits for an item from served, which is empty, and nobody is left to put "
        "one. A last item for each taker, that says so, would do."
    )


@pytest.mark.parametrize("on", ["threads", "processes", "coroutines"])
def test_stress_refuses_it_by_name(on: Any) -> None:
    def program() -> None:
        QueueManager(authkey=KEY)

    report = verify.stress(program, on=on, iterations=1)
    assert "QueueManager is a Manager" in report.refusal


def test_nobody_needs_sockets_before(tmp_path: Path) -> None:
    """Importing what names the class is cheap: the library of managers comes with the server."""
    import subprocess
    import sys

    code = "import sys, verify; verify.Manager; print('multiprocessing.managers' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
