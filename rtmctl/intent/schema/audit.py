"""Who signs the audit log, and whose signatures count."""

from typing import Annotated

from pydantic import StringConstraints

from rtmctl.intent.schema._base import SecretRef, Section

PublicKey = Annotated[str, StringConstraints(pattern=r"^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}( .*)?$")]
"""An Ed25519 public key as OpenSSH writes it (RFC 8709 §4), with a comment behind it."""


class Audit(Section):
    key: SecretRef | None = None
    """the private key that signs, 32 bytes in base64; left out: one is made beside the store"""
    keys: tuple[PublicKey, ...] = ()
    """public keys that may sign, as `rtmctl audit key` prints them; left out: the store's own alone"""
