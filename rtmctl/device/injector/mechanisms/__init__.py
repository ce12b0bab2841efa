"""Every mechanism, one file each; a new one is a file beside them and a line here."""

from __future__ import annotations

from ..mechanism import Mechanism
from .link_down import LinkDown
from .power import Power
from .silence import Silence

MECHANISMS: tuple[Mechanism, ...] = (
    LinkDown(),
    Power(),
    Silence(),
)
