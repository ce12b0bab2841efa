"""The recorders of a fabric's switches, as a drill uses them: started, asked before the fault, read at the end."""

from collections.abc import Mapping, Sequence

from rtmctl.device import Endpoint
from rtmctl.device.events import Moment, Sighting
from rtmctl.drill.instruments import Recorded
from rtmctl.drill.types import PlannedFlow
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel
from rtmctl.observe.carried import FiveTuple, cables, carried, contradicted, lookouts, rates
from rtmctl.observe.recording import Recording, start_recording
from rtmctl.observe.timeline import Names, timeline
from rtmctl.probe import ProbeSpec

WINDOW_MS = 100.0
"""how long packets are looked at before the fault"""


class SwitchRecorder:
    """`Recorder` for one run."""

    def __init__(self, fabric: Fabric, models: Mapping[str, DeviceModel], endpoints: Mapping[str, Endpoint]) -> None:
        self._ends = cables(fabric)
        self._names = Names.of(models)
        self._endpoints = endpoints
        self._recording: Recording | None = None
        self._flows: dict[str, tuple[FiveTuple, float]] = {}
        self._port = 0
        self._sightings: tuple[Sighting, ...] = ()
        self._looked: tuple[int, int] | None = None
        self._doubts: list[str] = []

    async def start(self, flows: Sequence[PlannedFlow], spec: ProbeSpec) -> None:
        self._flows = five_tuples(spec)
        self._port = spec.port
        self._recording = await start_recording(self._endpoints)

    async def before_fault(self) -> None:
        """Look at one end of each cable for the flows' own packets."""
        if self._recording is None:
            return
        ports = lookouts(self._ends, frozenset(self._endpoints) - frozenset(self._recording.missing))
        self._sightings, failures, self._looked = await self._recording.look(ports, self._port, WINDOW_MS)
        self._doubts += [f"{name}: it is not known which flows it carries: {why}" for name, why in failures.items()]

    async def stop(self, began_ns: int) -> Recorded:
        if self._recording is None:
            return Recorded(doubts=("nothing was recorded on the switches",))
        recorded = await self._recording.stop()
        used = carried(self._flows, self._sightings, self._ends)
        if self._looked is not None:
            measured = rates(recorded.counters, *self._looked)
            wrong = contradicted(used, self._flows, measured, self._ends)
            self._doubts += [f"counters of {cable} do not show the flows that were seen on it" for cable in wrong]
        silences = (
            Moment((recorded.devices[name].last_ns - began_ns) / 1e6, name, "daemon", "is heard no more")
            for name in recorded.absent
        )
        return Recorded(
            moments=(*timeline(recorded.events, began_ns, self._names), *silences),
            used=used,
            doubts=(*self._doubts, *recorded.doubts),
            imprecise=recorded.imprecise,
            absent=recorded.absent,
        )


def five_tuples(spec: ProbeSpec) -> dict[str, tuple[FiveTuple, float]]:
    """Flow to its 5-tuple and rate, as the probe sends it."""
    return {
        flow.name: (
            FiveTuple(flow.source_address, flow.destination_address, spec.port + 1 + number, spec.port),
            flow.rate_pps,
        )
        for number, flow in enumerate(spec.flows)
    }
