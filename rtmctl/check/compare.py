"""How proofs say that a model is not what the site makes it."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from rtmctl.base import Finding

_Key = TypeVar("_Key", bound=object)
_Item = TypeVar("_Item")


def differs(where: str, what: str, expected: object, seen: object) -> Iterator[Finding]:
    """A `model-mismatch` unless both are equal."""
    if expected != seen:
        yield Finding("model-mismatch", f"{where}: {what} is {text(seen)}, the site makes it {text(expected)}")


def paired(
    where: str, what: str, expected: Mapping[_Key, _Item], seen: Mapping[_Key, object]
) -> Iterator[tuple[Finding, None] | tuple[None, _Key]]:
    """The keys both have, and a `model-mismatch` for each that only one of them has."""
    for key in expected:
        if key in seen:
            yield None, key
        else:
            yield Finding("model-mismatch", f"{where}: {what} {key} is not there"), None
    for key in seen:
        if key not in expected:
            yield Finding("model-mismatch", f"{where}: {what} {key} is in no site file"), None


def text(value: object) -> str:
    """As a person writes it."""
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(sorted(map(str, value))) or "nothing"
    return "nothing" if value is None else str(value)
