"""Findings as a JUnit report: one test case a finding, or one that passes where there is none."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from rtmctl.base import Finding, Severity

# XML 1.0 §2.2 has no place for these, escaped or not
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
    place = _clean(str(finding.where)) if finding.where else ""
    attributes = {"classname": f"{suite}.{finding.code}", "name": f"{place} {_clean(finding.message)}".strip()}
    if finding.where is not None:
        attributes |= {"file": _clean(finding.where.file), "line": str(finding.where.line)}
    case = ElementTree.SubElement(box, "testcase", attributes)
    text = _clean("\n".join(filter(None, (place, finding.message, f"hint: {finding.hint}" if finding.hint else ""))))
    if finding.severity is Severity.ERROR:
        failure = ElementTree.SubElement(case, "failure", {"type": finding.code, "message": _clean(finding.message)})
        failure.text = text
    else:
        ElementTree.SubElement(case, "system-out").text = f"{finding.severity}: {text}"


def _clean(text: str) -> str:
    return _NO_XML.sub("�", text)
