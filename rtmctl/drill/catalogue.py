"""The drills that are ready to run: those of the site's `drills/` folder, and those that rtmctl ships."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from rtmctl.base import Exit, Finding, PermanentError, SiteInvalid
from rtmctl.base.data import data_folder
from rtmctl.device.injection import Argument
from rtmctl.drill.faults import FAULTS
from rtmctl.drill.file import read_drill
from rtmctl.drill.types import Drill
from rtmctl.intent.names import suggest

FOLDER = "drills"


class Source(StrEnum):
    SITE = "site"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the catalogue; `drill` is None when it holds errors."""

    name: str
    source: Source
    path: Path
    drill: Drill | None
    findings: tuple[Finding, ...] = ()

    @property
    def needs(self) -> str:
        """What must be named on the command line: 'LINK'; empty: nothing."""
        return "" if self.drill is None or self.drill.target else FAULTS[self.drill.fault].target


def catalogue(site: Path) -> tuple[Entry, ...]:
    """Every drill file, sorted by name; one of the site takes the place of a shipped one of the same name."""
    found = {entry.name: entry for entry in _entries(data_folder(FOLDER), Source.SHIPPED)}
    found |= {entry.name: entry for entry in _entries(site / FOLDER, Source.SITE)}
    return tuple(found[name] for name in sorted(found))


def find_drill(site: Path, said: str, target: str = "", options: dict[str, Argument] | None = None) -> Drill:
    """What `drill run` means by its first argument: a file's path, a drill's name, or a fault's.

    Args:
        said: `drills/mine.yaml`, `spine-loss`, `link-down`.
        target: takes the place of the file's.
        options: likewise, one by one.

    Raises:
        PermanentError: no such drill, or it names no target. Exit code 2.
        SiteInvalid: its file holds errors.
    """
    drill = _named(site, said)
    drill = replace(drill, target=target or drill.target, options={**drill.options, **(options or {})})
    if not drill.target:
        kind = FAULTS[drill.fault].target
        raise PermanentError(f"{drill.name} needs a target", hint=f"rtmctl drill run {said} {kind}", exit=Exit.USAGE)
    return drill


def _named(site: Path, said: str) -> Drill:
    path = Path(said)
    if path.suffix in (".yaml", ".yml"):
        return _whole(*read_drill(path))
    entries = {entry.name: entry for entry in catalogue(site)}
    if said in entries:
        return _whole(entries[said].drill, entries[said].findings)
    if said in FAULTS:
        return Drill(name=said, title=FAULTS[said].summary, fault=said, target="")
    hint = suggest(said, {*entries, *FAULTS}, limit=len(FAULTS))
    raise PermanentError(f"there is no drill or fault {said!r}", hint=hint, exit=Exit.USAGE)


def _whole(drill: Drill | None, findings: tuple[Finding, ...]) -> Drill:
    if drill is None:
        raise SiteInvalid(findings)
    return drill


def _entries(folder: Path, source: Source) -> Iterator[Entry]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yaml", ".yml") and not path.name.startswith("."):
            drill, findings = read_drill(path)
            yield Entry(drill.name if drill else path.stem, source, path, drill, findings)
