"""Telling others that a drill starts or has ended: alerts are silenced, dashboards annotated, by webhook."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import httpx

from rtmctl.base import RtmctlError
from rtmctl.intent.schema.drills import DrillHook, HookMoment

Resolve: TypeAlias = Callable[[str], str]
"""a secret's reference to the secret"""


class HookFailed(RtmctlError):
    """A web address did not take the message."""


Failures: TypeAlias = tuple[tuple[DrillHook, HookFailed], ...]


async def call_hooks(
    hooks: tuple[DrillHook, ...],
    moment: HookMoment,
    words: Mapping[str, str],
    resolve: Resolve,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Failures:
    """Call those that are for this moment, beside each other; the failures.

    Args:
        words: drill, site, by, reason, fault, verdict, start, end: what a body may name.
    """

    async def one(hook: DrillHook) -> tuple[DrillHook, HookFailed] | None:
        try:
            await _call(hook, moment, words, resolve, transport)
        except HookFailed as error:
            return hook, error
        return None

    found = await asyncio.gather(*(one(hook) for hook in hooks if moment in hook.at))
    return tuple(failure for failure in found if failure is not None)


async def _call(
    hook: DrillHook,
    moment: HookMoment,
    words: Mapping[str, str],
    resolve: Resolve,
    transport: httpx.AsyncBaseTransport | None,
) -> None:
    body = {"version": 1, "moment": moment.value, **words} if hook.body is None else filled(hook.body, words)
    try:
        headers = {"Authorization": f"Bearer {resolve(hook.token)}"} if hook.token else {}
        async with httpx.AsyncClient(timeout=hook.timeout_s, transport=transport) as client:
            answer = await client.post(hook.url, json=body, headers=headers)
    except httpx.HTTPError as error:
        raise HookFailed(f"{hook.url}: {str(error) or type(error).__name__}") from None
    except RtmctlError as error:
        raise HookFailed(f"{hook.url}: {error.message}", hint=error.hint) from None
    if answer.is_error:
        raise HookFailed(f"{hook.url}: {answer.status_code} {answer.reason_phrase}")


def filled(body: Any, words: Mapping[str, str]) -> Any:
    """The body with {word} replaced in every text; other braces stay."""
    match body:
        case str():
            for word, value in words.items():
                body = body.replace(f"{{{word}}}", value)
            return body
        case dict():
            return {key: filled(value, words) for key, value in body.items()}
        case list() | tuple():
            return [filled(value, words) for value in body]
        case _:
            return body
