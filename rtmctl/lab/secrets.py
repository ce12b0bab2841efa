"""Secrets of a lab: made up, so that no real one is needed or kept where a lab runs."""

import hashlib


def lab_secret(lab: str, reference: str) -> str:
    """The stand-in for a secret by its reference: one word, the same on both ends of a session and in every run."""
    return hashlib.sha256(f"rtmctl lab secret\0{lab}\0{reference}".encode()).hexdigest()[:24]
