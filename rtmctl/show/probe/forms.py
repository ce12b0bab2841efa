"""A probe's result as JSON and as JUnit."""

import json
from dataclasses import asdict
from xml.etree import ElementTree

from rtmctl.probe import FlowResult, Verdict
from rtmctl.probe.summary import directions
from rtmctl.show.probe.measured import Measured
from rtmctl.show.xml import printable


def to_json(measured: Measured) -> str:
    """Version 1; docs/json.md has the keys."""
    result = measured.result
    return json.dumps(
        {
            "version": 1,
            "probe": measured.what.value,
            "place": measured.place,
            "verdict": result.verdict.value,
            "exit": int(measured.exit),
            "doubts": result.doubts,
            "left_out": measured.left_out,
            "lost": result.lost,
            "worst_ms": result.worst_ms,
            "resolution_ms": result.resolution_ms,
            "began_at": result.began_ns / 1e9,
            "seconds": result.lasted_s,
            "clock_error_ms": result.clock_error_ms,
            "flows": [_flow(measured, flow) for flow in result.flows],
            "agents": [asdict(agent) for agent in result.agents],
        }
    )


def _flow(measured: Measured, flow: FlowResult) -> dict[str, object]:
    body = asdict(flow)
    own = body.pop("flow")
    own = {key: str(value) if key.endswith("_address") else value for key, value in own.items()}
    source_port, port = measured.ports(flow)
    return {**own, "source_port": source_port, "port": port, "lost": flow.lost, "worst_ms": flow.worst_ms, **body}


def to_junit(measured: Measured) -> str:
    """One test suite; a test case a pair and direction, which fails when it lost packets; one more for doubts."""
    result = measured.result
    name = f"rtmctl probe {measured.what} {printable(measured.place)}"
    suite = ElementTree.Element("testsuite", name=name, time=f"{result.lasted_s:.3f}")
    failures = 0
    for direction in directions(result):
        title = printable(f"{direction.source} → {direction.destination}")
        case = ElementTree.SubElement(suite, "testcase", classname=f"rtmctl.probe.{measured.what}", name=title)
        if direction.lost:
            failures += 1
            worst = direction.worst
            message = f"{direction.lost} of {direction.sent} packets lost, worst {worst.worst_ms:.1f} ms"
            text = printable(f"{worst.flow.name}: {measured.tuple_of(worst)}")
            ElementTree.SubElement(case, "failure", message=message).text = text
    case = ElementTree.SubElement(suite, "testcase", classname=f"rtmctl.probe.{measured.what}", name="the probe itself")
    unsure = result.verdict is Verdict.INCONCLUSIVE
    if unsure:
        doubts = printable("\n".join(result.doubts) or "no flow was measured")
        ElementTree.SubElement(case, "error", message="inconclusive").text = doubts
    counts = {"tests": len(suite), "failures": failures, "errors": int(unsure), "skipped": 0}
    suite.attrib.update({key: str(count) for key, count in counts.items()})
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)
