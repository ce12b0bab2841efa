"""The store, signing as the site says."""

import os

from rtmctl.change.secrets import resolver
from rtmctl.cli.context import OpenSite
from rtmctl.intent.schema.site import Environment
from rtmctl.store import Signer, Store, open_store, public_key


def site_store(opened: OpenSite) -> Store:
    """Open the store; its key is the site's `audit.key` where that is given, and resolved when first needed.

    A lab needs no real secret: there the key beside the store signs.

    Raises:
        StoreError: the store cannot be opened.
    """
    store = open_store()
    reference = opened.site.intent.audit.key
    if reference is not None and not _in_lab(opened):
        resolve = resolver(opened.site.root, os.environ)
        store.sign_with(lambda: Signer.of(resolve(reference), reference))
    return store


def signing_keys(opened: OpenSite) -> tuple[str, ...]:
    """The public keys that may sign, as the site lists them; none in a lab, whose keys are those beside its stores."""
    return () if _in_lab(opened) else tuple(public_key(text) for text in opened.site.intent.audit.keys)


def _in_lab(opened: OpenSite) -> bool:
    return opened.said.lab is not None or opened.site.intent.environment is Environment.LAB
