"""Values: in words, which is `repr`, but the same in every process; and whether they can change.

The order of a set depends on the hash seed, and with it the text of whatever holds one.
"""

from __future__ import annotations

from typing import Any, Final

_OF_THE_LIBRARY: Final = {
    "datetime": ("date", "datetime", "time", "timedelta", "timezone"),
    "decimal": ("Decimal",),
    "fractions": ("Fraction",),
    "uuid": ("UUID",),
}
"""Classes whose objects never change, by module: none of them need be imported to know them."""


def in_words(value: Any) -> str:
    """The repr of a value, with the elements of sets in the order of their own."""
    try:
        return _in_words(value)
    except RecursionError:  # it holds itself; repr knows what to do
        return repr(value)


def _in_words(value: Any) -> str:
    kind = type(value)
    if kind is list:
        return f"[{', '.join(map(_in_words, value))}]"
    if kind is tuple:
        return f"({', '.join(map(_in_words, value))}{',' if len(value) == 1 else ''})"
    if kind is dict:
        return f"{{{', '.join(f'{_in_words(k)}: {_in_words(v)}' for k, v in value.items())}}}"
    if kind is set and value:
        return f"{{{', '.join(sorted(map(_in_words, value)))}}}"
    if kind is frozenset and value:
        return f"frozenset({{{', '.join(sorted(map(_in_words, value)))}}})"
    return repr(value)


def frozen(value: Any) -> bool:
    """Whether a value is certain never to change: numbers, texts, dates, and tuples of such."""
    if value is None:
        return True
    kind = type(value)
    if kind is int or kind is bool or kind is str or kind is float or kind is bytes:
        return True
    if not isinstance(value, tuple):
        return kind.__name__ in _OF_THE_LIBRARY.get(kind.__module__, ()) and _plain_zone(value)
    for item in value:  # noqa: SIM110 - a loop is what mypyc makes quick
        if not frozen(item):
            return False
    return True


def _plain_zone(value: Any) -> bool:
    """Whether a value has no time zone but one of the library's, which another does not change."""
    zone = getattr(value, "tzinfo", None)
    return zone is None or type(zone).__module__ in ("datetime", "zoneinfo")


def same(a: Any, b: Any) -> bool:
    """Whether two values that never change are the same: of one type, and equal. A nan is."""
    alike = type(a) is type(b) and frozen(a) and frozen(b)
    return a is b or (alike and bool(a == b or (a != a and b != b)))
