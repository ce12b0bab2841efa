"""Text that any XML parser takes."""

import re

# XML 1.0 §2.2 has no place for these, escaped or not
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    return _NO_XML.sub("�", text)
