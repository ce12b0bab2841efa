"""pydantic's error types in the operator's words: one function each, registered in EXPLAIN."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

from rtmctl.intent.names import suggest
from rtmctl.intent.schema._base import Name, Port, SecretRef, VrfName
from rtmctl.intent.schema.pools import Range
from rtmctl.intent.text import quoted


class Problem(NamedTuple):
    code: str
    message: str
    hint: str = ""


Error = Any
"""pydantic's ErrorDetails: type, loc, msg, input, ctx"""


def _kind(value: Any) -> str:
    """What a value is, in words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {quoted(value)[1:-1]}"
        case str():
            return f"the text {quoted(value)}"
        case dict():
            return "a mapping"
        case _:
            return "a list"


def _wrong(expected: str) -> Callable[[Error, str], Problem]:
    def explain(error: Error, label: str) -> Problem:
        return Problem("wrong-type", f"{label} is {expected}, not {_kind(error['input'])}", _retype(error, expected))

    return explain


_DIGITS = re.compile(r"\s*[0-9]{1,18}\s*", re.ASCII)


def _retype(error: Error, expected: str) -> str:
    value = error["input"]
    match expected:
        case "a text" if isinstance(value, bool | int | float):
            return f'in quotes it is text: "{str(value).lower() if isinstance(value, bool) else value}"'
        case "a whole number" | "a number" if isinstance(value, str) and _DIGITS.fullmatch(value):
            return f"write it without quotes: {value.strip()}"
        case "a whole number" if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
            return f"write {int(value)}"
        case "true or false" if isinstance(value, str) and value.lower() in ("yes", "on", "y", "no", "off", "n"):
            return f"write {'true' if value.lower() in ('yes', 'on', 'y') else 'false'}"
        case "a list" if not isinstance(value, dict | None):
            return f"write it in brackets: [{quoted(value)[1:-1]}]"
    return ""


def _enum(error: Error, label: str) -> Problem:
    words = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    value = error["input"]
    if not isinstance(value, str):
        return Problem("wrong-type", f"{label} is one word of {', '.join(words)}, not {_kind(value)}")
    near = suggest(value, words)
    listing = f"known: {', '.join(words)}"
    hint = near if near == listing else f"{near} {listing}"
    return Problem("unknown-value", f"{quoted(value)} is not known for {label}", hint)


def _pattern_of(annotated: Any) -> str:
    for mark in get_args(annotated)[1:]:
        pattern = getattr(mark, "pattern", None)
        for inner in getattr(mark, "metadata", ()):
            pattern = pattern or getattr(inner, "pattern", None)
        if pattern is not None:
            return str(pattern)
    raise ValueError(annotated)


def _as_name(value: str, limit: int) -> str:
    near = re.sub(r"[^a-z0-9]+", "-", value.lower().strip())[:limit].strip("-")
    return f"; for example {near}" if near else ""


def _name(value: str) -> Problem:
    hint = f"lower-case letters, digits and hyphens between them, at most 32{_as_name(value, 32)}"
    return Problem("bad-name", f"{quoted(value)} cannot be a name", hint)


def _vrf_name(value: str) -> Problem:
    rule = "a letter, then letters, digits and hyphens; at most 15, as it names a Linux interface"
    hint = f"{rule}{_as_name(value, 15)}"
    return Problem("bad-name", f"{quoted(value)} cannot name a VRF", hint)


def _port(value: str) -> Problem:
    return Problem("bad-value", f"{quoted(value)} is no port", "write it as the switch does: swp7, Ethernet7, xe-0/0/7")


def _secret(_: str) -> Problem:
    hint = "write env:NAME, file:PATH or vault:PATH; if this was a real secret, it is in the file's history: change it"
    return Problem("secret-in-clear", "a reference to a secret is expected, never the secret itself", hint)


def _range(value: str) -> Problem:
    return Problem("bad-value", f"{quoted(value)} is no range", "write first-last, as in 100000-199999")


PATTERNS: Mapping[str, Callable[[str], Problem]] = {
    _pattern_of(Name): _name,
    _pattern_of(VrfName): _vrf_name,
    _pattern_of(Port): _port,
    _pattern_of(SecretRef): _secret,
    _pattern_of(Range): _range,
}


def _pattern(error: Error, label: str) -> Problem:
    known = PATTERNS.get(error["ctx"]["pattern"])
    if known is not None:
        return known(error["input"])
    return Problem(
        "bad-value", f"{quoted(error['input'])} does not fit {label}", f"it must match {error['ctx']['pattern']}"
    )


def _limit(wrong: str, limit: str, key: str) -> Callable[[Error, str], Problem]:
    def explain(error: Error, label: str) -> Problem:
        value = quoted(error["input"])[1:-1]
        return Problem("out-of-range", f"{value} is too {wrong}: {label} is {limit} {error['ctx'][key]}")

    return explain


def _own(error: Error, label: str) -> Problem:
    return Problem(error["type"], f"{label}: {error['ctx']['message']}", error["ctx"]["hint"])


def _short(error: Error, label: str) -> Problem:
    return Problem("bad-value", f"{label} needs at least {error['ctx']['min_length']}")


def _long(error: Error, label: str) -> Problem:
    unit = " characters" if error["type"] == "string_too_long" else ""
    return Problem("bad-value", f"{label} holds more than {error['ctx']['max_length']}{unit}")


def _moment(error: Error, label: str) -> Problem:
    hint = "write it as 2026-12-24T18:00:00+01:00, or with Z for UTC"
    if error["type"] == "timezone_aware":
        return Problem("bad-value", f"{label}: {quoted(error['input'])} has no time zone", hint)
    if not isinstance(error["input"], str):
        return Problem("wrong-type", f"{label} is a time with its zone, not {_kind(error['input'])}", hint)
    return Problem("bad-value", f"{label}: {quoted(error['input'])} is no time", hint)


def _other(error: Error, label: str) -> Problem:
    return Problem("bad-value", f"{label}: {error['msg'][:200]}")


EXPLAIN: Mapping[str, Callable[[Error, str], Problem]] = {
    "string_type": _wrong("a text"),
    "int_type": _wrong("a whole number"),
    "int_from_float": _wrong("a whole number"),
    "int_parsing_size": _wrong("a whole number"),
    "float_type": _wrong("a number"),
    "finite_number": _wrong("a finite number"),
    "bool_type": _wrong("true or false"),
    "dict_type": _wrong("a mapping"),
    "model_type": _wrong("a mapping"),
    "model_attributes_type": _wrong("a mapping"),
    "tuple_type": _wrong("a list"),
    "list_type": _wrong("a list"),
    "enum": _enum,
    "string_pattern_mismatch": _pattern,
    "greater_than_equal": _limit("small", "at least", "ge"),
    "less_than_equal": _limit("great", "at most", "le"),
    "greater_than": _limit("small", "more than", "gt"),
    "too_short": _short,
    "too_long": _long,
    "string_too_long": _long,
    "timezone_aware": _moment,
    "datetime_type": _moment,
    "datetime_parsing": _moment,
    "datetime_from_date_parsing": _moment,
    "datetime_object_invalid": _moment,
    "bad-value": _own,
    "wrong-type": _own,
    "other": _other,
}
