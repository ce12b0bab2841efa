"""Access to the devices: below the site's folder, by a reference, not as root."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from rtmctl.base import Finding, Severity
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.site import Environment


def check(draft: Draft) -> Iterator[Finding]:
    """`known_hosts` inside the folder, so that host keys are reviewed with the site; a key outside of labs."""
    management = draft.intent.management
    path = PurePosixPath(management.known_hosts)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        message = f"known_hosts '{management.known_hosts}' is not below the site's folder"
        where = draft.where("management", "known_hosts")
        yield Finding("path-outside-site", message, where, "host keys are part of the site: known_hosts")
    if management.user == "root":
        message = "logging in as root leaves no narrow sudo rule and no name in the devices' logs"
        where = draft.where("management", "user")
        yield Finding("management-access", message, where, "give a user of its own, as `rtmctl`", Severity.WARNING)
    if management.key is None and draft.intent.environment is not Environment.LAB:
        message = f"a {draft.intent.environment} site names no SSH key"
        where = draft.where("environment")
        hint = "add `management: {key: file:PATH}`, or the agent's keys are tried"
        yield Finding("management-access", message, where, hint, Severity.WARNING)
