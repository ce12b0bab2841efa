"""Lines and characters as YAML counts them."""

import re
from collections.abc import Iterator

from rtmctl.base import Finding, Position

ENDS_LINE = re.compile(r"\r\n|\r|\n")

FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""YAML 1.2 §5.1 c-printable, less the Unicode line separators: an editor would count lines otherwise than YAML does."""

MAX_SHOWN = 5


def forbidden_characters(name: str, text: str) -> Iterator[Finding]:
    """A finding for each of the first few characters that a site file cannot hold."""
    for shown, match in enumerate(FORBIDDEN.finditer(text)):
        if shown == MAX_SHOWN:
            return
        lines = ENDS_LINE.split(text[: match.start()])
        column = len(lines[-1]) + 1
        where = Position(name, len(lines), column, column + 1)
        yield Finding(
            "control-character",
            f"the character U+{ord(match.group()):04X} is not allowed",
            where,
            "delete it; a copy from a web page or a word processor often brings such characters along",
        )


def quoted(value: object, limit: int = 60) -> str:
    """A value as shown in a message: quoted, on one line, cut where it is long."""
    text = str(value) if not isinstance(value, float) else repr(value)
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "'" + "".join(c if c.isprintable() else repr(c)[1:-1] for c in text) + "'"
