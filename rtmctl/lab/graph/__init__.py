"""A fabric drawn: Mermaid, DOT, and a picture in one HTML page that needs nothing else. Pure."""

from collections.abc import Callable, Mapping

from rtmctl.base import PermanentError
from rtmctl.fabric.types import Fabric
from rtmctl.lab.graph.page import html
from rtmctl.lab.graph.picture import svg
from rtmctl.lab.graph.text import dot, mermaid

FORMATS: Mapping[str, Callable[[Fabric], str]] = {"mermaid": mermaid, "dot": dot, "html": html}
"""All formats of `lab graph`."""


def draw(fabric: Fabric, form: str) -> str:
    """Raises PermanentError naming the known formats."""
    if form not in FORMATS:
        raise PermanentError(f"no graph format {form!r}", hint=f"known formats: {', '.join(sorted(FORMATS))}")
    return FORMATS[form](fabric)


__all__ = ["FORMATS", "draw", "svg"]
