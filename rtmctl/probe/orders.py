"""What each agent is told to do. Pure."""

from typing import Any

from rtmctl.probe.types import ProbeSpec

LEASE_S = 10.0
"""an agent that has heard nothing for so long ends by itself"""


def hosts_of(spec: ProbeSpec) -> list[str]:
    return sorted({host for flow in spec.flows for host in (flow.source, flow.destination)})


def order(spec: ProbeSpec, host: str, run: int) -> dict[str, Any]:
    """As the agent's docstring says. Flow n is sent from `port` + 1 + n."""
    coming = [(number, flow) for number, flow in enumerate(spec.flows) if flow.destination == host]
    return {
        "run": run,
        "duration_s": spec.duration_s,
        "stall_ms": spec.max_stall_ms,
        "lease_s": LEASE_S,
        "port": spec.port,
        "echo": spec.echo,
        "addresses": sorted({str(flow.destination_address) for _, flow in coming}),
        "receive": [number for number, _ in coming],
        "send": [
            {
                "flow": number,
                "source": str(flow.source_address),
                "destination": str(flow.destination_address),
                "source_port": spec.port + 1 + number,
                "rate_pps": flow.rate_pps,
                "size": flow.size,
            }
            for number, flow in enumerate(spec.flows)
            if flow.source == host
        ],
    }
