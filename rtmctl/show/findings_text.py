"""Findings as a person reads them: the place, the line, a caret under what is meant, a hint."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rich.cells import cell_len

from rtmctl.base import Finding, Position, Severity

WIDTH = 110
"""columns of a source line that are shown, around the caret"""

MAX_LINE = 4000
"""characters of a line that are looked at at all"""

MAX_SHOWN = 500
"""findings shown one by one; a program reads all of them as JSON"""

_SGR = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_NEWLINE = re.compile(r"\r\n|\r|\n")
_SECRET = re.compile(
    r"((?:\b|_)(?:pass\w*|secret\w*|token\w*|key|community)['\"]?\s*:\s*)(?!\s|['\"]?(?:env|file|vault):)([^,}#]+)",
    re.I,
)


def findings_text(findings: Sequence[Finding], sources: Mapping[str, str], *, color: bool = False) -> str:
    """All findings with their source lines, and a last line that counts them; empty for none.

    Args:
        findings: in the order to show.
        sources: file name (as in the positions) to the file's text; a file not in it is shown without lines.
    """
    if not findings:
        return ""
    lines_of = {name: _NEWLINE.split(text) for name, text in sources.items()}
    blocks = ["\n".join(_block(finding, lines_of, color)) for finding in findings[:MAX_SHOWN]]
    if len(findings) > MAX_SHOWN:
        blocks.append(f"… and {len(findings) - MAX_SHOWN:,} more; `--output json` lists all")
    return "\n".join([*blocks, summary(findings)]) + "\n"


def summary(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`."""
    counts = Counter(finding.severity for finding in findings)
    said = [f"{n} {severity}{'s' if n > 1 else ''}" for severity in Severity if (n := counts[severity])]
    return ", ".join(said) or "no findings"


def _block(finding: Finding, lines_of: Mapping[str, Sequence[str]], color: bool) -> list[str]:
    where = finding.where
    place = f"{printable(str(where))}: " if where else ""
    head = f"{finding.severity}[{finding.code}]"
    head = f"\x1b[{_SGR[finding.severity]}m{head}\x1b[0m" if color else head
    block = [f"{place}{head}: {printable(finding.message)}"]
    if where is not None:
        lines = lines_of.get(where.file, ())
        if 0 < where.line <= len(lines) and lines[where.line - 1].strip():
            block += _excerpt(lines[where.line - 1], where, color)
    if finding.hint:
        block.append(f"   hint: {printable(finding.hint)}")
    block += [f"   also: {printable(str(position))}" for position in finding.also]
    return block


def _excerpt(line: str, where: Position, color: bool) -> list[str]:
    if len(line) > MAX_LINE:
        cut = max(0, where.column - MAX_LINE // 2)
        line = line[cut : cut + MAX_LINE]
        end = where.end_column and max(1, where.end_column - cut)
        where = replace(where, column=where.column - cut, end_column=end)
    # columns count in the file's line, the caret stands under the masked one
    start = len(masked(line[: where.column - 1]))
    stop = len(masked(line[: max((where.end_column or 0) - 1, where.column)]))
    line = printable(masked(line))
    start = min(start, len(line))
    stop = max(start + 1, min(stop, len(line)))
    left = max(0, start - WIDTH // 2) if len(line) > WIDTH else 0
    shown = ("…" if left else "") + line[left : left + WIDTH] + ("…" if len(line) > left + WIDTH else "")
    before = ("…" if left else "") + line[left:start]
    carets = "^" * max(1, min(cell_len(line[start:stop]), WIDTH))
    if color:
        carets = f"\x1b[1m{carets}\x1b[0m"
    number = f"{where.line:5d}"
    return [f"{number} | {shown}", f"{' ' * len(number)} | {' ' * cell_len(before)}{carets}"]


def masked(line: str) -> str:
    """The line without what looks like a secret in clear: a screen and a CI log are no place for one."""
    return _SECRET.sub(lambda m: m.group(1) + "•••", line)


def printable(text: str) -> str:
    """One line without control characters: what stands in a file must not steer the terminal."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "�" for c in text)
