"""What all section models share: frozen, no unknown keys, names that fit a hostname label."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
"""A lower-case hostname label of at most 32 characters (RFC 1123 §2.1)."""

VrfName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,13}[a-z0-9]$|^[a-z]$")]
"""A name that is also a Linux interface name: at most 15 characters (IFNAMSIZ - 1)."""

Port = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9/:._-]{0,31}$")]
"""A port in the platform's own spelling: swp7, Ethernet7, xe-0/0/7."""

SecretRef = Annotated[str, StringConstraints(pattern=r"^(env|file|vault):.+$")]
"""Where a secret is to be found: env:NAME, file:PATH or vault:PATH; never the secret."""

Asn = Annotated[int, "1..4294967295"]
