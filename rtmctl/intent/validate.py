"""Plain data against the site's schema."""

from typing import Any

from pydantic import ValidationError

from rtmctl.base import Finding
from rtmctl.intent.data import NAMED, Data
from rtmctl.intent.draft import ALL, Draft
from rtmctl.intent.prune import LISTS, without
from rtmctl.intent.refusals import Error, Kind, Refusal, path_of
from rtmctl.intent.schema.site import SiteModel
from rtmctl.intent.site import KeyPath

SITE = Kind(
    SiteModel,
    "the site",
    begins="a site file begins with a line `site: NAME`",
    empty="docs/site-files.md begins with a whole site in ten lines; `rtmctl init DIR` writes one",
    parts="sections",
    missing={"site": "begin with a line `site: NAME`", "switches": "add spines and leafs under `switches:`"},
)

MAX_PASSES = 4
"""a refused entry may hide another mistake of its own, hardly ever more"""


def validate(data: Data) -> tuple[Draft | None, tuple[Finding, ...]]:
    """As much of the site as fits the schema, and a finding for all that does not.

    Each entry that is refused is taken out and the rest judged again, so that one mistake hides no other.
    """
    value: dict[str, Any] = data.value
    findings: list[Finding] = []
    broken: dict[str, set[str]] = {}
    for _ in range(MAX_PASSES):
        try:
            intent = SiteModel.model_validate(value)
        except ValidationError as refused:
            refusal = Refusal.of(SITE, refused, value)
            findings.extend(refusal.findings(data))
            for path, near in refusal.misspelt.items():
                if len(path) == 1 and near in NAMED:
                    broken.setdefault(near, set()).add(ALL)
            value = without(value, data, {_unit(error, refusal) for error in refusal.errors}, broken)
            continue
        names = {section: frozenset(refused) for section, refused in broken.items()}
        return Draft(intent, data.positions, data.keys, names), tuple(findings)
    return None, tuple(findings)


def _unit(error: Error, refusal: Refusal) -> KeyPath:
    """What must go for the rest to be judged: a stray key alone, else the whole entry it spoils."""
    path = path_of(error)
    if error["type"] == "extra_forbidden" and path not in refusal.misspelt:
        return path
    if path and (path[0] in NAMED or path[0] in LISTS):
        return path[:2]
    # an entry of a list without its bad key would be said to lack it
    listed = next((number for number, part in enumerate(path) if isinstance(part, int)), len(path))
    return path[:listed]
