"""Cross-checks that need nothing but the intent. One file a check; CHECKS is the list."""

from collections.abc import Callable, Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft

Check = Callable[[Draft], Iterator[Finding]]

CHECKS: tuple[Check, ...] = ()
