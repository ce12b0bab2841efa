"""Folders that an injection names."""

from __future__ import annotations

import os

from ..onboard.errors import AgentError
from .mechanism import Wanted


def folder_of(wanted: Wanted) -> str:
    """The argument `folder`: an absolute path below the root, as it is spelled. Raises AgentError `usage`."""
    value = wanted.arguments.get("folder")
    if not isinstance(value, str) or not value.startswith("/") or os.path.normpath(value) != value or value == "/":
        raise AgentError("usage", "arguments", f"folder is to be an absolute path below /, not {value!r}")
    return value
