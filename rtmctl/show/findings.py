"""Findings in every form there is; `WRITERS` is the list."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from rtmctl.base import Finding, Position
from rtmctl.show.findings_github import findings_github
from rtmctl.show.findings_json import findings_json
from rtmctl.show.findings_junit import findings_junit
from rtmctl.show.findings_sarif import findings_sarif
from rtmctl.show.findings_text import findings_text
from rtmctl.show.output import Output

WRITERS: Mapping[Output, Callable[[Sequence[Finding]], str]] = {
    Output.JSON: findings_json,
    Output.JUNIT: findings_junit,
    Output.GITHUB: findings_github,
    Output.SARIF: findings_sarif,
}
"""all but text, which also wants the source lines"""


def render_findings(
    findings: Sequence[Finding],
    output: Output = Output.TEXT,
    *,
    sources: Mapping[str, str] | None = None,
    folder: str = ".",
    color: bool = False,
) -> str:
    """Findings as text of the form asked for.

    Args:
        sources: file name, as in the positions, to text; for the lines in form text (`rtmctl.intent.read_sources`).
        folder: the site's folder as the reader knows it; it is put before every file name.
    """
    moved = under(folder, findings)
    if output is not Output.TEXT:
        return WRITERS[output](moved)
    prefix = _prefix(folder)
    named = {name if name.startswith("/") else prefix + name: text for name, text in (sources or {}).items()}
    return findings_text(moved, named, color=color)


def show_findings(
    findings: Sequence[Finding],
    output: Output = Output.TEXT,
    *,
    sources: Mapping[str, str] | None = None,
    folder: str = ".",
) -> None:
    """To standard output: findings are what the command was asked for."""
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    sys.stdout.write(render_findings(findings, output, sources=sources, folder=folder, color=color))


def print_findings(findings: Sequence[Finding], *, sources: Mapping[str, str] | None = None, folder: str = ".") -> None:
    """To standard error: findings are why the command could not do what it was asked for."""
    color = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    sys.stderr.write(render_findings(findings, sources=sources, folder=folder, color=color))


def under(folder: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same findings with file names below `folder`, as a terminal's links and annotations need them."""
    prefix = _prefix(folder)

    def moved(position: Position) -> Position:
        whole = position.file.startswith("/") or position.file == folder  # of the folder itself, where there is none
        return position if whole else replace(position, file=prefix + position.file)

    return tuple(
        replace(f, where=moved(f.where) if f.where else None, also=tuple(moved(p) for p in f.also)) for f in findings
    )


def _prefix(folder: str) -> str:
    return "" if folder in ("", ".") else folder.rstrip("/") + "/"
