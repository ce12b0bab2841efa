"""Findings as JSON for programs: `{"version": 1, "findings": [...]}`."""

import json
from collections.abc import Sequence
from typing import Any

from rtmctl.base import Finding, Position

VERSION = 1


def findings_json(findings: Sequence[Finding]) -> str:
    """Keys of a finding: code, severity, message, hint, where, also; a place has file, line, column, end_column."""
    document = {"version": VERSION, "findings": [finding_object(finding) for finding in findings]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def finding_object(finding: Finding) -> dict[str, Any]:
    """One finding as JSON data; `where` and `end_column` may be null."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "where": _place(finding.where) if finding.where else None,
        "also": [_place(position) for position in finding.also],
    }


def _place(position: Position) -> dict[str, Any]:
    return {
        "file": position.file,
        "line": position.line,
        "column": position.column,
        "end_column": position.end_column,
    }
