"""The chapter's FetchUrls with nothing modelled: threads, a list, a file, and pages from a server.

models/fetch_urls.py has the same mistakes on objects that the explorer sees. Here it is a real list
that is emptied, a real file whose pages are torn and a real fetch that fails, and what the explorer
found is not left to luck: where two threads must meet for it, they meet at a barrier.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

import verify

LINES = 500
"""Of a page: more than a file keeps back before it writes."""
RUNS = 10

Fetch = Callable[[str], list[bytes]]


class Pages(BaseHTTPRequestHandler):
    """A page for every address, of lines that bear its name; none for the one that is gone."""

    def do_GET(self) -> None:
        if self.path == "/gone":
            self.send_error(404)
            return
        page = (self.path.encode() + b"\n") * LINES
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def fetch() -> Iterator[Fetch]:
    """What fetches a page from a server on the loopback: its lines. HTTPError if there is none."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        opener = build_opener(ProxyHandler({}))

        def get(name: str) -> list[bytes]:
            with opener.open(f"http://127.0.0.1:{server.server_port}/{name}", timeout=30) as page:
                return list(page)

        try:
            yield get
        finally:
            server.shutdown()
            serving.join()


def pages(file: Path) -> list[str]:
    """The pages in a file, as far as each is whole."""
    lines = file.read_text().split()
    whole = []
    while lines:
        name, page = lines[0], lines[:LINES]
        if set(page) == {name} and len(page) == LINES:
            whole.append(name.removeprefix("/"))
        lines = lines[LINES:]
    return whole


class FetchUrls(verify.Thread):
    """Fetches what is in its list and writes it to a file that it shares, under a lock."""

    def __init__(self, fetch: Fetch, urls: list[str], output: BinaryIO, lock: verify.Lock) -> None:
        super().__init__()
        self.fetch = fetch
        self.urls = urls
        self.output = output
        self.lock = lock

    def run(self) -> None:
        while True:
            with self.lock:
                if not self.urls:
                    return
                url = self.urls.pop()
            try:
                page = self.fetch(url)
            except HTTPError:
                continue
            with self.lock:
                self.output.writelines(page)


def together(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def test_a_list_and_a_file_under_a_lock(fetch: Fetch, tmp_path: Path) -> None:
    """Every page once, and whole, and nothing for the address that is gone."""
    file, names = tmp_path / "output.txt", ["news", "gone", "mail", "maps", "blog"]

    def program() -> None:
        urls, lock = list(names), verify.Lock()
        with file.open("wb") as output:
            together(*(FetchUrls(fetch, urls, output, lock) for _ in range(3)))
        assert not urls
        assert sorted(pages(file)) == sorted(set(names) - {"gone"})

    report = verify.stress(program, on="threads", iterations=RUNS)
    assert (report.runs, report.failures) == (RUNS, {})


def test_a_list_that_is_emptied_between_look_and_pop(fetch: Fetch) -> None:
    def program() -> None:
        urls, both_looked = ["news"], verify.Barrier(2)

        def look_and_pop() -> None:
            if urls:
                both_looked.wait()
                fetch(urls.pop())

        together(*(verify.Thread(target=look_and_pop) for _ in range(2)))

    report = verify.stress(program, on="threads", iterations=RUNS)
    assert report.failures == {"exception": RUNS}
    assert "pop from empty list" in report.first[0].message


def test_pages_that_are_torn(fetch: Fetch, tmp_path: Path) -> None:
    """Each writes half of its page before either writes the other half."""
    file = tmp_path / "output.txt"

    def program() -> None:
        half_way = verify.Barrier(2)
        with file.open("wb", buffering=0) as output:

            def write(name: str) -> None:
                page = fetch(name)
                output.write(b"".join(page[: LINES // 2]))
                half_way.wait()
                output.write(b"".join(page[LINES // 2 :]))

            together(*(verify.Thread(target=write, args=(name,)) for name in ("news", "mail")))
        assert sorted(pages(file)) == ["mail", "news"]

    report = verify.stress(program, on="threads", iterations=RUNS)
    assert report.failures == {"assertion": RUNS}


@pytest.mark.parametrize("careful", [False, True])
def test_a_lock_that_a_failed_fetch_leaves_locked(
    fetch: Fetch, tmp_path: Path, careful: bool
) -> None:
    """The fetch fails between acquire and release: whoever comes next waits for ever."""
    file = tmp_path / "output.txt"

    def program() -> None:
        lock = verify.Lock()
        with file.open("wb") as output:

            def fetch_and_write(name: str) -> None:
                lock.acquire()
                try:
                    page = fetch(name)
                except HTTPError:
                    if careful:
                        lock.release()
                    return
                output.writelines(page)
                lock.release()

            for name in ("gone", "mail"):
                together(verify.Thread(target=fetch_and_write, args=(name,), name=name))
        assert pages(file) == ["mail"]

    report = verify.stress(program, on="threads", iterations=3)
    assert report.failures == ({} if careful else {"deadlock": 3})


def test_the_page_before_written_again(fetch: Fetch, tmp_path: Path) -> None:
    """One thread is enough: what a failed fetch did not assign is what the last one did."""
    file = tmp_path / "output.txt"

    def program() -> None:
        def write_whatever_there_is() -> None:
            with file.open("wb") as output:
                for name in ("news", "gone"):
                    try:
                        page = fetch(name)
                    except HTTPError as error:
                        assert error.code == 404
                    output.writelines(page)

        together(verify.Thread(target=write_whatever_there_is))
        assert pages(file) == ["news"]

    report = verify.stress(program, on="threads", iterations=3)
    assert report.failures == {"assertion": 3}
    assert pages(file) == ["news", "news"]
