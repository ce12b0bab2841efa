"""Configuration on a device that is not rtmctl's: shown, and kept unless told otherwise.

The device itself remembers which lines rtmctl last wrote (a note of short hashes), so a fresh clone knows it too.
A line is taken with the path of lines it stands under, as indentation shows them.
"""

import hashlib
import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum

from rtmctl.model.config import DeviceConfig


class Unmanaged(StrEnum):
    KEEP = "keep"
    REMOVE = "remove"


def managed_note(config: DeviceConfig) -> str:
    """The note for a device that runs `config` (in its normal form) and nothing else of rtmctl's."""
    return json.dumps(
        {name: "".join(sorted({_short(path) for path, _ in _paths(text)})) for name, text in config.sections}
    )


def unmanaged_lines(running: DeviceConfig, note: str | None) -> tuple[str, ...]:
    """`section: line > line` of everything that runs and is not rtmctl's; none where rtmctl has never written."""
    known = _read_note(note)
    if known is None:
        return ()
    return tuple(
        f"{name}: {' > '.join(path)}"
        for name, text in running.sections
        if name in known
        for path, _ in _paths(text)
        if _short(path) not in known[name]
    )


def keep_unmanaged(running: DeviceConfig, target: DeviceConfig, note: str | None) -> DeviceConfig:
    """The target with the unmanaged lines of what runs put where they stand now.

    A line goes behind the same managed line as before. Where the target has dropped the block it stood in, it goes
    with the block.
    """
    known = _read_note(note)
    if known is None:
        return target
    return DeviceConfig(
        tuple(
            (name, _merge(running.get(name), text, known[name]) if name in known else text)
            for name, text in target.sections
        )
    )


def line_paths(text: str) -> list[tuple[str, ...]]:
    """Each line with the lines it stands under, as indentation shows them."""
    return [path for path, _ in _paths(text)]


def _merge(running: str, target: str, known: frozenset[str]) -> str:
    have = list(_paths(running))
    ours = [(path, line) for path, line in have if _short(path) in known]
    if len(ours) == len(have):
        return target
    want = list(_paths(target))
    matcher = SequenceMatcher(a=[p for p, _ in ours], b=[p for p, _ in want], autojunk=False)
    place = {block.a + k: block.b + k for block in matcher.get_matching_blocks() for k in range(block.size)}
    inserts: dict[int, list[str]] = {}
    parents = {path for path, _ in want}
    seen, behind = -1, -1
    for path, line in have:
        if _short(path) in known:
            seen += 1
            behind = place.get(seen, behind)
        elif len(path) == 1 or path[:-1] in parents:
            inserts.setdefault(behind, []).append(line)
            parents.add(path)
    out = list(inserts.get(-1, []))
    for number, (_, line) in enumerate(want):
        out.append(line)
        out += inserts.get(number, [])
    return "".join(f"{line}\n" for line in out)


def _paths(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    stack: list[tuple[int, str]] = []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        depth = len(line) - len(line.lstrip())
        while stack and stack[-1][0] >= depth:
            stack.pop()
        stack.append((depth, stripped))
        yield tuple(word for _, word in stack), line


def _short(path: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(path).encode()).hexdigest()[:8]


def _read_note(note: str | None) -> dict[str, frozenset[str]] | None:
    if not note:
        return None
    try:
        found = json.loads(note)
        return {name: frozenset(t[i : i + 8] for i in range(0, len(t), 8)) for name, t in found.items()}
    except (ValueError, AttributeError, TypeError):
        return None
