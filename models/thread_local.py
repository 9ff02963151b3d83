"""Thread-local data: a global of which every thread has its own.

A thread notes its student, and a function that it calls later looks the student up. To hand the
student down through every function is tedious, so it is kept in a global. But then two threads
write the same variable, and a thread may look up the other one's student. A `local` is a global
too, yet every thread has attributes of its own there: no lock, and nothing that could interleave.

To try: a lock round both lines of `process_thread`, instead of the local. What does it cost?
"""

import verify

HEADING = "2.8 ThreadLocal"


class Everybodys:
    """One variable for all."""

    def __init__(self) -> None:
        self._student = verify.Shared("")

    @property
    def student(self) -> str:
        return self._student.value

    @student.setter
    def student(self, student: str) -> None:
        self._student.value = student


School = Everybodys | verify.local


def process_student(school: School, name: str) -> None:
    assert school.student == name, f"Hello, {school.student}? It should have been {name}"


def process_thread(school: School, name: str) -> None:
    school.student = name
    process_student(school, name)


def two_students(school: School) -> None:
    tasks = [verify.Thread(target=process_thread, args=(school, n)) for n in ("Alice", "Bob")]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# Two writes are in one of 2 orders; the first one's look comes before the second write or after it,
# and if after, it finds the wrong name and looks again to say so.
@verify.model(expect="assertion", classes=4)
def a_global() -> None:
    """Wrong: both threads have noted their students, and then both find the later one."""
    two_students(Everybodys())


# No thread does anything that the other one could notice.
@verify.model(classes=1)
def a_local() -> None:
    """Right: each finds its own."""
    two_students(verify.local())
