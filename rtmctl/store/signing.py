"""Ed25519 signatures of the audit log (RFC 8032): one key an operator, its public half in OpenSSH's form.

The private key is 32 random bytes in base64, one word, so that `env:`, `file:` and `vault:` can hold it too.
"""

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rtmctl.base import PermanentError
from rtmctl.store.location import StoreError

_KIND = "ssh-ed25519"
_PREFIX = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"
"""RFC 8709 §4: the type's name and the key, each after its length; the key is 32 bytes"""
_SEED_BYTES = 32


class Signer:
    """A private key. Its bytes are in no message and no representation."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        """`ssh-ed25519 AAAA…`, without a comment"""

    @classmethod
    def of(cls, secret: str, where: str) -> "Signer":
        """The key in the form in which it is kept; `where` names its place in the error.

        Raises:
            PermanentError: it is not 32 bytes in base64.
        """
        try:
            seed = base64.b64decode(secret.strip(), validate=True)
        except (ValueError, binascii.Error):
            seed = b""
        if len(seed) != _SEED_BYTES:
            raise PermanentError(
                f"the audit key in {where} is not 32 bytes in base64", hint="make one: openssl rand -base64 32"
            )
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, digest: str) -> str:
        """The signature of a link's hash, in base64."""
        return base64.b64encode(self._key.sign(digest.encode())).decode()


def own_signer(path: Path) -> Signer:
    """The key in a file, made there at its first use, readable by its owner alone.

    Raises:
        StoreError: the file cannot be read or made, or others may read it.
    """
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise StoreError(f"others may read the audit key {path}", hint=f"chmod 600 {path}")
        return Signer.of(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise StoreError(f"the audit key {path} cannot be used: {reason}") from error


def _make(path: Path) -> None:
    """Two processes at once make one key: the first to link its own into place."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(3).hex()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(base64.b64encode(os.urandom(_SEED_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def public_key(text: str) -> str:
    """`ssh-ed25519 AAAA…` without the comment behind it.

    Raises:
        ValueError: it is no such key.
    """
    kind, _, rest = text.strip().partition(" ")
    word = rest.split(" ", 1)[0]
    try:
        _raw(f"{kind} {word}")
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no Ed25519 public key") from None
    return f"{kind} {word}"


def genuine(public: str, digest: str, signature: str) -> bool:
    """Whether `signature` was made with that key over that hash; False for whatever cannot be read."""
    try:
        Ed25519PublicKey.from_public_bytes(_raw(public)).verify(
            base64.b64decode(signature, validate=True), digest.encode()
        )
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def fingerprint(public: str) -> str:
    """As `ssh-keygen -l` shows it: `SHA256:…`; the text itself when it is no key."""
    try:
        digest = hashlib.sha256(_PREFIX + _raw(public)).digest()
    except ValueError:
        return public[:50]
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _raw(public: str) -> bytes:
    kind, _, word = public.partition(" ")
    try:
        blob = base64.b64decode(word, validate=True)
    except (ValueError, binascii.Error):
        blob = b""
    if kind != _KIND or not blob.startswith(_PREFIX) or len(blob) != len(_PREFIX) + _SEED_BYTES:
        raise ValueError("no Ed25519 public key")
    return blob[len(_PREFIX) :]
