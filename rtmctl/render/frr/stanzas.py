"""/etc/network/interfaces as stanzas (interfaces(5), ifupdown2's form)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rtmctl.render.frr.notes import Note, read_note


@dataclass(slots=True)
class Stanza:
    """`number`: the line of `iface`, from 1. An attribute may come more than once: addresses do."""

    name: str
    number: int
    attributes: list[tuple[str, str, int]] = field(default_factory=list)
    note: Note | None = None
    """the first one"""

    def get(self, key: str) -> str | None:
        return next((value for name, value, _ in self.attributes if name == key), None)

    def all(self, key: str) -> list[str]:
        return [value for name, value, _ in self.attributes if name == key]

    def need(self, key: str) -> str:
        """Raises ValueError naming the stanza."""
        value = self.get(key)
        if value is None:
            raise ValueError(f"interfaces:{self.number}: {self.name} has no {key}")
        return value

    def number_of(self, key: str) -> int:
        return next((number for name, _, number in self.attributes if name == key), self.number)


def read_stanzas(text: str, known: Sequence[str]) -> tuple[list[Note], list[Stanza]]:
    """Notes above the first stanza, and the stanzas in order.

    Raises:
        ValueError: a line that is no directive, an attribute not in `known`, a stanza twice.
    """
    notes: list[Note] = []
    stanzas: dict[str, Stanza] = {}
    current: Stanza | None = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(maxsplit=1)
        if not words:
            continue
        if words[0].startswith("#"):
            _take_note(line, number, notes, current)
        elif words[0] == "auto":
            current = None
        elif words[0] == "iface":
            name = line.split()[1] if len(line.split()) > 1 else ""
            if not name or name in stanzas:
                raise ValueError(f"interfaces:{number}: a stanza without a name, or one that comes twice: {line!r}")
            current = stanzas[name] = Stanza(name, number)
        elif current is not None and words[0] in known:
            current.attributes.append((words[0], words[1].strip() if len(words) > 1 else "", number))
        else:
            raise ValueError(f"interfaces:{number}: not understood: {line.strip()!r}")
    return notes, list(stanzas.values())


def _take_note(line: str, number: int, notes: list[Note], current: Stanza | None) -> None:
    try:
        note = read_note(line)
    except ValueError as error:
        raise ValueError(f"interfaces:{number}: {error}") from None
    if note is None:
        return
    if current is None:
        notes.append(note)
    else:
        current.note = current.note or note
