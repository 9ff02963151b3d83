"""What the code of a task asks for, point by point, so that no run has to begin at the beginning.

A task is a generator and cannot be copied where it stands. But what it asks for next follows from
the results that it has been sent, so the points that it can come to are a tree: `Point.after` leads
from one to the next. The code is run only to find out about a point where nobody has been. The
generator that stands at the point before goes on; if none does, a new one is sent the results that
lead there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from typing import Any

from tests.reference.semantics import Operation

Body = Generator[Operation, Any, Any]


class Misuse(Exception):
    """A task does what no program may."""


class Point:
    """A point in the code of a task: its next operation there, or None at its end.

    `fault` is what was wrong with the end: "assertion", "misuse", "exception" or nothing. `make`
    makes a new generator of the code, for a first point.
    """

    __slots__ = ("_after", "_before", "_child", "_code", "_sent", "fault", "operation")

    def __init__(
        self, code: _Code, before: Point | None, result: Any, error: Exception | None
    ) -> None:
        self._code = code
        self._before = before
        self._sent = result, error
        self._after: dict[Hashable, Point] = {}
        self._child: Point | None = None
        self.operation: Operation | None = None
        self.fault = ""
        code.come_to(self)

    @staticmethod
    def first(make: Callable[[], Body]) -> Point:
        """Where the code of a task begins; `make` makes a new generator of it."""
        return Point(_Code(make), None, None, None)

    def after(self, result: Any, error: Exception | None, option: int) -> Point:
        """Where the task stands once it has been told what its operation did.

        The results of a choice are told apart by the option.
        """
        operation = self.operation
        assert operation is not None
        key: Hashable
        if error is not None:
            key = (type(error), str(error))
        elif operation[0] == "choose":
            key = option
        else:
            key = (type(result), result)
        point = self._after.get(key)
        if point is None:
            point = self._after[key] = Point(self._code, self, result, error)
        return point

    def child(self) -> Point:
        """Where the task that is started here begins."""
        if self._child is None:
            assert self.operation is not None
            operation = self.operation if self.operation[0] != "fork" else self.operation[1:]
            _, function, *arguments = operation
            self._child = Point.first(lambda: function(*arguments))
        return self._child

    def way(self) -> list[Point]:
        """The points from the first one to this one."""
        points = [self]
        while (before := points[-1]._before) is not None:
            points.append(before)
        points.reverse()
        return points


class _Code:
    """The code of a task, and a generator of it that stands at some point."""

    def __init__(self, make: Callable[[], Body]) -> None:
        self._make = make
        self._body = make()
        self._stands: Point | None = None
        self._ended = False

    def come_to(self, point: Point) -> None:
        """Run the code to a point where nobody has been."""
        if self._stands is not point._before or self._ended:
            self._body = self._make()
            self._ended = False
            for passed in point.way()[:-1]:
                self._send(passed)
        point.operation, point.fault = self._send(point)
        self._stands = point
        self._ended = point.operation is None

    def _send(self, point: Point) -> tuple[Operation | None, str]:
        result, error = point._sent
        try:
            operation = self._body.send(result) if error is None else self._body.throw(error)
        except StopIteration:
            return None, ""
        except AssertionError:
            return None, "assertion"
        except Misuse:
            return None, "misuse"
        except Exception:
            return None, "exception"
        return operation, ""
