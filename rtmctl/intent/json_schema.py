"""The JSON Schema of site files, for editors: completion, documentation and red lines while typing."""

from typing import Any

from rtmctl.intent.data import NAMED, RANGED
from rtmctl.intent.schema.site import SiteModel

SCHEMA_FILE = "site.schema.json"
EDITOR_HINT = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""first line of a site file; the YAML language server of most editors reads it"""

_RANGE = r"^[a-z0-9-]*\[[0-9]+-[0-9]+\][a-z0-9-]*$"


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) out of the models; what only the cross-checks know is not in it.

    It fits `site.yaml` and the files below `site.d/` alike, so no section is required.
    """
    schema = SiteModel.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "rtmctl site"
    schema.pop("required", None)
    sections: dict[str, dict[str, Any]] = schema["properties"]
    for name, section in sections.items():
        if name in NAMED:
            _names(section, ranged=name in RANGED)
        if name not in ("site", "environment", "description"):
            # an empty section is one with nothing in it
            sections[name] = _or_empty(section)
    return schema


def _names(section: dict[str, Any], *, ranged: bool) -> None:
    """A section of names: no others than the patterns allow, ranges too, and an entry may be empty."""
    if "propertyNames" in section:
        section["additionalProperties"] = _or_empty(section["additionalProperties"])
        return
    patterns: dict[str, Any] = section["patternProperties"]
    if ranged:
        patterns[_RANGE] = next(iter(patterns.values()))
    section["patternProperties"] = {pattern: _or_empty(entry) for pattern, entry in patterns.items()}
    section["additionalProperties"] = False


def _or_empty(entry: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [entry, {"type": "null"}]}
