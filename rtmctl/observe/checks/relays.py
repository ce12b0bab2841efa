"""Does every switch relay DHCP from the gateways that ask for it, to the right servers, and from none else?"""

from rtmctl.model.types import DeviceModel
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ledger import Ledger, listed
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    ledger = Ledger(CHECK.name)
    for model, state in reading.pairs():
        found = {(relay.interface, int(relay.source.version)): relay for relay in state.dhcp_relays}
        wanted = _wanted(model)
        for key, (vrf, source, servers) in wanted.items():
            subject = f"DHCP relay {key[0]} IPv{key[1]} (VRF {vrf})"
            seen = found.get(key)
            if seen is None:
                ledger.wrong(model.hostname, subject, f"to {servers}", "no relay", hint="is the process running?")
                continue
            said = (seen.vrf, str(seen.source), listed(seen.servers, limit=64))
            if ledger.expect(
                said == (vrf, source, servers),
                model.hostname,
                subject,
                f"to {servers} from {source}",
                f"to {said[2]} from {said[1]} in VRF {said[0]}",
            ):
                text = f"does not hear {key[0]}, or its own loopback in the VRF"
                ledger.expect(seen.listening, model.hostname, subject, "listens", text)
        if not wanted and not found:
            ledger.ok()
        for interface, version in sorted(found.keys() - wanted.keys()):
            ledger.wrong(model.hostname, f"DHCP relay {interface} IPv{version}", "none", "one runs")
    return ledger.outcome()


def _wanted(model: DeviceModel) -> dict[tuple[str, int], tuple[str, str, str]]:
    """(SVI, IP version) to VRF, source and servers."""
    return {
        (svi.name, relay.source.version): (svi.vrf, str(relay.source), listed(relay.servers, limit=64))
        for svi in model.svis
        for relay in svi.dhcp_relays
    }


CHECK = Check("relays", "DHCP relays", run)
