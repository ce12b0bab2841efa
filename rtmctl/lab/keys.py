"""SSH keys of a lab: one for the operator's account, one host key a node."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from rtmctl.lab.factory import HostKey


def generate(comment: str) -> HostKey:
    """A fresh Ed25519 pair in OpenSSH's text forms, without a passphrase."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return HostKey(private, f"{public} {comment}")
