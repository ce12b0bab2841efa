"""What is wrong with an audit log: which link was altered, removed, moved, cut off or signed by a stranger. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rtmctl.base import Finding, Severity
from rtmctl.store.chain import GENESIS, chain_id, link_hash
from rtmctl.store.signing import fingerprint, genuine
from rtmctl.store.types import Anchor, AuditRow

_PLACES = 400
_DISTANCE = 32


@dataclass(frozen=True, slots=True)
class ChainReport:
    faults: tuple[Finding, ...]
    entries: int
    anchors: int
    """heads noted elsewhere with which the chain was compared"""
    others: tuple[str, ...]
    """signers of other chains' heads, as those of colleagues with a store of their own; not checked here"""


def prove_chain(
    rows: Sequence[AuditRow],
    *,
    trusted: Collection[str],
    own: str | None = None,
    anchors: Iterable[Anchor] = (),
    head: str | None = None,
) -> ChainReport:
    """Recompute the whole chain and compare it with what stands elsewhere.

    Args:
        rows: ascending by number, as the store gives them.
        trusted: public keys whose signatures count.
        own: the key of this very store; a head signed with it belongs to this chain or to what stood here before.
        anchors: heads noted on devices.
        head: a hash kept elsewhere, in git or a syslog.
    """
    faults = [*_links(rows), *_signatures(rows, trusted)]
    if head is not None and all(row.hash != head for row in rows):
        faults.append(
            Finding(
                "audit-cut", f"no entry has the hash {head[:16]}… kept elsewhere: entries were cut off or rewritten"
            )
        )
    mine = chain_id(rows[0]) if rows else ""
    of_chain: dict[Anchor, list[str]] = {}
    others: dict[str, str] = {}
    twins: dict[str, Anchor] = {}
    writers = {row.by for row in rows}
    for anchor in anchors:
        if anchor.chain == mine or anchor.key == own:
            of_chain.setdefault(replace(anchor, where="", at=0.0), []).append(f"{anchor.where} at {_when(anchor.at)}")
        else:
            others[anchor.key] = f"{anchor.by} ({fingerprint(anchor.key)})"
            if anchor.by in writers:
                twins[anchor.key] = anchor
    faults += [_twin(anchor) for anchor in twins.values()]
    by_number = {row.number: row for row in rows}
    for anchor, places in of_chain.items():
        faults += _anchor(anchor, places, mine, by_number, trusted)
    return ChainReport(tuple(faults), len(rows), sum(map(len, of_chain.values())), tuple(others.values()))


def _links(rows: Sequence[AuditRow]) -> Iterator[Finding]:
    bad = [row for row in rows if link_hash(row) != row.hash]
    last = rows[-1].number if rows else 0
    places = [*(row.number for row in bad), *range(last + 1, last + len(bad) + 1)]
    written = {row.number: _written_as(row, _near(row.number, places)) for row in bad}
    stood = {row.number: row.number for row in rows} | {now: then or now for now, then in written.items()}
    if gone := sorted(set(range(1, max(stood.values(), default=0) + 1)) - set(stood.values())):
        yield Finding("audit-removed", f"{_list(gone)} missing: removed from the log")
    if moved := {now: then for now, then in written.items() if then is not None}:
        yield Finding(
            "audit-moved", f"{_list(list(moved))} in another place than written: as {_ranges(moved.values())}"
        )
    before: AuditRow | None = None
    for row in rows:
        if row.number in written:
            if written[row.number] is None:
                yield Finding("audit-altered", f"{_entry(row)} was altered: its hash does not fit what it says")
        elif row.previous != (before.hash if before else GENESIS) and _follows(row, before, written):
            what = f"entry {before.number} is another one" if before else "something stood before it"
            yield Finding("audit-altered", f"{_entry(row)} does not follow from what stands before it: {what}")
        before = row


def _follows(row: AuditRow, before: AuditRow | None, bad: Collection[int]) -> bool:
    """Whether the link stands behind one that is sound in itself: else that one, or the gap, is named already."""
    if before is None:
        return row.number == 1
    return row.number == before.number + 1 and before.number not in bad


def _near(number: int, places: Sequence[int]) -> Iterable[int]:
    """Where it may have stood; of very many only those near by, for each costs a hash."""
    return places if len(places) <= _PLACES else range(max(1, number - _DISTANCE), number + _DISTANCE)


def _written_as(row: AuditRow, numbers: Iterable[int]) -> int | None:
    return next((number for number in numbers if link_hash(replace(row, number=number)) == row.hash), None)


def _signatures(rows: Sequence[AuditRow], trusted: Collection[str]) -> Iterator[Finding]:
    strangers: dict[str, list[int]] = {}
    unsigned: list[int] = []
    for row in rows:
        if row.key is None or row.signature is None:
            unsigned.append(row.number)
        elif not genuine(row.key, row.hash, row.signature):
            yield Finding("audit-altered", f"{_entry(row)} was altered: its signature does not fit its hash")
        elif row.key not in trusted:
            strangers.setdefault(row.key, []).append(row.number)
    if unsigned:
        yield Finding("audit-unsigned", f"{_list(unsigned)} not signed: anybody may have written them")
    for key, numbers in strangers.items():
        yield Finding(
            "audit-key-unknown",
            f"{_list(numbers)} signed with {fingerprint(key)}, a key that is not known here",
            hint="if it is a colleague's, put what `rtmctl audit key` prints there into audit.keys of the site",
        )


def _anchor(
    anchor: Anchor, places: list[str], mine: str, rows: Mapping[int, AuditRow], trusted: Collection[str]
) -> Iterator[Finding]:
    said = f"entry {anchor.number}"
    noted = f"noted on {', '.join(places)}"
    if anchor.key not in trusted or not genuine(anchor.key, anchor.hash, anchor.signature):
        yield Finding("audit-anchor", f"the head of {said} {noted} is not signed by a known key")
        return
    last = max(rows, default=0)
    if anchor.chain != mine:
        yield Finding(
            "audit-replaced",
            f"another log stood here: its {said} by {anchor.by}, signed with this store's key, is {noted}",
            hint="bring the store back from a backup",
        )
    elif anchor.number > last:
        yield Finding("audit-cut", f"{_entries(last + 1, anchor.number)} cut off the end: {said} is {noted}")
    elif anchor.number in rows and rows[anchor.number].hash != anchor.hash:
        yield Finding("audit-altered", f"{said} is not the one {noted}: it, or one before it, was written anew")


def _twin(anchor: Anchor) -> Finding:
    return Finding(
        "audit-replaced",
        f"{anchor.where} holds the head of another log by {anchor.by}, signed with {fingerprint(anchor.key)}: "
        "a second store, or this one was written anew with another key",
        hint="name the keys that may sign in audit.keys of the site",
        severity=Severity.WARNING,
    )


def _entry(row: AuditRow) -> str:
    return f"entry {row.number} ({row.action} by {row.by}, {_when(row.at)})"


def _when(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "at no possible time"


def _entries(first: int, last: int) -> str:
    return f"entry {first} was" if first == last else f"entries {first}–{last} were"


def _list(numbers: Sequence[int]) -> str:
    return f"entries {_ranges(numbers)} are" if len(numbers) > 1 else f"entry {_ranges(numbers)} is"


def _ranges(numbers: Iterable[int]) -> str:
    """Consecutive numbers as ranges: `1–3, 7`."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("–".join(map(str, part)) for part in parts)
