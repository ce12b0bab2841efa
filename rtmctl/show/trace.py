"""The predicted path beside the one taken."""

import json
from dataclasses import asdict

from rtmctl.observe.predict import Prediction
from rtmctl.observe.trace import Trace
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal


def print_trace(trace: Trace, output: Output) -> None:
    if output is Output.JSON:
        print(json.dumps({"version": 1, "agrees": trace.agrees, **asdict(trace)}, default=str))
        return
    console = terminal()
    prediction = trace.prediction
    a, b = prediction.source, prediction.destination
    console.print(f"{a.host} ({a.address}) → {b.host} ({b.address}): [bold]{prediction.forwarding}[/]")
    console.print(f"  {_judged(prediction)}: {prediction.reason}")
    if prediction.vtep_source:
        console.print(f"  VTEP {_any(prediction.vtep_source)} → {_any(prediction.vtep_destination)}")
    console.print()
    table = Grid("hop", "predicted: one of", "taken", "packets", wraps=("predicted: one of", "packets"))
    hops = trace.taken.hops if trace.taken else ()
    for number in range(max(len(prediction.stages), len(hops))):
        stage = prediction.stages[number] if number < len(prediction.stages) else None
        hop = hops[number] if number < len(hops) else None
        wanted = ", ".join(f"{device} {port}" for device, port in stage.ports) if stage else ""
        if stage is None and hop is not None and prediction.passes is False:
            wanted = f"dropped before {b.host}"
        style = "" if hop is None else "green" if hop.predicted else "red"
        taken = f"{hop.device} {hop.in_port} → {hop.out_port or 'nowhere'}" if hop else ""
        packets = f"{hop.packets_in} in, {hop.packets_out} out" if hop else ""
        packets += "".join(f", {count} by {port}" for port, count in hop.also) if hop else ""
        table.add(str(number + 1), wanted, f"[{style}]{taken}[/]" if style else taken, packets)
    console.print(table)
    console.print()
    if trace.taken is None:
        console.print(f"not measured: {trace.not_measured}")
        console.print("next:  rtmctl net verify names what is broken on the way")
        return
    t = trace.taken
    ports = "" if t.packets.protocol == "icmp" else f" {t.packets.source_port} → {t.packets.port}"
    flow = f"{t.sent} packets of one flow ({t.packets.protocol}{ports})"
    console.print(f"measured by port counters around {flow}; another flow may take another of the equal paths")
    if t.unread:
        console.print(
            f"[yellow]the counters of {', '.join(t.unread)} could not be read[/]: what passed there is not known"
        )
    if trace.agrees is not None:
        console.print("[green]as predicted[/]" if trace.agrees else f"[bold red]not as predicted[/]: {_lost(trace)}")
    if trace.agrees is not True:
        console.print("next:  rtmctl net verify names what is broken on the way")


def _lost(trace: Trace) -> str:
    """Where the packets were last seen."""
    hops = trace.taken.hops if trace.taken else ()
    if trace.prediction.passes is False:
        return "what the models forbid arrived"
    if not hops:
        leafs = " or ".join(trace.prediction.source.leafs)
        return f"they did not arrive at {leafs}: look at {trace.prediction.source.host} and its cable"
    last = hops[-1]
    if not last.out_port:
        return f"lost at {last.device}, which they entered by {last.in_port}"
    other = next((hop for hop in hops if not hop.predicted), None)
    if other is not None:
        return f"{other.device} sent them out of {other.out_port}"
    return f"lost behind {last.device} {last.out_port}"


def _judged(prediction: Prediction) -> str:
    return {True: "passes", False: "does not pass", None: "cannot be told"}[prediction.passes]


def _any(vteps: tuple[object, ...]) -> str:
    return " or ".join(str(v) for v in vteps)
