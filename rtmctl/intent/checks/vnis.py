"""VNIs that the operator fixed: each once, over segments and tenants together."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.pools import bounds
from rtmctl.intent.site import KeyPath


def check(draft: Draft) -> Iterator[Finding]:
    """Duplicates, and an L2 VNI in the pool of L3 VNIs or the other way round."""
    intent = draft.intent
    fixed: list[tuple[int, str, KeyPath, str]] = [
        (tenant.vni, f"tenant '{name}'", ("tenants", name, "vni"), "l2vni")
        for name, tenant in intent.tenants.items()
        if tenant.vni is not None
    ]
    fixed += [
        (segment.vni, f"segment '{name}'", ("segments", name, "vni"), "l3vni")
        for name, segment in intent.segments.items()
        if segment.vni is not None
    ]
    seen: dict[int, tuple[str, KeyPath]] = {}
    for vni, owner, path, foreign in fixed:
        if vni in seen:
            other, there = seen[vni][0], draft.where(*seen[vni][1])
            message = f"VNI {vni} of {owner} is also that of {other}"
            yield Finding(
                "vni-clash",
                message,
                draft.where(*path),
                "choose another, or leave it to the pool",
                also=(there,) if there else (),
            )
            continue
        seen[vni] = (owner, path)
        low, high = bounds(getattr(intent.pools, foreign))
        if low <= vni <= high:
            message = f"VNI {vni} of {owner} lies in pool '{foreign}' {low}-{high}"
            yield Finding("vni-clash", message, draft.where(*path), "choose one outside, or leave it to the pool")
