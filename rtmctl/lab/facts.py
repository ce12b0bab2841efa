"""What a node of a lab has while it is on: what a boot must bring back. Never what is learnt or counted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROGRAM = (Path(__file__).parent / "inside" / "facts.sh").read_text()


def facts_of(text: str) -> dict[str, Any]:
    """The output of `inside/facts.sh` as JSON: links by namespace and name, daemons, hashes of files."""
    links: dict[str, Any] = {}
    daemons: list[str] = []
    files: dict[str, str] = {}
    for section in text.split("== ")[1:]:
        title, _, body = section.partition("\n")
        if title.startswith("links "):
            space = title.removeprefix("links ")
            links |= {f"{space}/{link['ifname']}": _link(link) for link in json.loads(body or "[]") if "ifname" in link}
        elif title == "daemons":
            daemons = sorted(set(body.split()))
        elif title == "files":
            files = {path: digest for digest, _, path in (line.partition("  ") for line in body.splitlines())}
    return {"links": links, "daemons": daemons, "files": files}


def _link(link: Mapping[str, Any]) -> dict[str, Any]:
    """As it was configured: a boot draws other numbers, and MAC addresses where none is given."""
    addresses = (
        f"{address['local']}/{address['prefixlen']}"
        for address in link.get("addr_info", ())
        if address.get("scope") == "global" and not address.get("dynamic") and "local" in address
    )
    return {
        "up": "UP" in link["flags"],
        "mtu": link["mtu"],
        "kind": link.get("linkinfo", {}).get("info_kind", ""),
        "master": link.get("master", ""),
        "addresses": sorted(addresses),
    }
