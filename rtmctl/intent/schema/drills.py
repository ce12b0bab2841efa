"""What drills may do on this site, when, and who is told."""

import re
from datetime import time
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, Strict, StringConstraints

from rtmctl.intent.schema._base import Bool, SecretRef, Section, Text, bad_value


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class HookMoment(StrEnum):
    START = "start"
    END = "end"


def _clock(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        return time.fromisoformat(value)
    if isinstance(value, time):
        return value
    raise bad_value(f"{value!r} is no time of day", "write it as 09:00, from 00:00 to 23:59")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise bad_value(f"{value!r} is no time zone", "write it as Europe/Warsaw or UTC") from None
    return value


Clock = Annotated[time, BeforeValidator(_clock, json_schema_input_type=str)]
"""A time of day: 09:00."""

Zone = Annotated[str, AfterValidator(_zone)]
"""A time zone of the IANA database: Europe/Warsaw."""

Share = Annotated[float, Strict(), Field(ge=0, le=1)]
"""From 0 to 1."""


class DrillWindow(Section):
    """When drills may run: on these days, from `start` to `end`."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = (
        Weekday.MON,
        Weekday.TUE,
        Weekday.WED,
        Weekday.THU,
        Weekday.FRI,
    )
    start: Clock
    """09:00"""
    end: Clock
    """17:00; before `start`: of the next day"""
    zone: Zone = "UTC"
    """of the IANA database: Europe/Warsaw"""


class DrillHook(Section):
    """A web address that is told when a drill starts or ends: silence alerts, annotate dashboards."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
    """gets a POST with JSON: drill, site, by, reason, what is broken, for how long"""
    at: Annotated[tuple[HookMoment, ...], Field(min_length=1)] = (HookMoment.START, HookMoment.END)
    token: SecretRef | None = None
    """sent as `Authorization: Bearer`"""
    body: dict[str, Any] | None = None
    """JSON sent instead; its texts may hold {drill}, {site}, {by}, {reason}, {fault}, {verdict}, {start}, {end}"""
    timeout_s: Annotated[float, Strict(), Field(gt=0, le=60)] = 5.0
    required: Bool = True
    """at the start: the drill is refused when it fails; else it is only said"""


class Drills(Section):
    """What `drill run` keeps to; in `environment: production` only what is allowed here runs."""

    allow: tuple[Text, ...] = ()
    """names of drills or faults, perhaps with a target: `silent-link`, `link-down spine1:leaf1`"""
    windows: tuple[DrillWindow, ...] = ()
    """drills run within these alone; left out: at any time"""
    max_impact: Share | None = None
    """largest share of pairs of hosts that may lose each other, 0 to 1"""
    hooks: tuple[DrillHook, ...] = ()
    """told at start and end"""
