"""Findings as a JUnit report: one test case a finding, or one that passes where there is none."""

from collections.abc import Sequence
from xml.etree import ElementTree

from rtmctl.base import Finding, Severity
from rtmctl.show.xml import printable


def findings_junit(findings: Sequence[Finding], suite: str = "validate") -> str:
    """Errors are failures; warnings and notes pass, with their text as output."""
    failures = sum(finding.severity is Severity.ERROR for finding in findings)
    root = ElementTree.Element("testsuites")
    attributes = {"name": suite, "tests": str(len(findings) or 1), "failures": str(failures), "errors": "0"}
    box = ElementTree.SubElement(root, "testsuite", attributes)
    if not findings:
        ElementTree.SubElement(box, "testcase", {"classname": suite, "name": "no findings"})
    for finding in findings:
        _case(box, suite, finding)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(box: ElementTree.Element, suite: str, finding: Finding) -> None:
    place = printable(str(finding.where)) if finding.where else ""
    attributes = {"classname": f"{suite}.{finding.code}", "name": f"{place} {printable(finding.message)}".strip()}
    if finding.where is not None:
        attributes |= {"file": printable(finding.where.file), "line": str(finding.where.line)}
    case = ElementTree.SubElement(box, "testcase", attributes)
    text = printable("\n".join(filter(None, (place, finding.message, f"hint: {finding.hint}" if finding.hint else ""))))
    if finding.severity is Severity.ERROR:
        failure = ElementTree.SubElement(case, "failure", {"type": finding.code, "message": printable(finding.message)})
        failure.text = text
    else:
        ElementTree.SubElement(case, "system-out").text = f"{finding.severity}: {text}"
