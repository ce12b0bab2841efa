"""Secrets in configurations: tokens `{{secret:REF}}` in texts, filled just before a target goes to its device.

A resolved secret lives in memory only; no message, journal, plan or event of this room ever carries one.
"""

import hashlib
import hmac
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.base.folders import expanded
from rtmctl.change.plan_types import SecretUse
from rtmctl.model.config import DeviceConfig

_TOKEN = re.compile(r"\{\{secret:([^{}\s]+)\}\}")
HIDDEN = re.compile(r"hmac:[0-9a-f]+")
"""what stands for a secret in a text that a device hands out"""
_MAX = 4096

Resolve: TypeAlias = Callable[[str], str]
"""a secret by its reference; raises PermanentError or TemporaryError that name the reference only"""


def references(config: DeviceConfig) -> tuple[str, ...]:
    """Every reference that a configuration needs, sorted, each once."""
    return tuple(sorted({ref for _, text in config.sections for ref in _TOKEN.findall(text)}))


def fill(config: DeviceConfig, resolve: Resolve) -> DeviceConfig:
    """The configuration with its secrets in clear: hand it to the device and forget it."""
    return DeviceConfig(
        tuple((name, _TOKEN.sub(lambda match: resolve(match[1]), text)) for name, text in config.sections)
    )


def hidden_secrets(text: str) -> bool:
    """Whether a text holds a secret that only its device knows."""
    return HIDDEN.search(text) is not None


def secret_uses(refs: Iterable[str], resolve: Resolve, key: bytes) -> tuple[SecretUse, ...]:
    """What a plan keeps of its secrets: enough to see later that one has changed, too little to guess it."""
    key_id = hashlib.sha256(b"rtmctl plan key" + key).hexdigest()[:12]
    return tuple(
        SecretUse(ref, hmac.new(key, resolve(ref).encode(), hashlib.sha256).hexdigest(), key_id)
        for ref in sorted(set(refs))
    )


def changed_secrets(uses: Iterable[SecretUse], resolve: Resolve, key: bytes) -> tuple[str, ...]:
    """References whose secret is another one than when the plan was made; only those hashed with this very key."""
    old = {use.reference: use for use in uses}
    now = secret_uses(old, resolve, key)
    return tuple(n.reference for n in now if n.key_id == old[n.reference].key_id and n != old[n.reference])


def plan_key(folder: Path) -> bytes:
    """The key under which plans of this user hash their secrets, made at its first use (0600).

    Raises:
        PermanentError: the folder cannot be written.
    """
    path = folder / "plan.key"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = path.with_suffix(f".{os.getpid()}")
            part.touch(mode=0o600)
            part.write_bytes(os.urandom(32))
            part.rename(path)
        return path.read_bytes()
    except OSError as error:
        raise PermanentError(f"the plan key {path} cannot be used: {error.strerror}") from error


def resolver(root: Path, env: Mapping[str, str]) -> Resolve:
    """Resolves `env:NAME`, `file:PATH` (relative to the site's folder) and `vault:PATH#FIELD`, each once."""
    known: dict[str, str] = {}

    def resolve(reference: str) -> str:
        if reference not in known:
            kind, _, rest = reference.partition(":")
            if kind not in _KINDS:
                raise PermanentError(f"secret {reference}: unknown kind", hint=f"known kinds: {', '.join(_KINDS)}")
            secret = _KINDS[kind](rest, root, env)
            if not secret or len(secret) > _MAX or any(ord(c) < 32 or c.isspace() for c in secret):
                raise PermanentError(
                    f"secret {reference} is empty, too long, or holds blanks or control characters",
                    hint="a secret is one word",
                )
            known[reference] = secret
        return known[reference]

    return resolve


def _from_env(name: str, _root: Path, env: Mapping[str, str]) -> str:
    if name not in env:
        raise PermanentError(f"secret env:{name}: the variable is not set", hint=f"export {name}=…")
    return env[name]


def _from_file(name: str, root: Path, _env: Mapping[str, str]) -> str:
    path = root / expanded(name)
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise PermanentError(f"secret file:{name}: {reason}") from error


def _from_vault(name: str, _root: Path, env: Mapping[str, str]) -> str:
    """HashiCorp Vault, KV version 2: `vault:MOUNT/data/PATH#FIELD` (HTTP API, `GET /v1/:mount/data/:path`)."""
    path, _, field = name.partition("#")
    missing = [variable for variable in ("VAULT_ADDR", "VAULT_TOKEN") if not env.get(variable)]
    if missing:
        raise PermanentError(f"secret vault:{name}: {' and '.join(missing)} not set")
    if not env["VAULT_ADDR"].startswith(("https://", "http://")):
        raise PermanentError("VAULT_ADDR is not an HTTP address")
    url = f"{env['VAULT_ADDR'].rstrip('/')}/v1/{path}"
    request = urllib.request.Request(url, headers={"X-Vault-Token": env["VAULT_TOKEN"]})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)["data"]["data"][field or "value"])
    except urllib.error.HTTPError as error:
        raise PermanentError(f"secret vault:{name}: the vault answers {error.code}") from error
    except OSError as error:
        raise TemporaryError(f"secret vault:{name}: the vault cannot be reached") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PermanentError(f"secret vault:{name}: no field {field or 'value'!r} there") from error


_KINDS: Mapping[str, Callable[[str, Path, Mapping[str, str]], str]] = {
    "env": _from_env,
    "file": _from_file,
    "vault": _from_vault,
}
