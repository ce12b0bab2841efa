"""Which package mirror an image comes from: the one this machine is configured for, with the suite replaced."""

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_KEPT_OPTIONS = (
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
    "Acquire::Retries",
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
)
"""Settings of this machine's apt without which its mirror may not answer: proxies, frozen mirrors."""


@dataclass(frozen=True, slots=True)
class Source:
    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str | None

    def line(self) -> str:
        """In apt's one-line style (sources.list(5))."""
        option = f"[signed-by={self.signed_by}] " if self.signed_by else ""
        return f"deb {option}{self.uri} {self.suite} {' '.join(self.components)}"


def parse_deb822(text: str) -> Iterator[Source]:
    """Entries of a .sources file that are enabled, binary and signed by a key file or not at all."""
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for line in paragraph.splitlines() if line.strip() and not line.startswith("#")]
        fields = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        key = fields.get("signed-by") or None
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, tuple(fields.get("components", "").split()), key)


def parse_one_line(text: str) -> Iterator[Source]:
    """Entries of a sources.list."""
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)", line.split("#")[0].strip())
        if match is None:
            continue
        options = dict(item.partition("=")[::2] for item in (match[1] or "").split())
        yield Source(match[2], match[3], tuple(match[4].split()), options.get("signed-by"))


def for_suite(sources: Iterable[Source], here: str, suite: str) -> tuple[Source, ...]:
    """This machine's own distribution sources (of release `here`, its updates and security), turned to `suite`."""
    own = re.compile(rf"{re.escape(here)}(?=$|-updates$|-security$|/updates$)")
    wanted = (s for s in sources if own.match(s.suite))
    return tuple(dict.fromkeys(Source(s.uri, own.sub(suite, s.suite), ("main",), s.signed_by) for s in wanted))


def configured(etc: Path = Path("/etc/apt")) -> tuple[Source, ...]:
    """All sources apt knows on this machine."""
    found: list[Source] = []
    for file in sorted(etc.glob("sources.list.d/*.sources")):
        found += parse_deb822(file.read_text())
    for file in (etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))):
        if file.exists():
            found += parse_one_line(file.read_text())
    return tuple(found)


def release(os_release: str) -> Mapping[str, str]:
    """The fields of os-release(5)."""
    pairs = (line.partition("=") for line in os_release.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, _, value in pairs}


def options() -> tuple[str, ...]:
    """`--aptopt` values that carry this machine's proxies and date checks over."""
    done = subprocess.run(["apt-config", "dump", *_KEPT_OPTIONS], capture_output=True, text=True, check=False)
    return tuple(line for line in done.stdout.splitlines() if line.split(" ")[0] in _KEPT_OPTIONS)
