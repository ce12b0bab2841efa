"""Notes: what the model knows and no directive of the device says, as comments in the `interfaces` section.

    # model: device hardware=generic role=leaf
    # model: vlan vid=10 name=collect

FRR drops comments when it writes its file, ifupdown2 leaves its own alone: so every note stands there. A value with
blanks or quotes is quoted as in a shell. A property without a value is left out.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

MARK = "# model: "


@dataclass(frozen=True, slots=True)
class Note:
    kind: str
    values: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, kind: str, /, **values: object) -> "Note":
        """Underscores in names become dashes; None is left out."""
        return cls(
            kind, tuple((key.replace("_", "-"), str(value)) for key, value in values.items() if value is not None)
        )

    @property
    def text(self) -> str:
        return MARK + " ".join([self.kind, *(f"{key}={shlex.quote(value)}" for key, value in self.values)])

    @property
    def by_key(self) -> Mapping[str, str]:
        return dict(self.values)


def read_note(line: str) -> Note | None:
    """The note on a line, None when there is none.

    Raises:
        ValueError: the line says that it is a note and is none.
    """
    stripped = line.strip()
    if not stripped.startswith(MARK.strip()):
        return None
    words = shlex.split(stripped[len(MARK) - 1 :])
    if not words or any("=" not in word for word in words[1:]):
        raise ValueError(f"not a note: {stripped!r}")
    pairs = [word.split("=", 1) for word in words[1:]]
    return Note(words[0], tuple((key, value) for key, value in pairs))
