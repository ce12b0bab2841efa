"""The one form in which a target and what runs are compared and hashed."""

from __future__ import annotations

import hashlib
import re

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


def normal(section: str, text: str, key: str | None) -> str:
    """The form in which two texts of a section are compared and hashed."""
    if section == "frr":
        return normal_frr(text, key)
    if section == "sysctl":
        return "".join(f"{name} = {value}\n" for name, value in sorted(sysctls(text).items()))
    return normal_lines(text)
