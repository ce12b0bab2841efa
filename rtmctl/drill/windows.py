"""What a site allows: which drills, when, and how much they may cut off. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rtmctl.drill.types import Drill, Radius
from rtmctl.intent.schema.drills import Drills, DrillWindow, Weekday
from rtmctl.intent.schema.site import Environment

_DAYS = tuple(Weekday)


def refusals(
    rules: Drills, environment: Environment, drill: Drill, radius: Radius, now: datetime, max_impact: float | None
) -> tuple[str, ...]:
    """Why the site does not let this drill run now, each with what overrides it.

    Args:
        now: with its time zone.
        max_impact: the command line's limit, which may be tighter or wider than the site's outside of production.
    """
    return tuple(_refusals(rules, environment, drill, radius, now, max_impact))


def _refusals(
    rules: Drills, environment: Environment, drill: Drill, radius: Radius, now: datetime, max_impact: float | None
) -> Iterator[str]:
    production = environment is Environment.PRODUCTION
    if (production or rules.allow) and not allowed(rules, drill):
        why = "in production only what drills.allow names runs" if production else "drills.allow does not name it"
        yield f"{drill.name} {drill.target}: {why}; add `{drill.name}` or `{drill.name} {drill.target}` there"
    if rules.windows and not any(is_open(window, now) for window in rules.windows):
        spans = "; ".join(_said(window) for window in rules.windows)
        yield f"{now:%a %H:%M %Z} is outside the site's drill windows ({spans}); wait, or widen drills.windows"
    limits = [limit for limit in (rules.max_impact, max_impact) if limit is not None]
    if not production and max_impact is not None:
        limits = [max_impact]
    if limits and radius.impact > min(limits):
        yield (
            f"{radius.pairs_lost} of {radius.pairs} pairs of hosts would lose each other ({radius.impact:.1%}), "
            f"the limit is {min(limits):.1%}; --max-impact or drills.max_impact sets it"
        )


def allowed(rules: Drills, drill: Drill) -> bool:
    """Whether `drills.allow` names it: by its name or its fault's, alone or with its target."""
    names = {drill.name, drill.fault}
    return any(said in names or said in {f"{name} {drill.target}" for name in names} for said in rules.allow)


def is_open(window: DrillWindow, now: datetime) -> bool:
    """A window over midnight belongs to the day on which it opens."""
    here = now.astimezone(ZoneInfo(window.zone))
    today, yesterday = _DAYS[here.weekday()], _DAYS[(here - timedelta(days=1)).weekday()]
    at = here.time().replace(tzinfo=None)
    if window.start < window.end:
        return today in window.days and window.start <= at < window.end
    return (today in window.days and at >= window.start) or (yesterday in window.days and at < window.end)


def _said(window: DrillWindow) -> str:
    days = ",".join(day.value for day in window.days)
    return f"{days} {window.start:%H:%M}-{window.end:%H:%M} {window.zone}"
