"""Calls back: observers, subscribers, timers, and which locks are held meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.idioms.programs.tasks import run


class Subject:
    """Calls its observers under its lock; they may call it again, since the lock is reentrant."""

    def __init__(self) -> None:
        self.lock = self.new_lock()
        self.value = 0
        self.observers: list[Callable[[], object]] = []

    def new_lock(self) -> threading.Lock | threading.RLock:
        return threading.RLock()

    def set(self, value: int) -> None:
        with self.lock:
            self.value = value
            for observer in self.observers:
                observer()

    def get(self) -> int:
        with self.lock:
            return self.value


class SubjectWithPlainLock(Subject):
    def new_lock(self) -> threading.Lock | threading.RLock:
        return threading.Lock()


def _observed(subject: Subject) -> None:
    seen: list[int] = []
    subject.observers.append(lambda: seen.append(subject.get()))
    run(lambda: subject.set(1), lambda: subject.set(2))
    assert sorted(seen) == [1, 2]


def reentrant_observer() -> None:
    _observed(Subject())


def observer_and_plain_lock() -> None:
    _observed(SubjectWithPlainLock())


class Topic:
    """Copies the list of its subscribers under the lock, and calls them without it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.subscribers: list[Callable[[str], object]] = []

    def subscribe(self, subscriber: Callable[[str], object]) -> None:
        with self.lock:
            self.subscribers.append(subscriber)

    def unsubscribe(self, subscriber: Callable[[str], object]) -> None:
        with self.lock:
            self.subscribers.remove(subscriber)

    def publish(self, message: str) -> None:
        with self.lock:
            subscribers = list(self.subscribers)
        for subscriber in subscribers:
            subscriber(message)


class TopicIteratedLive(Topic):
    """A subscriber that goes meanwhile makes the next one be passed over."""

    def publish(self, message: str) -> None:
        for subscriber in self.subscribers:
            subscriber(message)


def _published(topic: Topic) -> None:
    first: list[str] = []
    second: list[str] = []
    topic.subscribe(first.append)
    topic.subscribe(second.append)
    leaving = topic.subscribers[0]
    run(lambda: topic.publish("hello"), lambda: topic.unsubscribe(leaving))
    assert second == ["hello"], "passed over"


def publish_a_copy() -> None:
    _published(Topic())


def publish_live() -> None:
    _published(TopicIteratedLive())


class Taxi:
    """An open call: the dispatcher is told when the taxi's own lock is free again."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.lock = threading.Lock()
        self.dispatcher = dispatcher
        self.place = "station"

    def arrive(self, place: str) -> None:
        with self.lock:
            self.place = place
        self.dispatcher.note_free(self)

    def where(self) -> str:
        with self.lock:
            return self.place


class TaxiThatTellsLocked(Taxi):
    def arrive(self, place: str) -> None:
        with self.lock:
            self.place = place
            self.dispatcher.note_free(self)


class Dispatcher:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.taxis: list[Taxi] = []
        self.free: list[Taxi] = []

    def note_free(self, taxi: Taxi) -> None:
        with self.lock:
            self.free.append(taxi)

    def map(self) -> list[str]:
        with self.lock:
            return [taxi.where() for taxi in self.taxis]


def _mapped(kind: type[Taxi]) -> None:
    dispatcher = Dispatcher()
    taxi = kind(dispatcher)
    dispatcher.taxis.append(taxi)
    run(lambda: taxi.arrive("airport"), dispatcher.map)
    assert dispatcher.free == [taxi]


def open_call() -> None:
    _mapped(Taxi)


def call_under_a_lock() -> None:
    _mapped(TaxiThatTellsLocked)


class Debouncer:
    """Whoever takes the pending work out, the timer or flush, does it: nobody else can."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pending: list[str] = []
        self.saved: list[str] = []
        self.timer: threading.Timer | None = None

    def change(self, text: str) -> None:
        self.pending.append(text)
        self.timer = threading.Timer(0.1, self.save)
        self.timer.start()

    def save(self) -> None:
        with self.lock:
            pending, self.pending = self.pending, []
            self.saved.extend(pending)

    def flush(self) -> None:
        assert self.timer is not None
        self.timer.cancel()
        self.save()


class DebouncerThatTrustsCancel(Debouncer):
    """Takes it that a cancelled timer has not begun."""

    def save(self) -> None:
        self.saved.extend(self.pending)
        self.pending = []


def _saved_once(debouncer: Debouncer) -> None:
    debouncer.change("draft")
    debouncer.flush()
    assert debouncer.timer is not None
    debouncer.timer.join()
    assert debouncer.saved == ["draft"], "saved twice"


def timer_cancelled() -> None:
    _saved_once(Debouncer())


def timer_trusted() -> None:
    _saved_once(DebouncerThatTrustsCancel())
