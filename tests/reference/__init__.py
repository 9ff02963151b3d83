"""The project's own brute force: what the explorer is measured against.

A tiny interpreter of concurrent programs, written as generators that yield their operations, and an
enumeration of everything they can do without any clever reduction. It shares no code with `verify`:
not the engine, not the primitives, not the dependency relation. Read it in this order:

    semantics    what each operation does, and what it reads and writes
    code         what a task asks for, point by point
    world        one run: where its tasks stand, one step at a time
    history      when two runs are the same up to the order of independent events
    enumeration  all runs, all classes, how often each
    calls        operations in the shapes in which programs use them
    programs     the programs whose counts are known
"""
