"""Freeze windows: times in which the site says that nothing is changed."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rtmctl.base import Refused
from rtmctl.intent.schema.management import Freeze


def frozen_by(windows: Iterable[Freeze], now: datetime) -> Freeze | None:
    """The window that `now` (aware) falls into; times without a zone are UTC, the end is exclusive."""
    return next((window for window in windows if _aware(window.start) <= now < _aware(window.end)), None)


def refuse_frozen(windows: Iterable[Freeze], now: datetime, override: str) -> str | None:
    """The sentence for the history when a freeze is overridden, None outside every window.

    Raises:
        Refused: within a window and no reason for overriding it.
    """
    window = frozen_by(windows, now)
    if window is None:
        return None
    until = _aware(window.end).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if not override.strip():
        raise Refused(
            f"changes are frozen until {until}: {window.reason}", hint="--override-freeze REASON, kept in the history"
        )
    return f"freeze until {until} ({window.reason}) overridden: {override.strip()}"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
