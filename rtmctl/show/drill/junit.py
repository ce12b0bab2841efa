"""A drill as JUnit: a test case a flow class, and one each for the restored fault, the steady state, the verdict."""

from collections.abc import Iterator
from xml.etree import ElementTree

from rtmctl.drill.digest import ClassDigest, by_class, real_runs
from rtmctl.drill.types import DrillReport, Verdict
from rtmctl.show.drill.unrestored import unrestored
from rtmctl.show.drill.words import ms, reasons
from rtmctl.show.xml import printable

_KIND = {Verdict.REFUTED: "failure", Verdict.INCONCLUSIVE: "error", Verdict.ABORTED: "error"}


def report_junit(report: DrillReport) -> str:
    """Refuted is a failure; inconclusive and aborted are errors, of the flow classes too: nothing is known of them."""
    suite = ElementTree.Element(
        "testsuite", name=printable(f"rtmctl drill {report.plan.drill.name}"), time=f"{report.lasted_s:.3f}"
    )
    cases = [*(_class(digest, report) for digest in by_class(report)), *_ends(report)]
    counts = {"tests": len(cases), "failures": 0, "errors": 0, "skipped": 0}
    for name, outcome, message, text in cases:
        classname = printable(f"rtmctl.drill.{report.plan.drill.name}")
        case = ElementTree.SubElement(suite, "testcase", classname=classname, name=name, time="0.000")
        if outcome:
            counts["failures" if outcome == "failure" else "errors"] += 1
            ElementTree.SubElement(case, outcome, message=printable(message)).text = printable(text)
        else:
            ElementTree.SubElement(case, "system-out").text = printable(text or message)
    suite.attrib.update({name: str(number) for name, number in counts.items()})
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _class(digest: ClassDigest, report: DrillReport) -> tuple[str, str, str, str]:
    """Name, 'failure' or 'error' or nothing, message, text."""
    bound = f"bound {ms(digest.limit_ms)} ms" if digest.limit_ms is not None else "no bound"
    message = f"worst of {digest.flows} flows {ms(digest.max_ms)} ms, {bound}"
    name = f"{digest.kind.value} flows"
    if report.verdict in (Verdict.INCONCLUSIVE, Verdict.ABORTED):
        return name, "error", f"{report.verdict.value}: nothing is proven", "\n".join((message, *reasons(report)))
    if digest.exceeded:
        flow = digest.worst.result.flow.name if digest.worst else ""
        where = f"{flow} in run {digest.worst_run}: {message}"
        return name, "failure", message, "\n".join(filter(None, (where, digest.explanation)))
    return name, "", message, ""


def _ends(report: DrillReport) -> Iterator[tuple[str, str, str, str]]:
    left = "; ".join(f"{held.injection.node}: {held.failure or held.state.value}" for held in unrestored(report))
    yield "restored", "" if report.restored else "failure", "every hash is as before" if report.restored else left, left
    steady = all(run.steady for run in real_runs(report))
    said = "back at its steady state" if steady else "not back at its steady state"
    yield "steady state", "" if steady else "failure", said, ""
    why = "\n".join(reasons(report))
    yield "verdict", _KIND.get(report.verdict, ""), report.verdict.value, why
