"""A plan as JSON: what `net plan -o FILE` writes and `net apply FILE` reads."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rtmctl.base import PermanentError
from rtmctl.base.files import read_regular
from rtmctl.change.plan_types import PLAN_VERSION, Plan, Stage

MAX_BYTES = 256 * 1024 * 1024
"""the texts of 2 spines and 128 leafs are 1.2 MB, and each stage holds those of its devices four times"""

_ADAPTER = TypeAdapter(Plan)


def plan_to_json(plan: Plan) -> str:
    """Two-space indented JSON; `plan_from_json` is its inverse."""
    return _ADAPTER.dump_json(plan, indent=2).decode() + "\n"


def seal(plan: Plan) -> Plan:
    """The plan with the digest over all its other fields."""
    body = _ADAPTER.dump_json(replace(plan, digest=""))
    return replace(plan, digest=hashlib.sha256(body).hexdigest())


def plan_from_json(text: str, name: str = "plan") -> Plan:
    """Read a plan back and check that nobody has edited it.

    Args:
        name: what to call the text in messages, its file for one.

    Raises:
        PermanentError: not a plan, from a newer version, edited, or at odds with itself.
    """
    try:
        version = json.loads(text).get("version")
    except (ValueError, AttributeError, RecursionError) as error:
        raise PermanentError(f"{name} is not a plan: no JSON object", hint="make it by `net plan -o FILE`") from error
    if isinstance(version, int) and version > PLAN_VERSION:
        raise PermanentError(
            f"{name} has plan version {version}, this rtmctl knows {PLAN_VERSION}", hint="make the plan again"
        )
    try:
        plan = _ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise PermanentError(f"{name} is not a plan: {where}: {first['msg']}", hint="make the plan again") from error
    if plan != seal(plan):
        raise PermanentError(f"{name} was edited after it was made", hint="make the plan again")
    if torn := [stage.name for stage in plan.stages if not _agrees(stage)]:
        raise PermanentError(
            f"{name} is not a plan: the waves of stage {', '.join(torn)} are not its devices",
            hint="make the plan again",
        )
    return plan


def _agrees(stage: Stage) -> bool:
    """Each device stands in one wave; `net plan` makes no other stage, but a digest anybody can compute."""
    return sorted(n for wave in stage.waves for n in wave.devices) == sorted(part.device for part in stage.devices)


def read_plan(path: Path) -> Plan:
    """Raises PermanentError when the file cannot be read or holds no sound plan."""
    try:
        return plan_from_json(read_regular(path, MAX_BYTES).decode(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise PermanentError(f"the plan {path} cannot be read: {reason}") from error


def write_plan(plan: Plan, path: Path) -> None:
    """Raises PermanentError when the file cannot be written."""
    try:
        path.write_text(plan_to_json(plan), encoding="utf-8")
    except OSError as error:
        raise PermanentError(f"the plan {path} cannot be written: {error.strerror}") from error
