"""Texts that people write and other people's terminals show."""

import unicodedata

_BREAKS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's control characters, halves of characters, line and paragraph separators"""


def is_one_line(text: str) -> bool:
    """Whether it breaks no table, log or comment it is put into, and steers no terminal."""
    return text.isprintable() or not any(unicodedata.category(one) in _BREAKS for one in text)
