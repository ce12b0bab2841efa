"""Findings as SARIF 2.1.0 (OASIS), which code hosts show on the lines of a change."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from rtmctl import __version__
from rtmctl.base import Finding, Position
from rtmctl.base.codes import CODES

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def findings_sarif(findings: Sequence[Finding]) -> str:
    """One run of the tool `rtmctl`; a rule for each code that occurs; severities map to SARIF levels by name."""
    codes = sorted({finding.code for finding in findings})
    run = {
        "tool": {"driver": {"name": "rtmctl", "version": __version__, "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    return {"id": code, "shortDescription": {"text": CODES.get(code, code)}}


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    text = finding.message + (f"\nhint: {finding.hint}" if finding.hint else "")
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": text},
    }
    if finding.where is not None:
        result["locations"] = [_location(finding.where)]
    if finding.also:
        result["relatedLocations"] = [{"id": n, **_location(p)} for n, p in enumerate(finding.also, 1)]
    return result


def _location(position: Position) -> dict[str, Any]:
    region = {"startLine": position.line, "startColumn": position.column}
    if position.end_column is not None:
        region["endColumn"] = position.end_column
    return {"physicalLocation": {"artifactLocation": {"uri": quote(position.file)}, "region": region}}
