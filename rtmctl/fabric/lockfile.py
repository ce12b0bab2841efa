"""The lock file on disk: read with every doubt named at its line, written in one step."""

import os
import re
import tempfile
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from rtmctl.base import Finding, Position, SiteInvalid
from rtmctl.fabric.lock import FILE_NAME, RESOLVE, VERSION, Kind, Lock, collisions, dump_lock

_MARKER = re.compile(r"^(<{7}|\|{7}|={7}|>{7})( |$)")
_REGENERATE = "restore it from git, or run `rtmctl net lock` after removing the lines in doubt"


def read_lock(root: Path) -> Lock:
    """The site's lock; an empty one where there is no file yet.

    Raises:
        SiteInvalid: the file is truncated, conflicted, of a newer version, or holds what a lock cannot.
    """
    path = root / FILE_NAME
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return Lock.empty()
    except UnicodeDecodeError as error:
        raise SiteInvalid([Finding("lock-syntax", f"not UTF-8: {error.reason}", _at(1), _REGENERATE)]) from None
    except OSError as error:
        raise SiteInvalid([Finding("lock-unreadable", f"cannot be read: {error.strerror}", _at(1))]) from None
    return parse_lock(text)


def write_lock(root: Path, lock: Lock) -> None:
    """Replace the file in one step: a reader sees the old or the new one, never a part."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=root, prefix=f".{FILE_NAME}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(dump_lock(lock))
            file.flush()
            os.fsync(file.fileno())
            path = root / FILE_NAME
            temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


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
    try:
        # composing builds no objects, it only finds the nodes and where they stand
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not YAML"
        findings.append(Finding("lock-syntax", f"not YAML: {problem}", _at(mark.line + 1 if mark else 1), _REGENERATE))
        return Lock.empty()
    if not isinstance(root, MappingNode):
        findings.append(Finding("lock-truncated", "the file holds no lock", _at(1), _REGENERATE))
        return Lock.empty()
    sections: dict[str, Node] = {}
    for key, node in root.value:
        twin = sections.get(str(key.value))
        if isinstance(twin, MappingNode) and isinstance(node, MappingNode) and base is not None:
            twin.value.extend(node.value)
            continue
        if twin is not None and base is None:
            findings.append(Finding("lock-duplicate", f"section {key.value} stands twice", _of(key), _REGENERATE))
        sections[str(key.value)] = node
    if not _version(sections, findings):
        return Lock.empty()
    end = sections.pop("complete", None)
    if not isinstance(end, ScalarNode) or end.value != "true":
        last = max(1, text.count("\n"))
        findings.append(
            Finding(
                "lock-truncated", "the last line `complete: true` is missing: it was cut off", _at(last), _REGENERATE
            )
        )
    allocations: dict[Kind, dict[str, str]] = {}
    lines: dict[tuple[Kind, str], int] = {}
    kinds = {str(kind): kind for kind in Kind}
    for name, node in sections.items():
        if name not in kinds:
            known = ", ".join(kinds)
            findings.append(Finding("lock-unknown-kind", f"{name} is no kind of allocation; known: {known}", _of(node)))
        elif not isinstance(node, MappingNode):
            findings.append(Finding("lock-wrong-type", f"{name}: expected lines of `name: value`", _of(node)))
        else:
            allocations[kinds[name]] = _entries(kinds[name], node, lines, findings, base)
    return Lock(allocations, lines)


def _version(sections: dict[str, Node], findings: list[Finding]) -> bool:
    node = sections.pop("version", None)
    if not isinstance(node, ScalarNode) or not node.value.isdecimal():
        where = _at(1) if node is None else _of(node)
        findings.append(Finding("lock-wrong-type", "the version is missing or no number", where, _REGENERATE))
        return False
    if int(node.value) > VERSION:
        message = f"version {node.value} is newer than this rtmctl knows ({VERSION})"
        findings.append(Finding("lock-newer", message, _of(node), "update rtmctl"))
        return False
    return True


def _entries(
    kind: Kind, section: MappingNode, lines: dict[tuple[Kind, str], int], findings: list[Finding], base: Lock | None
) -> dict[str, str]:
    entries: dict[str, str] = {}
    for key, node in section.value:
        if not isinstance(key, ScalarNode) or not isinstance(node, ScalarNode) or not node.value:
            findings.append(Finding("lock-wrong-type", f"{kind}: expected `name: value`", _of(key), _REGENERATE))
            continue
        identity, value = str(key.value), str(node.value)
        if identity in entries and base is not None:
            if value == base.get(kind, identity):
                entries[identity] = value
            continue
        if identity in entries:
            findings.append(
                Finding(
                    "lock-duplicate",
                    f"{kind} {identity} stands twice: {entries[identity]} and {value}",
                    _of(key),
                    RESOLVE,
                    also=(_at(lines[kind, identity]),),
                )
            )
            continue
        entries[identity] = value
        lines[kind, identity] = key.start_mark.line + 1
    return entries


def _at(line: int) -> Position:
    return Position(FILE_NAME, line, 1)


def _of(node: Node) -> Position:
    start, end = node.start_mark, node.end_mark
    same = end.line == start.line
    return Position(FILE_NAME, start.line + 1, start.column + 1, end.column + 1 if same else None)
