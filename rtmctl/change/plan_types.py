"""The Plan and its parts: exactly what `apply` will do, frozen, with no secret in clear."""

from dataclasses import dataclass

from rtmctl.model.config import DeviceConfig

PLAN_VERSION = 1


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A secret by reference. `keyed_hash` (HMAC-SHA256 under the key `key_id`) tells later whether it has changed."""

    reference: str
    keyed_hash: str
    key_id: str


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """Unified diff of one section, without file headers."""

    section: str
    added: int
    removed: int
    text: str


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One device's part of a stage."""

    device: str
    platform: str
    pre_hash: str
    """of what the device runs, as the device itself computes it"""
    before: DeviceConfig
    """what runs, secrets as tokens; its comments are in `files`"""
    target: DeviceConfig
    """what is to run, secrets as tokens"""
    target_hash: str
    """SHA-256 of `target`, its tokens unfilled"""
    diffs: tuple[SectionDiff, ...]
    """from `before` to the target in the device's own normal form"""
    version: str
    """of the network operating system"""
    idle: bool
    """carries no session or traffic: may change together with anything"""
    resets: tuple[str, ...]
    """what goes down and comes back: 'bgp default swp1: remote AS changes'"""
    impact: tuple[str, ...]
    """what it may touch: sessions, VNIs, hosts"""
    unmanaged: tuple[str, ...]
    """objects that are not rtmctl's; kept, or removed when the plan says so"""
    weaker: tuple[str, ...]
    """guards this platform cannot give in full"""
    partners: tuple[str, ...]
    """redundant devices of which one must be up while this one changes"""
    managed: str = ""
    """note for the device: which lines of the target are rtmctl's"""
    drain: DeviceConfig | None = None
    """the target while traffic is moved away first; None: nothing to move, or no way to"""
    drain_note: str | None = None
    """note for the device: who has drained it and why; None: it is not drained with this target"""
    drain_before: str | None = None
    """that note as the plan found it"""
    files: DeviceConfig | None = None
    """`before` with the comments of the device's files: what a rollback brings back, and reads as a model"""
    waits: tuple[tuple[str, str], ...] = ()
    """sessions, as health names them, that come back when the device beside them has changed too"""
    comes: tuple[tuple[str, str], ...] = ()
    """sessions that are new with this target, each with the one to the same device that it joins or stands in for"""
    ends: tuple[str, ...] = ()
    """sessions that end with it"""
    leaves: bool = False
    """traffic leaves the device with this target, and the next wave waits until it has"""

    @property
    def added(self) -> int:
        return sum(diff.added for diff in self.diffs)

    @property
    def removed(self) -> int:
        return sum(diff.removed for diff in self.diffs)


@dataclass(frozen=True, slots=True)
class Wave:
    """Devices that change together; no two of them are redundant to each other unless all are idle."""

    name: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A set of targets that is reached wave by wave and then stands as a whole.

    A change has one stage, or as many as keep a way open for all traffic; all are decided together.
    """

    name: str
    devices: tuple[DevicePlan, ...]
    waves: tuple[Wave, ...]

    def device(self, name: str) -> DevicePlan:
        """Raises KeyError with the name when it does not take part."""
        for part in self.devices:
            if part.device == name:
                return part
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Plan:
    """What `net plan` prints and `net apply` does."""

    version: int
    site: str
    made_at: float
    """seconds since the epoch"""
    made_by: str
    tool: str
    stages: tuple[Stage, ...]
    unchanged: tuple[str, ...]
    """devices that already run their target"""
    left_out: tuple[str, ...]
    """devices that `only` excludes"""
    secrets: tuple[SecretUse, ...]
    warnings: tuple[str, ...]
    outages: tuple[str, ...] = ()
    """what cannot be changed without an outage; `apply` wants them accepted"""
    unsettled: tuple[str, ...] = ()
    """devices on which another change is neither confirmed nor reverted: what runs there may go by itself"""
    mixed: tuple[str, ...] = ()
    """states between the waves that fail a proof: `apply --commit wave` would leave them standing, and refuses"""
    undoes: str | None = None
    """the change whose old state this brings back"""
    digest: str = ""
    """over everything else: an edited plan is refused"""

    @property
    def empty(self) -> bool:
        return not self.stages

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(sorted({part.device for stage in self.stages for part in stage.devices}))

    @property
    def first_parts(self) -> dict[str, DevicePlan]:
        """Each device's part of the first stage that changes it: `before` is what it runs now."""
        return {part.device: part for stage in reversed(self.stages) for part in stage.devices}

    @property
    def last_parts(self) -> dict[str, DevicePlan]:
        """Each device's part of the last stage that changes it: `target` is what it runs in the end."""
        return {part.device: part for stage in self.stages for part in stage.devices}
