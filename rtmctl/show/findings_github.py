"""Findings as annotations on a GitHub workflow run, one line each.

Source: GitHub Actions, "Workflow commands", ::error file=,line=,endColumn=,title=::message.
"""

from collections.abc import Sequence

from rtmctl.base import Finding, Severity

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def findings_github(findings: Sequence[Finding]) -> str:
    """File names must be relative to the repository (see `rtmctl.show.findings.under`)."""
    return "".join(_line(finding) + "\n" for finding in findings)


def _line(finding: Finding) -> str:
    properties = []
    if finding.where is not None:
        where = finding.where
        properties = [f"file={_value(where.file)}", f"line={where.line}", f"col={where.column}"]
        if where.end_column is not None:
            properties.append(f"endColumn={where.end_column - 1}")
    properties.append(f"title={_value(finding.code)}")
    text = finding.message + (f"\nhint: {finding.hint}" if finding.hint else "")
    return f"::{_COMMAND[finding.severity]} {','.join(properties)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
