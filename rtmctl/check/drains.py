"""GRACEFUL_SHUTDOWN (RFC 8326): the drained send it on every route, everybody honours it by local preference 0."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from rtmctl.base import Finding
from rtmctl.base.net import Network
from rtmctl.model.policies import GRACEFUL_SHUTDOWN, PREPEND
from rtmctl.model.routes import Route

_PREFERENCE = 100
"""BGP's default (RFC 4271 leaves it to implementations; all use this one)"""
_SOMEBODY = 1


def drain_is_sent(session: str, given: Route | None, *, drained: bool, prepends: bool = True) -> Iterator[Finding]:
    """`given` is what leaves for a route without any attribute; None (denied) is for other proofs to judge."""
    if given is None:
        return
    if drained:
        said = given.communities == {GRACEFUL_SHUTDOWN} and len(given.path) == (PREPEND if prepends else 0)
        if not said:
            yield Finding("drain-ignored", f"{session}: the device is drained and does not say so to its neighbour")
    elif given.communities or given.path:
        yield Finding("drain-ignored", f"{session}: routes leave as if the device were drained")
    if given.local_preference != _PREFERENCE:
        yield Finding("drain-ignored", f"{session}: routes leave with local preference {given.local_preference}")


def drain_is_honoured(session: str, take: Callable[[Route], Route | None], prefix: Network) -> Iterator[Finding]:
    """`take` is the session's import policy."""
    stays = Route(prefix, (_SOMEBODY,))
    goes = replace(stays, communities=frozenset({GRACEFUL_SHUTDOWN}))
    staying, going = take(stays), take(goes)
    if staying is None:
        return
    if going is None:
        yield Finding("drain-ignored", f"{session}: routes of a neighbour that is going away are dropped at once")
    elif going != replace(goes, local_preference=0):
        yield Finding("drain-ignored", f"{session}: a neighbour that is going away is not put behind all others")
    if staying != stays:
        yield Finding("drain-ignored", f"{session}: routes of a neighbour that stays are changed")
