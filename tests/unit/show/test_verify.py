"""A verification as text: short whatever happens, and complete with -v."""

from dataclasses import replace

import pytest

from rtmctl.observe.types import Cause, CheckResult, Deviation, Outcome, Status, VerifyReport
from rtmctl.show.output import Output
from rtmctl.show.verify import print_report


def report(outcome: Outcome, status: Status = Status.FAILED) -> VerifyReport:
    check = CheckResult("matrix", "Host to host", status, outcome, 1.0)
    return VerifyReport("waw1", (check,), (), (), 10, 20, 0.0, 20.0, 2, 1, 5.0)


def said(outcome: Outcome, capsys: pytest.CaptureFixture[str], *, all_lines: bool = False) -> list[str]:
    print_report(report(outcome), Output.TEXT, all_lines=all_lines)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


BROKEN = tuple(
    Deviation("matrix", f"h{n}", f"h{n} → h0 ping", "no answer", "answered", hint="isolation is broken")
    for n in range(1, 400)
)
OTHER = Deviation("matrix", "leaf1", "leaf1 swp1", "up", "down")


def test_what_has_one_cause_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(said(Outcome(0, (*BROKEN, OTHER)), capsys))
    assert "! 399 times: expected no answer, seen answered (isolation is broken)" in text
    assert "h1 → h0 ping; h2 → h0 ping; h3 → h0 ping and 396 more" in text
    assert "! leaf1: leaf1 swp1: expected up, seen down" in text
    assert len(text.splitlines()) < 15


def test_a_hint_is_shown_where_all_have_it(capsys: pytest.CaptureFixture[str]) -> None:
    each = tuple(Deviation("matrix", f"h{n}", "ping", "an answer", "silent", hint=f"trace h{n}") for n in range(9))
    text = "\n".join(said(Outcome(0, each), capsys))
    assert "! 9 times: expected an answer, seen silent" in text
    assert "trace" not in text


@pytest.mark.parametrize(("label", "field"), [("not run", "not_run"), ("skipped", "skipped")])
def test_three_reasons_and_a_count(label: str, field: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(Outcome(1, **{field: tuple(f"reason {n}" for n in range(10))}), capsys)
    reasons = [line for line in lines if line.startswith(f"{label}: ")]
    assert reasons == [*(f"{label}: reason {n}" for n in range(3)), f"{label}: 7 more reasons (-v shows all)"]


def test_nothing_is_left_out_when_all_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(0, (*BROKEN, OTHER), tuple(f"s{n}" for n in range(9)), tuple(f"n{n}" for n in range(9)))
    lines = said(outcome, capsys, all_lines=True)
    assert sum(line.startswith("! ") for line in lines) == 400
    assert {f"skipped: s{n}" for n in range(9)} | {f"not run: n{n}" for n in range(9)} <= set(lines)


def test_what_follows_from_a_cause_is_counted_beside_it_and_not_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    cause = Deviation("devices", "leaf1", "bgpd", "running", "stopped", hint="restart it")
    following = tuple(replace(deviation, cause=1) for deviation in BROKEN)
    checks = (
        CheckResult("devices", "Devices", Status.FAILED, Outcome(0, (cause,)), 0.0),
        CheckResult("matrix", "Host to host", Status.FAILED, Outcome(0, (*following, OTHER)), 0.0),
    )
    whole = replace(report(Outcome()), checks=checks, causes=(Cause(1, cause, len(following)),))
    print_report(whole, Output.TEXT)
    text = capsys.readouterr().out
    assert "1. leaf1: bgpd: expected running, seen stopped  (restart it)\n     from it follow 399 in matrix" in text
    assert "h1 → h0" not in text and "leaf1 swp1" in text
    assert text.splitlines()[-1].startswith("next:")
