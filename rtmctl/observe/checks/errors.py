"""Do interface errors rise between two readings?"""

from rtmctl.observe.checks._check import Check
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    """Old errors are history; only a rise counts. A device that rebooted in between starts anew."""
    ledger = Ledger(CHECK.name)
    if not reading.earlier:
        ledger.not_run("needs two readings")
        return ledger.outcome()
    for model, state in reading.pairs():
        before = reading.earlier.get(model.hostname)
        if before is None:
            ledger.not_run(f"{model.hostname} was not read before")
            continue
        if before.boot_id != state.boot_id:
            ledger.wrong(model.hostname, "boot", "the same boot in both readings", "it rebooted in between")
            continue
        old = {link.name: link for link in before.links}
        for link in state.links:
            earlier = old.get(link.name)
            if earlier is None:
                continue
            for what, then, now in (
                ("receive errors", earlier.rx_errors, link.rx_errors),
                ("transmit errors", earlier.tx_errors, link.tx_errors),
            ):
                ledger.expect(
                    now <= then,
                    model.hostname,
                    f"{link.name} {what}",
                    f"no more than {then}",
                    f"{now} (+{now - then})",
                    hint="a cable, an optic or a duplex mismatch",
                )
    return ledger.outcome()


CHECK = Check("errors", "Interface errors that rise", run)
