"""The lock file on disk: read with every doubt named at its line, written in one step."""

import re
from pathlib import Path

from rtmctl.base import Finding, Position, SiteInvalid
from rtmctl.base.files import read_regular, replace_file
from rtmctl.fabric.lock import FILE_NAME, RESOLVE, VERSION, Kind, Lock, collisions, dump_lock
from rtmctl.fabric.locktext import REGENERATE, Section, read_sections

MAX_BYTES = 32 * 1024 * 1024
"""4 spines and 512 leafs without hosts are 0.2 MB"""

_MARKER = re.compile(r"^(<{7}|\|{7}|={7}|>{7})( |$)")
_KINDS = {str(kind): kind for kind in Kind}


def read_lock(root: Path) -> Lock:
    """The site's lock; an empty one where there is no file yet.

    Raises:
        SiteInvalid: the file is truncated, conflicted, of a newer version, or holds what a lock cannot.
    """
    try:
        return parse_lock(lock_text(root))
    except FileNotFoundError:
        return Lock.empty()


def lock_text(root: Path) -> str:
    """The file as it stands, whatever it holds.

    Raises:
        FileNotFoundError: there is none.
        SiteInvalid: it cannot be read, or is no UTF-8.
    """
    try:
        return read_regular(root / FILE_NAME, MAX_BYTES).decode()
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise SiteInvalid([Finding("lock-syntax", f"not UTF-8: {error.reason}", _at(1), REGENERATE)]) from None
    except OSError as error:
        raise SiteInvalid([Finding("lock-unreadable", f"cannot be read: {error.strerror}", _at(1))]) from None


def write_lock(root: Path, lock: Lock) -> None:
    """Replace the file in one step. Raises OSError; the old one stands then."""
    path = root / FILE_NAME
    replace_file(path, dump_lock(lock), path.stat().st_mode & 0o777 if path.exists() else 0o644)


def parse_lock(text: str) -> Lock:
    """Raises SiteInvalid with all findings, each at its line."""
    findings: list[Finding] = []
    markers = [n for n, line in enumerate(text.splitlines(), 1) if _MARKER.match(line)]
    if markers:
        also = tuple(_at(n) for n in markers[1:])
        raise SiteInvalid(
            [Finding("lock-conflict", "merge markers: the file was merged and not resolved", _at(markers[0]), RESOLVE,
                     also=also)]
        )  # fmt: skip
    lock = _parse(text, findings, None)
    # whether leafs may share an AS is the site's to say: `allocate` looks at those
    findings += collisions(lock, frozenset(Kind) - {Kind.ASN})
    if findings:
        raise SiteInvalid(sorted(findings, key=Finding.sort_key))
    return lock


def parse_merged(text: str, base: Lock) -> Lock:
    """A file as git left it: both sides of every conflict are taken.

    Of one identity's two values base's stays, else the first. What collides still collides in the result: that is
    for `resolve`.

    Raises:
        SiteInvalid: it is no lock at all.
    """
    findings: list[Finding] = []
    lock = _parse(_both_sides(text), findings, base)
    if findings:
        raise SiteInvalid(sorted(findings, key=Finding.sort_key))
    return lock


def _both_sides(text: str) -> str:
    """Without the marker lines, and without the common ancestor that diff3 style shows between ||||||| and =======."""
    kept: list[str] = []
    ancestor = False
    for line in text.splitlines(keepends=True):
        marker = _MARKER.match(line)
        if marker:
            ancestor = marker[1][0] == "|"
        # blank lines instead of dropped ones: line numbers stay those of the file
        kept.append("\n" if marker or ancestor else line)
    return "".join(kept)


def _parse(text: str, findings: list[Finding], base: Lock | None) -> Lock:
    """`base` set: a merge is being resolved, so that what stands twice is chosen from, not refused."""
    found, doubts = read_sections(text)
    findings += doubts
    if not found and not doubts:
        findings.append(Finding("lock-truncated", "the file holds no lock", _at(1), REGENERATE))
    if not found or any(doubt.code in ("lock-syntax", "lock-truncated") for doubt in doubts):
        return Lock.empty()
    sections: dict[str, Section] = {}
    for section in found:
        twin = sections.setdefault(section.name, section)
        if twin is section:
            continue
        if base is None:
            findings.append(
                Finding("lock-duplicate", f"section {section.name} stands twice", section.where, REGENERATE)
            )
        twin.lines.extend(section.lines)
    if not _version(sections.pop("version", None), findings):
        return Lock.empty()
    end = sections.pop("complete", None)
    if end is None or end.value != "true":
        message = "the last line `complete: true` is missing: it was cut off"
        findings.append(Finding("lock-truncated", message, _at(max(1, text.count("\n"))), REGENERATE))
    allocations: dict[Kind, dict[str, str]] = {}
    lines: dict[tuple[Kind, str], int] = {}
    for name, section in sections.items():
        if name not in _KINDS:
            known = ", ".join(_KINDS)
            message = f"{name} is no kind of allocation; known: {known}"
            findings.append(Finding("lock-unknown-kind", message, section.where))
        elif section.value is not None:
            findings.append(Finding("lock-wrong-type", f"{name}: expected lines of `name: value`", section.where))
        else:
            allocations[_KINDS[name]] = _entries(_KINDS[name], section, lines, findings, base)
    return Lock(allocations, lines)


def _version(section: Section | None, findings: list[Finding]) -> bool:
    if section is None or not re.fullmatch("[1-9][0-9]*", section.value or ""):
        where = _at(1) if section is None else section.where
        findings.append(Finding("lock-wrong-type", "the version is missing or no number", where, REGENERATE))
        return False
    if int(section.value or 0) > VERSION:
        message = f"version {section.value} is newer than this rtmctl knows ({VERSION})"
        findings.append(Finding("lock-newer", message, section.where, "update rtmctl"))
        return False
    return True


def _entries(
    kind: Kind, section: Section, lines: dict[tuple[Kind, str], int], findings: list[Finding], base: Lock | None
) -> dict[str, str]:
    entries: dict[str, str] = {}
    for line in section.lines:
        held = entries.get(line.name)
        if held is None:
            entries[line.name] = line.value
            lines[kind, line.name] = line.where.line
        elif base is None:
            message = f"{kind} {line.name} stands twice: {held} and {line.value}"
            also = (_at(lines[kind, line.name]),)
            findings.append(Finding("lock-duplicate", message, line.where, RESOLVE, also=also))
        elif line.value == base.get(kind, line.name):
            entries[line.name] = line.value
    return entries


def _at(line: int) -> Position:
    return Position(FILE_NAME, line, 1)
