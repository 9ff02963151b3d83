"""Peterson's algorithm (1981): a lock for two out of three variables that are read and written.

Each says that it wants to go in, then lets the other go first, and waits while the other wants to
and it is the other's turn. Nothing but these reads and writes, in this order, keeps them apart.

Who lets the other go first before it says that it wants to go in can be overtaken between the two.
Without turns each may wait for the other, politely, for ever: nobody is asleep, and yet nothing
moves. That is a livelock.

To try: leave out the first wish, or test the turn before the other's wish. Which matters?
"""

import verify

HEADING = "2.2 Lock"


class Door:
    """Two wishes, whose turn it is, and how many are inside."""

    def __init__(self) -> None:
        self.wishes = [verify.Shared(False), verify.Shared(False)]
        self.turn = verify.Shared(0)
        self.inside = verify.Atomic(0)

    def pass_through(self) -> None:
        assert self.inside.add(1) == 0, "both are inside"
        self.inside.add(-1)


def peterson(door: Door, me: int) -> None:
    other = 1 - me
    door.wishes[me].value = True
    door.turn.value = other
    while door.wishes[other].value and door.turn.value == other:
        pass
    door.pass_through()
    door.wishes[me].value = False


def turn_first(door: Door, me: int) -> None:
    other = 1 - me
    door.turn.value = other
    door.wishes[me].value = True
    while door.wishes[other].value and door.turn.value == other:
        pass
    door.pass_through()
    door.wishes[me].value = False


def without_turns(door: Door, me: int) -> None:
    other = 1 - me
    door.wishes[me].value = True
    while door.wishes[other].value:
        pass
    door.pass_through()
    door.wishes[me].value = False


def both(door: Door, visitor: object) -> None:
    tasks = [verify.Thread(target=visitor, args=(door, me)) for me in (0, 1)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=12)
def one_at_a_time() -> None:
    """Right."""
    both(Door(), peterson)


@verify.model(expect="assertion", classes=18)
def the_turn_first() -> None:
    """Wrong: both can be inside."""
    both(Door(), turn_first)


@verify.model(expect="livelock", classes=5)
def after_you() -> None:
    """Wrong: each can wait for the other's wish to be gone."""
    both(Door(), without_turns)
