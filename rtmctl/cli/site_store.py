"""The store, signing as the site says."""

import os

from rtmctl.change.secrets import resolver
from rtmctl.cli.context import OpenSite
from rtmctl.intent.schema.site import Environment
from rtmctl.store import Signer, Store, open_store


def site_store(opened: OpenSite) -> Store:
    """Open the store; its key is the site's `audit.key` where that is given, and resolved when first needed.

    A lab needs no real secret: there the key beside the store signs.

    Raises:
        StoreError: the store cannot be opened.
    """
    store = open_store()
    reference = opened.site.intent.audit.key
    in_lab = opened.said.lab is not None or opened.site.intent.environment is Environment.LAB
    if reference is not None and not in_lab:
        resolve = resolver(opened.site.root, os.environ)
        store.sign_with(lambda: Signer.of(resolve(reference), reference))
    return store
