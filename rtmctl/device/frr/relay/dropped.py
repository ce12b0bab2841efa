"""Why a message is not passed on."""

from __future__ import annotations


class Dropped(Exception):
    """`str()` is the reason under which it is counted."""
