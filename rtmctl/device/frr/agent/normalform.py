"""The one form in which a target and what runs are compared and hashed."""

from __future__ import annotations

import hashlib
import re

from ...onboard.errors import AgentError
from .frrtext import rank, tree, untree
from .sections import normal_lines, sysctls

_SECRET = re.compile(r"^(\s*(?:neighbor \S+ password|(?:enable )?password(?: 8)?|key-string) )(\S+)\s*$")


def mask(secret: str, key: str) -> str:
    """Keyed hash that stands for a secret wherever text leaves the device."""
    return "hmac:" + hashlib.blake2b(secret.encode(), key=key.encode()[:64], digest_size=12).hexdigest()


def normal_frr(text: str, key: str | None) -> str:
    """frr.conf or `show running-config` in the one form both are compared in.

    Separators, versions and timestamps are gone, top-level blocks are sorted (FRR 8 and 10 print them in different
    orders; order between blocks means nothing to FRR), secrets are masked when a key is given.
    """
    ordered = dict(sorted(tree(text).items(), key=lambda item: rank(item[0])))
    out = untree(ordered).splitlines()
    if key is not None:
        out = [_SECRET.sub(lambda m: m[1] + (m[2] if m[2].startswith("hmac:") else mask(m[2], key)), x) for x in out]
    return "".join(f"{line}\n" for line in out)


def revealed(text: str, runs: str, key: str) -> str:
    """The text with each secret that stands there as its keyed hash, as devices hand it out, taken from what runs.

    Raises:
        AgentError: such a hash is that of no secret here.
    """
    if "hmac:" not in text:
        return text
    known = {mask(m[2], key): m[2] for m in (_SECRET.match(line) for line in runs.splitlines()) if m}

    def reveal(match: re.Match[str]) -> str:
        if match[2].startswith("hmac:") and match[2] not in known:
            raise AgentError("secret", "stage", f"no secret that runs here has the keyed hash {match[2]}")
        return match[1] + known.get(match[2], match[2])

    return "".join(f"{_SECRET.sub(reveal, line)}\n" for line in text.splitlines())


def normal(section: str, text: str, key: str | None) -> str:
    """The form in which two texts of a section are compared and hashed."""
    if section == "frr":
        return normal_frr(text, key)
    if section == "sysctl":
        return "".join(f"{name} = {value}\n" for name, value in sorted(sysctls(text).items()))
    return normal_lines(text)
