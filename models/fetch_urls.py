"""Threads that share a list and a file: fetching pages, and five things that go wrong.

Each thread takes addresses from a list until it is empty, fetches the page and writes it to a file
that all threads share. The list itself is sound: looking whether it is empty is one step and `pop`
is another. What is between two sound steps is the trouble. `while urls: urls.pop()` looks, and by
the time it pops, another thread may have taken the last one. A page that is written in two pieces
may get a piece of another page in its middle. A lock cures both, if it is let go on *every* way
out: an exception between `acquire` and `release` leaves it locked for ever; `with` does not. And
one mistake needs no second thread: after a failed fetch the variable still holds the page before.

The list and the file are made of the harness's objects, so that each step on them is seen.

To try: let `carefully` release the lock while it fetches. Where must it take it again?
"""

import queue
from contextlib import suppress

import verify

HEADING = "2.1 Threads in Python"

NEWS, MAIL, GONE = "news.example", "mail.example", "gone.example"


class FetchFailed(Exception):
    """Nobody answers there."""


class Urls:
    """A list of addresses: `if urls` is one step, `urls.pop()` is one."""

    def __init__(self, *urls: str) -> None:
        self.urls: verify.LifoQueue[str] = verify.LifoQueue()
        for url in urls:
            self.urls.put(url)

    def __bool__(self) -> bool:
        return not self.urls.empty()

    def pop(self) -> str:
        try:
            return self.urls.get_nowait()
        except queue.Empty:
            raise IndexError("pop from empty list") from None


class File:
    """A file: whoever writes a page writes it in two pieces."""

    def __init__(self) -> None:
        self.pieces = verify.Atomic[tuple[str, ...]](())

    def write(self, page: str) -> None:
        self.pieces.add((f"<{page}>",))
        self.pieces.add((f"</{page}>",))

    def pages(self) -> list[str]:
        """The pages in it; AssertionError if one is torn."""
        pieces = self.pieces.load()
        for begin, end in zip(pieces[::2], pieces[1::2], strict=True):
            assert end == begin.replace("<", "</"), f"{begin} is followed by {end}"
        return [begin[1:-1] for begin in pieces[::2]]


def fetch(url: str) -> str:
    if url == GONE:
        raise FetchFailed(url)
    return f"page of {url}"


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def look_and_pop(urls: Urls, fetched: verify.Atomic[int]) -> None:
    while urls:
        fetch(urls.pop())
        fetched.add(1)


def pop_and_see(urls: Urls, fetched: verify.Atomic[int]) -> None:
    while True:
        try:
            url = urls.pop()
        except IndexError:
            return
        fetch(url)
        fetched.add(1)


def write_one(url: str, file: File) -> None:
    file.write(fetch(url))


def write_one_locked(url: str, file: File, lock: verify.Lock) -> None:
    page = fetch(url)
    with lock:
        file.write(page)


def acquire_and_release(url: str, file: File, lock: verify.Lock) -> None:
    with suppress(FetchFailed):  # the next address, please
        lock.acquire()
        file.write(fetch(url))
        lock.release()


def acquire_and_finally_release(url: str, file: File, lock: verify.Lock) -> None:
    with suppress(FetchFailed):
        lock.acquire()
        try:
            file.write(fetch(url))
        finally:
            lock.release()


def write_whatever_there_is(urls: Urls, file: File) -> None:
    while urls:
        url = urls.pop()
        with suppress(FetchFailed):
            page = fetch(url)
        file.write(page)


def carefully(urls: Urls, file: File, lock: verify.Lock) -> None:
    while True:
        with lock:
            if not urls:
                return
            try:
                file.write(fetch(urls.pop()))
            except FetchFailed:
                continue


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(expect="exception", classes=4)
def emptied_list() -> None:
    """Wrong: both look while there is one address left, and both pop."""
    urls, fetched = Urls(NEWS), verify.Atomic(0)
    run(*(verify.Thread(target=look_and_pop, args=(urls, fetched)) for _ in range(2)))


@verify.model(classes=6)
def asked_for_forgiveness() -> None:
    """Right: `pop` is one step, so it is asked whether there was one."""
    urls, fetched = Urls(NEWS, MAIL), verify.Atomic(0)
    run(*(verify.Thread(target=pop_and_see, args=(urls, fetched)) for _ in range(2)))
    assert fetched.load() == 2


# 4 pieces, 2 of each page in their order: 6 ways, of which 2 keep the pages whole.
@verify.model(expect="assertion", classes=6)
def torn_pages() -> None:
    """Wrong: a piece of one page comes between the two of another."""
    file = File()
    run(*(verify.Thread(target=write_one, args=(url, file)) for url in (NEWS, MAIL)))
    assert len(file.pages()) == 2


@verify.model(classes=2)
def whole_pages() -> None:
    """Right: a page is written under a lock."""
    file, lock = File(), verify.Lock()
    run(*(verify.Thread(target=write_one_locked, args=(url, file, lock)) for url in (NEWS, MAIL)))
    assert len(file.pages()) == 2


# Whoever is first: if it is the one that fails, the other waits for ever.
@verify.model(expect="deadlock", classes=2)
def stranded_lock() -> None:
    """Wrong: an exception between `acquire` and `release` leaves the lock locked."""
    file, lock = File(), verify.Lock()
    run(
        *(verify.Thread(target=acquire_and_release, args=(url, file, lock)) for url in (GONE, MAIL))
    )


@verify.model(classes=2)
def lock_let_go() -> None:
    """Right: `finally`, or `with`, lets it go on every way out."""
    file, lock = File(), verify.Lock()
    run(
        *(
            verify.Thread(target=acquire_and_finally_release, args=(url, file, lock))
            for url in (GONE, MAIL)
        )
    )
    assert len(file.pages()) == 1


@verify.model(expect="assertion", classes=1)
def last_page_again() -> None:
    """Wrong: the address that fails gets the page of the one before. One thread is enough."""
    urls, file = Urls(GONE, NEWS), File()
    run(verify.Thread(target=write_whatever_there_is, args=(urls, file)))
    assert len(file.pages()) == 1, "a page was written twice"


@verify.model(classes=16)
def one_at_a_time() -> None:
    """Right: look, pop and write are one step for everybody else, and a failure writes nothing."""
    urls, file, lock = Urls(GONE, NEWS, MAIL), File(), verify.Lock()
    run(*(verify.Thread(target=carefully, args=(urls, file, lock)) for _ in range(2)))
    assert sorted(file.pages()) == [f"page of {url}" for url in (MAIL, NEWS)]
