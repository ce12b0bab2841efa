"""A fault's options as an operator gives them, made into values that are known to be right."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base import Exit, PermanentError
from rtmctl.device.injection import Argument
from rtmctl.drill.types import Option
from rtmctl.intent.names import suggest

_SHOWN = 60
"""characters of a wrong text that a message repeats"""
_SWITCHED = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value of every option of one fault; each is asked for as the type that its default has."""

    values: Mapping[str, Argument]

    def text(self, name: str) -> str:
        value = self.values[name]
        assert isinstance(value, str), name
        return value

    def number(self, name: str) -> float:
        value = self.values[name]
        assert isinstance(value, float), name
        return value

    def count(self, name: str) -> int:
        value = self.values[name]
        assert isinstance(value, int), name
        return value

    def flag(self, name: str) -> bool:
        value = self.values[name]
        assert isinstance(value, bool), name
        return value


def choose(fault: str, known: tuple[Option, ...], given: Mapping[str, Argument]) -> Chosen:
    """What is given, and the defaults of the rest.

    Raises:
        PermanentError: an unknown option, a wrong type, a value out of its limits, or a required one that is missing.
    """
    names = {option.name for option in known}
    for name in given:
        if name not in names:
            hint = suggest(name, names) or f"{fault} has no options"
            raise PermanentError(f"{fault} has no option {shown(name)}", hint=hint, exit=Exit.USAGE)
    values: dict[str, Argument] = {}
    for option in known:
        if option.name in given:
            values[option.name] = _value(fault, option, given[option.name])
        elif option.required:
            raise PermanentError(f"{fault} needs the option '{option.name}': {option.about}", exit=Exit.USAGE)
        else:
            values[option.name] = option.default
    return Chosen(values)


def shown(text: str) -> str:
    """What somebody wrote, quoted and cut to a message's length."""
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")


def _value(fault: str, option: Option, given: Argument) -> Argument:
    value = _typed(option, given)
    if value is None:
        said = shown(given) if isinstance(given, str) else repr(given)
        raise PermanentError(
            f"{fault}: option '{option.name}' is {said}, expected {_expected(option)}",
            hint=option.about,
            exit=Exit.USAGE,
        )
    return value


def _typed(option: Option, given: Argument) -> Argument | None:
    """The value as the option's type and within its limits; None when it is not."""
    if isinstance(option.default, bool):
        return given if isinstance(given, bool) else _SWITCHED.get(str(given).lower())
    if isinstance(option.default, int | float):
        return _number(option, given)
    if isinstance(option.default, tuple):
        words = tuple(given.split(",")) if isinstance(given, str) else given
        return words if isinstance(words, tuple) else None
    if not isinstance(given, str) or any(ord(letter) < 32 or ord(letter) == 127 for letter in given):
        return None
    allowed = given in option.choices if option.choices else bool(given) or not option.required
    return given if allowed else None


def _number(option: Option, given: Argument) -> int | float | None:
    if isinstance(given, bool | tuple):
        return None
    try:
        value = float(given)
        whole = int(given) if isinstance(option.default, int) else None
    except (ValueError, OverflowError):
        return None
    low, high = option.low, option.high
    if not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
        return None
    if whole is not None:
        return whole if whole == value else None
    return value


def _expected(option: Option) -> str:
    if option.choices:
        return " or ".join(option.choices)
    if isinstance(option.default, bool):
        return "yes or no"
    if isinstance(option.default, int | float):
        kind = "a whole number" if isinstance(option.default, int) else "a number"
        if option.low is not None and option.high is not None:
            return f"{kind} from {option.low:g} to {option.high:g}"
        return kind if option.low is None else f"{kind} of at least {option.low:g}"
    return "names separated by commas" if isinstance(option.default, tuple) else "a text on one line"
