"""What the answers mean. Pure.

A forbidden packet that got no answer proves something only when both ends could have been heard: the source got an
answer from somewhere else, and somebody (or the host itself) got one from the destination. Silence is not enough where
the packet itself may not arrive: the leaf on the way back may have stopped the answer, so the destination looks out.
"""

from collections.abc import Mapping

from rtmctl.observe.active.tests import ActivePlan, Answer, HostTest, Seen
from rtmctl.observe.ledger import Ledger, listed

REACHED = (Seen.ANSWERED, Seen.REFUSED)


def judge(
    check: str, plan: ActivePlan, answers: Mapping[HostTest, Answer], failures: Mapping[str, str], ledger: Ledger
) -> None:
    """Write the verdict of one check's tests into `ledger`. `failures`: host to why its tests could not run."""
    for reason in (reason for name, reason in plan.skipped if name == check):
        ledger.skip(reason)
    for reason in (reason for name, reason in plan.not_run if name == check):
        ledger.not_run(reason)
    alive = _alive(answers)
    causes: dict[str, list[str]] = {}
    """why tests prove nothing, to what they were"""
    for test in (test for test in plan.tests if test.check == check):
        answer = answers.get(test)
        if answer is None:
            ledger.not_run(f"{test.host}: {failures.get(test.host, 'no answer to the batch of tests')}")
        elif test.passes:
            right = answer.seen is Seen.ANSWERED
            ledger.expect(
                right,
                test.host,
                test.subject,
                f"an answer ({test.reason})",
                answer,
                hint=_hint(test, answer),
                about={test.target} - {"gateway"},
            )
        elif answer.seen in REACHED or answer.arrived:
            # an answer shows that the packet arrived, seen or not
            what = "not to arrive" if test.watched else "no answer"
            ledger.wrong(
                " or ".join(test.stopped_by),
                test.subject,
                f"{what} ({test.reason})",
                answer,
                hint="isolation is broken",
                about={*test.stopped_by, test.host, test.target},
                alone=True,
            )
        elif answer.seen is Seen.ERROR:
            causes.setdefault(answer.detail, []).append(test.subject)
        elif test.watched and answer.arrived is None:
            why = f"nobody can tell what arrives at {test.target} ({failures.get(test.target, 'its listener is gone')})"
            causes.setdefault(why, []).append(test.subject)
        elif {test.host, test.target} <= alive:
            ledger.ok()
        else:
            dead = " and ".join(sorted({test.host, test.target} - alive))
            causes.setdefault(f"silence proves nothing while {dead} answers nobody", []).append(test.subject)
    for cause, subjects in causes.items():
        ledger.not_run(f"{cause}: {listed(subjects, 3)}")


def _alive(answers: Mapping[HostTest, Answer]) -> set[str]:
    alive: set[str] = set()
    for test, answer in answers.items():
        if answer.seen is Seen.ANSWERED:
            alive |= {test.host, test.target}
    return alive


def _hint(test: HostTest, answer: Answer) -> str:
    if test.dont_fragment and answer.seen in (Seen.TOO_BIG, Seen.SILENT):
        return "a link on the way has a smaller MTU"
    if answer.seen is Seen.REFUSED:
        return "the host was reached, nothing listens there"
    return f"`net trace {test.host} {test.target}` shows the way" if test.target != "gateway" else ""
