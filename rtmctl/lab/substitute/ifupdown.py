"""/etc/network/interfaces as data (interfaces(5), ifupdown2's dialect), as far as the passes need it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Stanza:
    """One `iface` block. Attributes keep their order; a name may come more than once (`address`)."""

    name: str
    auto: bool
    family: str
    """the words after the name, 'inet loopback', mostly empty"""
    attributes: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str | None:
        """The first value of an attribute."""
        return next((value for name, value in self.attributes if name == key), None)

    def words(self, key: str) -> tuple[str, ...]:
        """An attribute's values split at white space."""
        return tuple(word for name, value in self.attributes if name == key for word in value.split())

    def without(self, *keys: str) -> "Stanza":
        return replace(self, attributes=tuple((n, v) for n, v in self.attributes if n not in keys))

    def having(self, *attributes: tuple[str, str]) -> "Stanza":
        """With these at the end; what has one of their names already is replaced."""
        return replace(self, attributes=(*self.without(*(n for n, _ in attributes)).attributes, *attributes))

    def to_text(self) -> str:
        auto = f"auto {self.name}\n" if self.auto else ""
        header = f"iface {self.name} {self.family}".rstrip()
        return auto + header + "\n" + "".join(f"    {name} {value}".rstrip() + "\n" for name, value in self.attributes)


@dataclass(frozen=True, slots=True)
class Interfaces:
    stanzas: tuple[Stanza, ...]

    @classmethod
    def parse(cls, text: str) -> "Interfaces":
        """Comments are dropped; a line that belongs to no stanza is an error of the template that wrote it.

        Raises:
            ValueError: the line.
        """
        autos: set[str] = set()
        stanzas: list[Stanza] = []
        for raw in text.replace("\\\n", " ").splitlines():
            line = raw.strip()
            key, _, rest = line.partition(" ")
            rest = rest.strip()
            if not line or line.startswith("#"):
                continue
            if key in ("auto", "allow-auto", "allow-hotplug"):
                autos |= set(rest.split())
            elif key == "iface":
                name, _, family = rest.partition(" ")
                stanzas.append(Stanza(name, False, family.strip(), ()))
            elif stanzas:
                last = stanzas[-1]
                stanzas[-1] = replace(last, attributes=(*last.attributes, (key, rest)))
            else:
                raise ValueError(f"line outside of any iface: {line!r}")
        return cls(tuple(replace(s, auto=s.name in autos) for s in _merged(stanzas)))

    def get(self, name: str) -> Stanza | None:
        return next((s for s in self.stanzas if s.name == name), None)

    @property
    def by_name(self) -> dict[str, Stanza]:
        return {stanza.name: stanza for stanza in self.stanzas}

    def map(self, change: Callable[[Stanza], Stanza]) -> "Interfaces":
        return Interfaces(tuple(change(stanza) for stanza in self.stanzas))

    def to_text(self) -> str:
        return "\n".join(stanza.to_text() for stanza in self.stanzas)


def _merged(stanzas: Iterable[Stanza]) -> list[Stanza]:
    """Two blocks of one name (inet and inet6) are one interface."""
    found: dict[str, Stanza] = {}
    for stanza in stanzas:
        if stanza.name in found:
            earlier = found[stanza.name]
            found[stanza.name] = replace(earlier, attributes=earlier.attributes + stanza.attributes)
        else:
            found[stanza.name] = stanza
    return list(found.values())


def vids(words: Iterable[str]) -> tuple[int, ...]:
    """`bridge-vids 10 20-22` as numbers."""
    found: list[int] = []
    for word in words:
        first, _, last = word.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)
