"""Site files: what the operator writes down once. YAML with positions in, one frozen `Site` or all findings out.

Nothing here allocates or derives: a value the operator left out stays None, and `fabric/` fills it in.
"""

from rtmctl.intent.checks.platforms import unknown_platforms
from rtmctl.intent.files import read_sources
from rtmctl.intent.json_schema import EDITOR_HINT, SCHEMA_FILE, json_schema
from rtmctl.intent.load import load_site, read_site, read_text
from rtmctl.intent.new import new_site
from rtmctl.intent.site import KeyPath, Site

__all__ = [
    "EDITOR_HINT",
    "SCHEMA_FILE",
    "KeyPath",
    "Site",
    "json_schema",
    "load_site",
    "new_site",
    "read_site",
    "read_sources",
    "read_text",
    "unknown_platforms",
]
