"""The battery: Descriptor.

A wait that finds data is a read, one that does not is a write and leaves once woken; a take that
gets something is a write, one that gets nothing a read; a delivery is a write.
"""

from __future__ import annotations

import errno
import os
import threading

import pytest

import verify
from tests.schedulers.running import run
from verify.sync.descriptor import DELIVER, Channel, Use


@pytest.fixture(params=["all", "one"])
def wake(request):
    return request.param


def test_units_are_taken_as_far_as_they_go(carry, wake):
    def program():
        descriptor = verify.Descriptor(wake)
        got = [descriptor.take(), descriptor.ready()]
        descriptor.deliver(3)
        descriptor.deliver()
        got += [descriptor.ready(), descriptor.wait(), descriptor.take()]
        got += [descriptor.take(5), descriptor.take(5), descriptor.ready()]
        return tuple(got)

    carry(program, 1, {(0, False, True, True, 1, 3, 0, False)})


def test_one_sleeps_until_something_is_delivered(carry, wake):
    def program():
        descriptor, got = verify.Descriptor(wake), verify.Shared(None)

        def take():
            assert descriptor.wait()
            got.value = descriptor.take()

        run(take, descriptor.deliver)
        return got.value

    # The wait before or after the delivery.
    carry(program, 2, {1})


def test_coming_for_nothing_is_only_a_look(carry, wake):
    def program():
        descriptor = verify.Descriptor(wake)
        run(descriptor.take, descriptor.take)

    # Two reads.
    carry(program, 1)


def _two_takers(wake):
    def program():
        descriptor = verify.Descriptor(wake)

        def take():
            descriptor.wait()
            assert descriptor.take() == 1

        run(take, take, lambda: descriptor.deliver(2))
        return descriptor.take()

    return program


def test_a_delivery_for_two_wakes_all(carry):
    # Nobody asleep: two reads, two takes in either order, the later taker's read before or after
    # the first take: 4. One asleep (either): the other's read and take fall around its take in
    # three ways: 6. Both asleep, in either order, and the takes in either: 4.
    carry(_two_takers("all"), 14, {0})


def test_wake_one_for_two_leaves_one_asleep(exactly):
    # As above, but where both are asleep (in either order) only the first is woken.
    assert exactly(_two_takers("one"), {"ok": 10, "deadlock": 2}) == {0}


def test_the_herd_comes_for_nothing(exactly):
    def program():
        descriptor, taken = verify.Descriptor("all"), verify.Atomic(0)

        def take():
            descriptor.wait()
            taken.add(descriptor.take())

        run(take, take, descriptor.deliver)
        assert taken.load() == 1
        return descriptor.wakeups

    # Both asleep, in either order: both are woken, either takes the unit, the other comes for
    # nothing: 4. One asleep (either): the other looks before the unit is gone, and either takes it,
    # or looks too late and sleeps for ever: 2 and 1. Nobody asleep: either takes the unit, and the
    # other has looked before or sleeps for ever: 1 and 1. Where both end, both have added to the
    # sum, the one that took first or last: twice as many.
    assert exactly(program, {"ok": 20, "deadlock": 4}) == {0, 1, 2}


def test_wake_one_wakes_who_has_slept_longest():
    asleep = Channel(data=0, waiting=(3, 1, 2), released=())
    _, (after,) = DELIVER["one"].step((asleep,), 0, Use(5, 0, False))
    assert after == Channel(data=5, waiting=(1, 2), released=(3,))
    _, (after,) = DELIVER["all"].step((asleep,), 0, Use(1, 0, False))
    assert after == Channel(data=1, waiting=(), released=(3, 1, 2))


def test_a_time_out_beside_a_delivery(carry, wake):
    def program():
        descriptor, woken = verify.Descriptor(wake), verify.Shared(None)

        def wait():
            woken.value = descriptor.wait(0.001)

        run(wait, descriptor.deliver)
        return woken.value, descriptor.take()

    # Asleep, given up, delivered; asleep, delivered, woken; delivered, seen.
    carry(program, 3, {(True, 1), (False, 1)})


def test_numbers_and_words_that_make_no_sense(carry, wake):
    def program():
        descriptor = verify.Descriptor(wake)
        for call in (descriptor.deliver, descriptor.take):
            with pytest.raises(ValueError, match="one or more"):
                call(0)
        with pytest.raises(ValueError, match="'some'"):
            verify.Descriptor("some")
        return descriptor.ready()

    carry(program, 1, {False})


class TestClosing:
    """A process has one entry for a descriptor, which its threads share and its children copy."""

    def test_who_has_closed_it_can_do_nothing_with_it(self, carry):
        def program():
            descriptor = verify.Descriptor()
            descriptor.deliver()
            descriptor.close()
            descriptor.close()
            refused = []
            for use in (descriptor.take, descriptor.wait, descriptor.ready, descriptor.deliver):
                try:
                    use()
                except OSError as error:
                    refused.append(error.errno)
            return tuple(refused)

        carry(program, 1, {(errno.EBADF,) * 4})

    def test_a_thread_closes_it_for_all_threads(self, carry):
        def program():
            descriptor = verify.Descriptor()
            descriptor.deliver()
            closing = verify.Thread(target=descriptor.close)
            closing.start()
            try:
                got = descriptor.take()
            except OSError as error:
                got = error.errno
            closing.join()
            with pytest.raises(OSError, match="Bad file descriptor"):
                descriptor.take()
            return got

        # The close before or after the take.
        carry(program, 2, {1, errno.EBADF})

    @pytest.mark.parametrize("carry", ["explored", "processes"], indirect=True)
    def test_a_child_closes_it_for_itself_alone(self, carry):
        def program():
            descriptor, refused = verify.Descriptor(), verify.Shared(0)
            descriptor.deliver()

            def child():
                descriptor.close()
                thread = verify.Thread(target=use)
                thread.start()
                thread.join()

            def use():
                try:
                    descriptor.take()
                except OSError as error:
                    refused.value = error.errno

            closing = verify.Process(target=child)
            closing.start()
            closing.join()
            return descriptor.take(), refused.value

        carry(program, 1, {(1, errno.EBADF)})

    @pytest.mark.parametrize("carry", ["explored", "processes"], indirect=True)
    def test_a_child_has_it_as_its_parent_had(self, carry):
        """Closed by the parent before the start it is closed; closed after that it is not."""

        def program():
            first, second, seen = verify.Descriptor(), verify.Descriptor(), verify.Shared(())
            go_on = verify.Semaphore(0)
            for descriptor in (first, second):
                descriptor.deliver()

            def child():
                go_on.acquire()
                try:
                    first.take()
                except OSError as error:
                    seen.value = (error.errno, second.take())

            first.close()
            inherits = verify.Process(target=child)
            inherits.start()
            second.close()
            go_on.release()
            inherits.join()
            return seen.value

        carry(program, 1, {(errno.EBADF, 1)})


def test_closing_is_what_it_is_for_the_operating_system():
    """The same with a pipe: a thread closes for all, a child for itself."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os._exit(0)
    os.waitpid(child, 0)
    os.write(writing, b"ab")
    assert os.read(reading, 1) == b"a"
    thread = threading.Thread(target=os.close, args=(reading,))
    thread.start()
    thread.join()
    with pytest.raises(OSError, match="Bad file descriptor") as refused:
        os.read(reading, 1)
    assert refused.value.errno == errno.EBADF
    os.close(writing)
