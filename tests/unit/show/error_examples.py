"""What rtmctl says about an example of docs/errors: a site, and with it perhaps a lock file."""

from rtmctl.base import Finding, SiteInvalid
from rtmctl.base.findings import errors
from rtmctl.check import prove
from rtmctl.fabric import Lock, allocate, derive, parse_lock, stale
from rtmctl.intent import read_text
from rtmctl.model import build_models
from rtmctl.show.findings import render_findings


def judge(site_text: str, lock_text: str | None, *, prove_it: bool) -> tuple[Finding, ...]:
    """As `rtmctl net lock` (no lock file given) and `rtmctl validate` (one given) go about it."""
    site, findings = read_text(site_text)
    if site is None or not prove_it:
        return findings
    try:
        lock = allocate(site, Lock.empty()) if lock_text is None else parse_lock(lock_text)
        findings += stale(site, lock)
        if errors(findings):
            return findings
        fabric = derive(site, lock)
        return findings + tuple(prove(fabric, build_models(fabric)))
    except SiteInvalid as invalid:
        return findings + invalid.findings


def answer(findings: tuple[Finding, ...], site_text: str, lock_text: str | None) -> str:
    return render_findings(findings, sources={"site.yaml": site_text, "rtmctl.lock.yaml": lock_text or ""})
