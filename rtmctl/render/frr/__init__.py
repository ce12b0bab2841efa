"""Platform frr: a Linux switch with FRR, ifupdown2, nftables and lldpd (Debian 12 with FRR 8.4, Debian 13 with 10.3).

`render` prints a model, `parse` reads it back and returns an equal one; `normalise` and `same` compare what a device
shows with what was rendered. FRR must run with `frr_profile="datacenter"`: its defaults are not written.
"""

from rtmctl.render.frr.normalise import normalise, same
from rtmctl.render.frr.parse import parse
from rtmctl.render.frr.printer import render

__all__ = ["normalise", "parse", "render", "same"]
