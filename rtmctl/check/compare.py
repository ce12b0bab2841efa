"""How proofs say that a model is not what the site makes it."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from rtmctl.base import Finding

_Key = TypeVar("_Key")


def differs(where: str, what: str, expected: object, seen: object) -> Iterator[Finding]:
    """A `model-mismatch` unless both are equal."""
    if expected != seen:
        yield Finding("model-mismatch", f"{where}: {what} is {_text(seen)}, the site makes it {_text(expected)}")


def unmatched(where: str, what: str, expected: Mapping[_Key, object], seen: Mapping[_Key, object]) -> Iterator[Finding]:
    """A `model-mismatch` for each key that only one of them has."""
    for key in expected:
        if key not in seen:
            yield Finding("model-mismatch", f"{where}: {what} {key} is not there")
    for key in seen:
        if key not in expected:
            yield Finding("model-mismatch", f"{where}: {what} {key} is in no site file")


def matched(expected: Mapping[_Key, object], seen: Mapping[_Key, object]) -> Iterator[_Key]:
    """The keys that both have, in the order of `expected`."""
    return (key for key in expected if key in seen)


def _text(value: object) -> str:
    """As a person writes it."""
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(sorted(map(str, value))) or "nothing"
    return "nothing" if value is None else str(value)
