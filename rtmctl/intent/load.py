"""Site files to a `Site`, or to every finding there is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rtmctl.base import Finding, SiteInvalid
from rtmctl.base.findings import errors
from rtmctl.intent.checks import CHECKS
from rtmctl.intent.compose import Mapping, compose
from rtmctl.intent.data import Data, to_data
from rtmctl.intent.files import SourceFile, read_files
from rtmctl.intent.merge import merge
from rtmctl.intent.refusals import not_a_mapping
from rtmctl.intent.site import Site
from rtmctl.intent.validate import SITE, validate


def load_site(root: Path) -> Site:
    """The site in a folder.

    Raises:
        SiteInvalid: the files hold errors; all findings are in it, warnings included.
    """
    site, findings = read_site(root)
    if site is None:
        raise SiteInvalid(findings)
    return site


def read_site(root: Path) -> tuple[Site | None, tuple[Finding, ...]]:
    """The site, or None when there are errors, with all findings in the order of the files' lines."""
    sources, findings = read_files(root)
    return _judge(root, sources, list(findings))


def read_text(text: str, root: Path = Path(), name: str = "site.yaml") -> tuple[Site | None, tuple[Finding, ...]]:
    """As `read_site`, for the text of a single file that need not exist."""
    return _judge(root, (SourceFile(name, text),), [])


def _judge(
    root: Path, sources: Sequence[SourceFile], findings: list[Finding]
) -> tuple[Site | None, tuple[Finding, ...]]:
    roots: list[Mapping] = []
    for source in sources:
        node, found = compose(source.name, source.text)
        findings.extend(found)
        if isinstance(node, Mapping):
            roots.append(node)
        elif not found:
            findings.append(not_a_mapping(SITE, source.name, node, whole=len(sources) == 1))
    unread = any(finding.severity == "error" for finding in findings if finding.code not in _HARMLESS)
    merged, found = merge(roots)
    findings.extend(found)
    if merged is None:
        return None, _ordered(findings, Data())
    data = to_data(merged)
    findings.extend(data.findings)
    draft, found = validate(data)
    # with a file unread, whatever seems to be missing may stand in it
    findings.extend(f for f in found if not (unread and f.code == "missing-key" and f.where == merged.at))
    if draft is not None and not unread:
        findings.extend(finding for check in CHECKS for finding in check(draft))
    ordered = _ordered(findings, data)
    if draft is None or errors(ordered):
        return None, ordered
    return Site(root, draft.intent, data.positions, data.keys), ordered


_HARMLESS = frozenset({"duplicate-key", "unsupported-yaml"})
"""findings after which the rest of the file is known all the same"""


def _ordered(findings: Iterable[Finding], data: Data) -> tuple[Finding, ...]:
    """In the order of the lines, and once for a whole name range."""
    shared = {at for at, times in Counter((*data.positions.values(), *data.keys.values())).items() if times > 1}
    first: dict[object, Finding] = {}
    more: Counter[object] = Counter()
    for finding in findings:
        ranged = finding.where is not None and finding.where in shared
        key = (finding.code, finding.where) if ranged else finding
        if key in first:
            more[key] += finding.message != first[key].message
        else:
            first[key] = finding
    grouped = (
        replace(f, message=f"{f.message} (and {more[key]} more from this line)") if more[key] else f
        for key, f in first.items()
    )
    return tuple(sorted(grouped, key=Finding.sort_key))
