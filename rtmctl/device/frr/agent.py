#!/usr/bin/python3 -IS
"""The part of rtmctl that lives on a switch of platform frr. Standard library only, Python 3.9 or newer, runs as root.

    agent VERB [NAME=VALUE ...]     one JSON object on stdout; exit 1 and {"error": ...} when it did not work
    agent serve                     the same verbs, one JSON request a line on stdin; an answer is its length, then it

It is the authority over a change of this device: the lease and its fence number, the staged target, the pre-image,
the revert timer. Order of writing is what makes a change safe: pre-image on disk, watchdog running, record `armed` on
disk, and only then the first line changes. Whoever dies after that, the watchdog (or `boot`, after a power cut) puts
the pre-image back. Every verb that changes something holds one flock; times are CLOCK_BOOTTIME, which no clock step
moves, and are only compared within one boot id.

It is one long file because a device is given one file.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

VERSION = 1
MARK = "#### rtmctl section: "
"""as in rtmctl.model.config: a configuration's hash is over its one-text form"""

FILES = {
    "frr": "etc/frr/frr.conf",
    "interfaces": "etc/network/interfaces",
    "nftables": "etc/nftables.conf",
    "sysctl": "etc/sysctl.d/90-rtmctl.conf",
    "lldpd": "etc/lldpd.d/rtmctl.conf",
}
"""section to file, in the order of the one-text form"""

PENDING = ("armed", "applied")
ARMING_S = 30.0
"""how long a watchdog waits for the record it was started for"""
KILL_AFTER_S = 3.0
"""how long an expired timer waits for a change still in progress before it kills it"""
RESERVE = 512 * 1024
"""bytes kept aside on the state directory's disk, given up when a record would not fit otherwise"""
COMMAND_TIMEOUT_S = 120.0
BUNDLE = {
    "version": "show version",
    "vrfs": "show vrf",
    "bgp": "show bgp vrf all neighbors json",
    "bfd": "show bfd peers json",
    "vnis": "show evpn vni detail json",
    "evpn": "show bgp l2vpn evpn route json",
    "evpn_macs": "show evpn mac vni all json",
    "evpn_arp": "show evpn arp-cache vni all json",
}
"""what `state` asks FRR for"""


class AgentError(Exception):
    """What the operator is told: `code` is for programs; `permanent`: retrying is no use."""

    def __init__(self, code: str, step: str, message: str, permanent: bool = True, **more: Any) -> None:
        super().__init__(message)
        self.code, self.step, self.message, self.permanent, self.more = code, step, message, permanent, more

    def to_json(self) -> dict[str, Any]:
        body = {"error": self.message, "code": self.code, "step": self.step, "permanent": self.permanent}
        return {**body, **self.more}


class Result(NamedTuple):
    rc: int
    out: str
    err: str


# --- pure: texts and their normal form ------------------------------------------------------------------------------

_NOISE = re.compile(r"^(Building configuration|Current configuration|frr version |end$|!|(no )?(ip|ipv6) forwarding$)")
"""versions, timestamps, separators; and forwarding, which FRR only mirrors: it is a sysctl"""
_FORWARDING = re.compile(r"^(no )?(ip|ipv6) forwarding *\n", re.MULTILINE)
_HOLLOW = re.compile(r"^(interface \S+( vrf \S+)?|vrf \S+)$")
"""blocks that say nothing when nothing is in them; FRR 8 and 10 differ in when they print one"""
_VNI = re.compile(r"^  vni \d+$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m|^\d{4}-\d\d-\d\d \S+ +|ERROR: ", re.MULTILINE)
_SECRET = re.compile(r"^(\s*(?:neighbor \S+ password|(?:enable )?password(?: 8)?|key-string) )(\S+)\s*$")
_DIGITS = re.compile(r"(\d+)")
_GLOBAL = ("frr", "hostname", "domainname", "log", "service", "no", "debug", "agentx")


def mask(secret: str, key: str) -> str:
    """Keyed hash that stands for a secret wherever text leaves the device."""
    return "hmac:" + hashlib.blake2b(secret.encode(), key=key.encode()[:64], digest_size=12).hexdigest()


def _natural(text: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(text) if part]


def _rank(header: str) -> tuple[int, list[tuple[int, int, str]]]:
    return (0 if header.split(" ", 1)[0] in _GLOBAL else 1, _natural(header))


def blocks(text: str) -> dict[str, list[str]]:
    """FRR text as header line to the lines under it; a header that comes twice is one block."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for raw in text.splitlines():
        line = raw.rstrip()
        if not line or line.strip() == "!" or _NOISE.match(line):
            continue
        if line.startswith(" ") and current is not None:
            current.append(line)
        elif line in ("exit", "exit-vrf") and current is not None:
            continue
        else:
            current = found.setdefault(line, [])
    return {header: in_order(lines) for header, lines in found.items() if lines or not _HOLLOW.match(header)}


def in_order(lines: list[str]) -> list[str]:
    """The lines of a block with its `vni` parts sorted: FRR prints them in the order of a hash table."""
    groups: list[list[str]] = []
    for line in lines:
        if groups and _VNI.match(groups[-1][0]) and (line.startswith("   ") or line.strip() == "exit-vni"):
            groups[-1].append(line)
        else:
            groups.append([line])
    places = [index for index, group in enumerate(groups) if _VNI.match(group[0])]
    ordered = sorted((groups[index] for index in places), key=lambda group: _natural(group[0]))
    for group, index in enumerate(places):
        groups[index] = ordered[group]
    return [line for group in groups for line in group]


def normal_frr(text: str, key: str | None) -> str:
    """frr.conf or `show running-config` in the one form both are compared in.

    Separators, versions and timestamps are gone, top-level blocks are sorted (FRR 8 and 10 print them in different
    orders; order between blocks means nothing to FRR), secrets are masked when a key is given.
    """
    ordered = dict(sorted(tree(text).items(), key=lambda item: _rank(item[0])))
    out = untree(ordered).splitlines()
    if key is not None:
        out = [_SECRET.sub(lambda m: m[1] + (m[2] if m[2].startswith("hmac:") else mask(m[2], key)), x) for x in out]
    return "".join(f"{line}\n" for line in out)


def normal_lines(text: str) -> str:
    """A line-oriented file without comments, blank lines and trailing space."""
    lines = (line.rstrip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.lstrip().startswith("#"))


def sysctls(text: str) -> dict[str, str]:
    """sysctl.d text as key to value, keys with dots between levels (sysctl.d(5): a `-` in front forgives)."""
    found: dict[str, str] = {}
    for line in normal_lines(text).splitlines():
        if "=" in line and not line.lstrip().startswith(";"):
            name, value = line.split("=", 1)
            found[name.strip().lstrip("-").strip()] = " ".join(value.split())
    return found


def normal(section: str, text: str, key: str | None) -> str:
    """The form in which two texts of a section are compared and hashed."""
    if section == "frr":
        return normal_frr(text, key)
    if section == "sysctl":
        return "".join(f"{name} = {value}\n" for name, value in sorted(sysctls(text).items()))
    return normal_lines(text)


def hash_of(sections: Mapping[str, str]) -> str:
    """SHA-256 as DeviceConfig.hash() computes it."""
    return hashlib.sha256("".join(f"{MARK}{n}\n{t}" for n, t in sections.items()).encode()).hexdigest()


def split_sections(text: str) -> dict[str, str]:
    """Inverse of DeviceConfig.to_text. Raises AgentError for anything that is not sections of this platform."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines(keepends=True):
        if line.startswith(MARK):
            name = line[len(MARK) :].strip()
            if name not in FILES or name in found:
                raise AgentError(
                    "syntax", "stage", f"section {name!r} is unknown or comes twice; known: {', '.join(FILES)}"
                )
            current = found[name] = []
        elif current is None:
            raise AgentError("syntax", "stage", f"text before the first section mark: {line.strip()[:60]!r}")
        else:
            current.append(line)
    return {name: "".join(found[name]) for name in FILES if name in found}


class Stanza(NamedTuple):
    """One `iface` of an ifupdown2 file."""

    auto: bool
    attributes: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


def stanzas(text: str) -> dict[str, Stanza]:
    """interfaces(5) text as interface to stanza. Raises AgentError on a line that is none."""
    autos: set[str] = set()
    found: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "auto" or words[0].startswith("allow-"):
            autos.update(words[1:])
            current = None
        elif words[0] == "iface" and len(words) > 1:
            current = found.setdefault(words[1], [])
        elif words[0] in ("source", "source-directory", "vlan", "template"):
            current = None
        elif current is not None and line[0] in " \t":
            current.append((words[0], " ".join(words[1:])))
        else:
            raise AgentError("syntax", "interfaces", f"line {number}: {line.strip()!r} is no part of an iface stanza")
    return {name: Stanza(name in autos, tuple(attributes)) for name, attributes in found.items()}


def nft_tables(text: str) -> list[str]:
    """Tables a ruleset text makes, as `family name`."""
    found = re.findall(r"^\s*(?:add\s+)?table\s+(?:(ip|ip6|inet|arp|bridge|netdev)\s+)?([\w.-]+)", text, re.MULTILINE)
    return sorted({f"{family or 'ip'} {name}" for family, name in found})


def with_hollow_blocks(target: str, running: str) -> str:
    """The target with an empty block for each interface and VRF that only `running` has, and its forwarding lines.

    Without the first frr-reload.py tries `no interface X`, which FRR 10 refuses for an interface that exists; without
    the second it turns forwarding on or off, which is the sysctl section's business.
    """
    target = _FORWARDING.sub("", target) + "".join(f"{m[0].strip()}\n" for m in _FORWARDING.finditer(running))
    wanted = blocks(target)
    gone = [header for header in blocks(running) if _HOLLOW.match(header) and header not in wanted]
    return target + "".join(f"{h}\n{'exit-vrf' if h.startswith('vrf') else 'exit'}\n" for h in gone)


def is_factory(frr: str) -> bool:
    """Whether the running configuration holds nothing that `vtysh -b` would have to remove."""
    return all(_rank(header)[0] == 0 and not lines for header, lines in blocks(frr).items())


def flat(frr: str) -> set[str]:
    """Lines with the path that leads to them: equal sets mean the same configuration whatever the order of lines."""
    found = set()
    for header, lines in blocks(frr).items():
        path = [header]
        found.add(header)
        for line in lines:
            depth = len(line) - len(line.lstrip(" "))
            if not line.strip().startswith("exit"):
                path = [*path[:depth], line.strip()]
                found.add(" > ".join(path))
    return found


def differences(want: str, have: str) -> list[str]:
    """At most eight lines that tell two FRR texts apart."""
    wanted, had = flat(want), flat(have)
    return [f"missing: {x}" for x in sorted(wanted - had)][:4] + [f"unexpected: {x}" for x in sorted(had - wanted)][:4]


# --- files and processes --------------------------------------------------------------------------------------------


def tree(text: str) -> dict[str, Any]:
    """FRR text as nested dictionaries, line to the lines under it; `exit` lines are implied."""
    root: dict[str, Any] = {}
    for header, lines in blocks(text).items():
        path = [root, root.setdefault(header, {})]
        for line in lines:
            if not line.strip().startswith("exit"):
                depth = len(line) - len(line.lstrip(" "))
                path = [*path[: depth + 1], path[min(depth, len(path) - 1)].setdefault(line.strip(), {})]
    return root


_EXITS = {"address-family": "exit-address-family", "vni": "exit-vni", "vrf": "exit-vrf"}


def untree(node: Mapping[str, Any], depth: int = 0) -> str:
    """Inverse of `tree`."""
    out = []
    for line, children in node.items():
        out.append(f"{' ' * depth}{line}\n{untree(children, depth + 1)}")
        if children:
            out.append(" " * depth + _EXITS.get(line.split(" ", 1)[0], "exit") + "\n")
    return "".join(out)


_SINGLE = re.compile(
    r"(hostname|description|bgp router-id|maximum-paths|detect-multiplier|(transmit|receive)-interval|vni|rd"
    r"|neighbor \S+ (description|remote-as|timers|password|update-source|bfd profile|peer-group)) "
)
"""lines of which a block has one: a merged one takes the place of the old one"""


def merge_trees(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The lines of `new` over those of `old`; `no LINE` takes a line that is there away."""
    merged = dict(old)
    for line, children in new.items():
        if line.startswith("no ") and line[3:] in merged:
            del merged[line[3:]]
        else:
            single = _SINGLE.match(line)
            for other in [x for x in merged if single and x != line and x.startswith(single[0])]:
                del merged[other]
            merged[line] = merge_trees(merged.get(line, {}), children)
    return merged


def merge_stanzas(old: str, new: str) -> str:
    """An interfaces file with the stanzas of `new` in the place of those of the same name."""
    known, added = stanzas(old), stanzas(new)
    out = []
    for name, stanza in {**known, **added}.items():
        out += [f"auto {name}"] if stanza.auto else []
        kept = re.search(rf"^iface {re.escape(name)}( .*)?$", new if name in added else old, re.MULTILINE)
        out += [kept[0] if kept else f"iface {name}", *(f"    {key} {value}" for key, value in stanza.attributes)]
    return "".join(f"{line}\n" for line in out)


def merged(section: str, old: str, new: str) -> str:
    """What a section becomes when `new` is merged into it."""
    if section == "frr":
        return untree(merge_trees(tree(old), tree(new)))
    if section == "interfaces":
        return merge_stanzas(old, new)
    if section == "sysctl":
        return "".join(f"{key} = {value}\n" for key, value in {**sysctls(old), **sysctls(new)}.items())
    return old + new


def fsync_folder(path: str) -> None:
    fd = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_file(path: str, text: str, mode: int = 0o600, uid: int = 0, gid: int = 0) -> None:
    """Replace a file so that after a crash it is either the old or the new one."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.rtmctl-new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.fchmod(fd, mode)
        with contextlib.suppress(PermissionError):
            os.fchown(fd, uid, gid)
        data = text.encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(fd, data) :]
        os.fsync(fd)
    except OSError:
        os.close(fd)
        os.unlink(temporary)
        raise
    os.close(fd)
    os.replace(temporary, path)
    fsync_folder(path)


def read_file(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def run(argv: list[str], text: str | None = None, timeout: float = COMMAND_TIMEOUT_S) -> Result:
    """A child that cannot hold our locks and pipes open. A missing program is rc 127, a hanging one rc 124."""
    try:
        done = subprocess.run(
            argv,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            timeout=timeout,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        return Result(127, "", f"{argv[0]}: not found")
    except subprocess.TimeoutExpired:
        return Result(124, "", f"{argv[0]}: no answer within {timeout:g} s")
    return Result(done.returncode, done.stdout, done.stderr)


def boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """The kernel's boot id; a namespace that was started again tells so by its init's start time."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        kernel = file.read().strip()
    return f"{kernel}:{_start_of(1) or 0}"


def _start_of(pid: int) -> int | None:
    """Start time of a process in clock ticks since boot (proc(5), field 22), None when there is none."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return None


def last_line(result: Result) -> str:
    lines = [line for line in (result.err or result.out).strip().splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else f"exit status {result.rc}"


# --- the agent ------------------------------------------------------------------------------------------------------


class Agent:
    """The verbs. `root`, `execute`, `now` and `boot` are arguments so that its logic is tested without a device."""

    def __init__(
        self,
        root: str = "/",
        execute: Callable[..., Result] = run,
        now: Callable[[], float] = boottime,
        boot: Callable[[], str] = boot_id,
        watch: Callable[[Agent, str], None] | None = None,
    ) -> None:
        self.root, self.run, self.now, self.boot_id = root, execute, now, boot
        self.state_dir = os.path.join(root, "var/lib/rtmctl")
        self.run_dir = os.path.join(root, "run/rtmctl")
        self.watch = watch or start_watchdog
        os.makedirs(self.run_dir, 0o700, exist_ok=True)

    # -- documents under the state directory

    def path(self, name: str) -> str:
        return os.path.join(self.state_dir, name)

    def file_of(self, section: str) -> str:
        return os.path.join(self.root, FILES[section])

    def load(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads(read_file(self.path(name)))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise AgentError("state", "read", f"{self.path(name)} is damaged: {error}") from None
        return found if isinstance(found, dict) else {}

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        os.makedirs(self.state_dir, 0o700, exist_ok=True)
        text = json.dumps(document)
        try:
            write_file(self.path(name), text)
        except OSError as error:
            if error.errno != errno.ENOSPC or not os.path.exists(self.path("reserve")):
                raise
            os.unlink(self.path("reserve"))
            write_file(self.path(name), text)

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(name))

    @contextlib.contextmanager
    def lock(self, wait_s: float = 10.0) -> Iterator[None]:
        """The one lock of all that changes something. Raises AgentError `busy`."""
        fd = os.open(os.path.join(self.run_dir, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = self.now() + wait_s
            while True:
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if self.now() >= deadline:
                        raise AgentError("busy", "lock", "another step is running on the device", False) from None
                    time.sleep(0.02)
            yield
        finally:
            os.close(fd)

    def key(self) -> str:
        """The device's key for masking secrets; made once."""
        document = self.load("key.json")
        if not document:
            document = {"key": os.urandom(16).hex()}
            self.save("key.json", document)
        return str(document["key"])

    # -- lease

    def lease_state(self) -> dict[str, Any] | None:
        """The lease in force. One from an earlier boot is over: its change has been undone by `boot`."""
        lease = self.load("lease.json")
        if not lease.get("holder") or lease["boot_id"] != self.boot_id():
            return None
        left = lease["until"] - self.now()
        if left <= 0:
            return None
        return {k: lease[k] for k in ("holder", "fence", "purpose")} | {"expires_in_s": round(left, 3)}

    def verb_lease(self, holder: str, ttl_s: float, purpose: str = "") -> dict[str, Any]:
        """Take, or renew one's own. The fence number grows with each new holder or interruption, and never repeats."""
        if not holder or ttl_s <= 0:
            raise AgentError("usage", "lease", "a lease needs a holder and a time to live above 0")
        with self.lock():
            held = self.lease_state()
            if held and held["holder"] != holder:
                text = f"held by {held['holder']} for {held['expires_in_s']:.0f} s more ({held['purpose'] or '-'})"
                raise AgentError("locked", "lease", text, permanent=False, lease=held)
            fence = held["fence"] if held else self.load("lease.json").get("fence", 0) + 1
            until = self.now() + ttl_s
            self.save("lease.json", {"holder": holder, "fence": fence, "purpose": purpose, "until": until,
                                     "boot_id": self.boot_id()})  # fmt: skip
            return {"lease": self.lease_state()}

    def verb_release(self, fence: int) -> dict[str, Any]:
        with self.lock():
            lease = self.load("lease.json")
            if lease.get("fence") == fence and lease.get("holder"):
                self.save("lease.json", {**lease, "holder": ""})
            return {"lease": self.lease_state()}

    def check_fence(self, fence: int, step: str, alive: bool = False) -> None:
        """Refuse a step of a former holder; `alive`: the lease must not have run out either."""
        lease = self.load("lease.json")
        newest = lease.get("fence", 0)
        if fence != newest or not lease.get("holder"):
            raise AgentError(
                "fenced", step, f"fence {fence} is not the newest ({newest}): the lease was lost", lease=lease
            )
        if alive and self.lease_state() is None:
            raise AgentError("fenced", step, f"the lease with fence {fence} has run out; take it again")

    # -- what runs

    def vtysh(self, *commands: str, timeout: float = 60.0) -> str:
        result = self.run(["vtysh", *(word for c in commands for word in ("-c", c))], timeout=timeout)
        if result.rc != 0:
            raise AgentError("frr", "vtysh", f"`{commands[0]}`: {last_line(result)}", permanent=False)
        return result.out

    def text_of(self, section: str) -> str:
        try:
            return read_file(self.file_of(section))
        except FileNotFoundError:
            return ""

    def live_nft(self, text: str) -> str:
        out = []
        for table in nft_tables(text):
            result = self.run(["nft", "-s", "list", "table", *table.split()])
            out.append(result.out if result.rc == 0 else f"# no table {table}\n")
        return "".join(out)

    def nft_section(self) -> str:
        """The ruleset file, unless the kernel's rules are no longer those that file made."""
        text = self.text_of("nftables")
        if not nft_tables(text):
            return text
        live = self.live_nft(text)
        known = self.load("nft.json")
        if known.get("file") == hash_of({"nftables": text}) and known.get("live") == live:
            return text
        if not known:
            self.save("nft.json", {"file": hash_of({"nftables": text}), "live": live})
            return text
        return "# the kernel's rules differ from /etc/nftables.conf; they are:\n" + live.replace("# no", "no")

    def read_sysctl(self, key: str) -> str | None:
        """Live value, looked for in the VRF namespaces when the main one has no such key; None when it is nowhere."""
        try:
            return " ".join(read_file(sysctl_path(self.root, key)).split())
        except (OSError, ValueError):
            pass
        for space in self.namespaces():
            result = self.run(["ip", "netns", "exec", space, "cat", sysctl_path("/", key)])
            if result.rc == 0:
                return " ".join(result.out.split())
        return None

    def write_sysctl(self, key: str, value: str) -> str | None:
        """None when it worked or there is no such key (as systemd-sysctl(8) does), else what the kernel said."""
        path = sysctl_path(self.root, key)
        if os.path.exists(path):
            try:
                with open(path, "w") as file:
                    file.write(value)
            except OSError as error:
                return f"{key} = {value}: {error.strerror}"
            return None
        for space in self.namespaces():
            if self.run(["ip", "netns", "exec", space, "sysctl", "-qw", f"{key}={value}"]).rc == 0:
                return None
        return None

    def namespaces(self) -> list[str]:
        """Network namespaces that stand for VRFs (zebra -n)."""
        try:
            return sorted(os.listdir(os.path.join(self.root, "run/netns")))
        except OSError:
            return []

    def live_sysctl(self, text: str) -> str:
        """The file's keys with their live values; a key this kernel does not have stands as in the file."""
        wanted = sysctls(text)
        values = {key: self.read_sysctl(key) for key in wanted}
        lines = (f"{key} = {wanted[key] if value is None else value}\n" for key, value in sorted(values.items()))
        return "".join(lines)

    def raw(self) -> dict[str, str]:
        return {
            "frr": self.vtysh("show running-config no-header"),
            "interfaces": self.text_of("interfaces"),
            "nftables": self.nft_section(),
            "sysctl": self.live_sysctl(self.text_of("sysctl")),
            "lldpd": self.text_of("lldpd"),
        }

    def verb_running(self) -> dict[str, Any]:
        key = self.key()
        raw = self.raw()
        version = re.search(r"^frr version (\S+)", raw["frr"], re.MULTILINE)
        sections = {name: normal(name, raw[name], key) for name in FILES}
        frr = version[1] if version else self.frr_version()
        return {"sections": sections, "hash": hash_of(sections), "version": frr, "mask_key": key}

    def frr_version(self) -> str:
        found = re.search(r"FRRouting (\S+)", self.vtysh("show version"))
        return found[1] if found else ""

    def verb_hello(self) -> dict[str, Any]:
        return {
            "agent": VERSION,
            "frr": self.frr_version(),
            "boot_id": self.boot_id(),
            "python": ".".join(map(str, sys.version_info[:3])),
            "capabilities": {"revert_timer": True, "granularity_s": 1, "extendable": True, "survives_reboot": True},
            "verbs": sorted(VERBS),
        }

    # -- transaction

    def verb_status(self) -> dict[str, Any]:
        record = self.load("record.json")
        if record.get("state") in PENDING:
            self.ensure_watchdog(record)
        staged = self.load("staged.json")
        if staged and staged["transaction"] != record.get("transaction"):
            record = {"transaction": staged["transaction"], "state": "staged", "target_hash": staged["hash"]}
        reverts = None
        if record.get("state") in PENDING:
            reverts = max(0.0, record["deadline"] - self.now()) if record["boot_id"] == self.boot_id() else 0.0
        keys = ("transaction", "pre_hash", "target_hash", "failure", "step")
        return {
            "boot_id": self.boot_id(),
            "lease": self.lease_state(),
            "state": record.get("state", "none"),
            "reverts_in_s": reverts,
            **{key: record.get(key) for key in keys},
        }

    def ensure_watchdog(self, record: Mapping[str, Any]) -> None:
        """Somebody killed the watchdog, or the machine came up without `boot`: a pending change always has one."""
        if not watchdog_alive(self.run_dir):
            self.watch(self, record["transaction"])

    def target_of(self, text: str, merge: bool) -> dict[str, str]:
        sections = split_sections(text)
        if merge:
            raw = self.raw()
            sections = {name: merged(name, raw[name], new) for name, new in sections.items()}
        return sections

    def verb_check(self, text: str, merge: bool = False) -> dict[str, Any]:
        """What `stage` would make of it, in normal form; needs no lease and keeps nothing."""
        sections = self.target_of(text, merge)
        self.check_syntax(sections)
        key = self.key()
        return {"sections": {name: normal(name, section, key) for name, section in sections.items()}}

    def verb_stage(self, transaction: str, fence: int, text: str, merge: bool = False) -> dict[str, Any]:
        """Check a target's syntax and keep it; changes nothing that runs. `merge`: over what runs now."""
        if not transaction:
            raise AgentError("usage", "stage", "a transaction needs an id")
        sections = self.target_of(text, merge)
        with self.lock():
            self.check_fence(fence, "stage", alive=True)
            self.refuse_pending(transaction, "stage")
            if self.load("record.json").get("state") not in PENDING:
                self.forget_files()  # of a commit that was killed before it was armed
            self.check_syntax(sections)
            key = self.key()
            target = hash_of({n: normal(n, t, key) for n, t in sections.items()})
            document = {"transaction": transaction, "fence": fence, "sections": sections, "hash": target}
            try:
                self.save("staged.json", document)
            except OSError as error:
                raise disk_failure("stage", error) from None
            return {"transaction": transaction, "target_hash": target}

    def refuse_pending(self, transaction: str, step: str) -> None:
        record = self.load("record.json")
        if record.get("state") in PENDING and record["transaction"] != transaction:
            text = f"transaction {record['transaction']} is {record['state']} and neither confirmed nor reverted"
            raise AgentError("pending", step, text)
        if record.get("state") == "broken" and record["transaction"] != transaction:
            raise AgentError(
                "broken", step, f"the revert of transaction {record['transaction']} failed: {record['failure']}"
            )

    def check_syntax(self, sections: Mapping[str, str]) -> None:
        stanzas(sections.get("interfaces", ""))
        checks = {"frr": ["vtysh", "-C", "-f"], "nftables": ["nft", "-c", "-f"]}
        for section, command in checks.items():
            if not normal_lines(sections.get(section, "")):
                continue
            path = os.path.join(self.run_dir, f"check.{section}")
            write_file(path, sections[section])
            result = self.run([*command, path])
            os.unlink(path)
            if result.rc != 0:
                lines = [x for x in (result.out + result.err).splitlines() if "%" in x or "rror" in x or "line" in x]
                raise AgentError("syntax", section, "; ".join(lines[:5]).replace(path, section) or last_line(result))

    def verb_commit(self, transaction: str, fence: int, pre_hash: str, revert_in_s: float,
                    again: bool = False) -> dict[str, Any]:  # fmt: skip
        """Save, arm, apply, compare. When any step fails the device is reverted before this returns.

        `again`: the transaction has been here before. After its revert it is applied anew (it was decided); while it
        is applied, another target staged for it is applied over the first one, whose pre-image stays (drain first).
        """
        if revert_in_s <= 0:
            raise AgentError("usage", "commit", "the revert timer needs a time above 0")
        with self.lock():
            record = self.load("record.json")
            staged = self.load("staged.json")
            state = record.get("state") if record.get("transaction") == transaction else None
            over = again and state == "applied" and staged.get("hash") != record["target_hash"]
            if state in ("applied", "confirmed") and not over:
                return self.verb_status()
            if state in ("armed", "reverted", "broken") and not (again and state == "reverted"):
                text = f"transaction {transaction} is already {record['state']} here: {record.get('failure') or ''}"
                raise AgentError(record["state"], "commit", text)
            self.check_fence(fence, "commit", alive=True)
            self.refuse_pending(transaction, "commit")
            if staged.get("transaction") != transaction:
                raise AgentError("state", "commit", f"transaction {transaction} is not staged here")
            raw, found = self.raw(), self.key()
            now_hash = hash_of({name: normal(name, raw[name], found) for name in FILES})
            if over:
                self.refuse_expired(record, "commit")
            elif now_hash != pre_hash:
                raise AgentError("stale", "commit", "the device has changed since the plan was made", hash=now_hash)
            target = {name: staged["sections"].get(name, raw[name]) for name in FILES}
            if over:
                self.arm_over(record, raw, target, revert_in_s)
            else:
                self.arm(transaction, fence, now_hash, raw, target, revert_in_s)
            try:
                self.apply(raw, target)
                self.compare(target)
            except Exception as error:
                failure = (
                    error
                    if isinstance(error, AgentError)
                    else AgentError("apply", self.load("record.json")["step"], str(error))
                )
                self.revert(f"{failure.step}: {failure.message}")
                raise AgentError("reverted", failure.step, f"{failure.message} (reverted, as before)") from None
            self.update(state="applied", step="applied")
            return self.verb_status()

    def update(self, **changes: Any) -> dict[str, Any]:
        record = {**self.load("record.json"), **changes}
        self.save("record.json", record)
        return record

    def arm(self, transaction: str, fence: int, pre_hash: str, raw: Mapping[str, str], target: Mapping[str, str],
            revert_in_s: float) -> None:  # fmt: skip
        """Everything a revert needs is on disk and its process runs before this returns."""
        keys = set(sysctls(self.text_of("sysctl"))) | set(sysctls(target["sysctl"]))
        pre = {
            "transaction": transaction,
            "hash": pre_hash,
            "files": {name: self.keep(name) for name in FILES},
            "frr": raw["frr"],
            "sysctl": {key: value for key in sorted(keys) if (value := self.read_sysctl(key)) is not None},
            "kernel": self.kernel(),
            "tables": nft_tables(self.text_of("nftables") + "\n" + target["nftables"]),
            "new_interfaces": sorted(stanzas(target["interfaces"])),
        }
        try:
            fd = os.open(self.path("reserve"), os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(fd, 0, RESERVE)
            finally:
                os.close(fd)
            self.save("pre.json", pre)
            for name in FILES:
                if self.to_install(name, target[name]):
                    self.prepare(name, target[name])
        except OSError as error:
            for name in FILES:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(prepared(self.file_of(name)))
            self.remove("reserve")
            raise disk_failure("pre-image", error) from None
        with contextlib.suppress(PermissionError):
            os.setsid()
        if self.load("record.json").get("transaction") == transaction:
            self.update(state="staged", step="again")  # a watchdog that finds `reverted` thinks its work is done
        self.watch(self, transaction)
        record = {
            "transaction": transaction,
            "fence": fence,
            "state": "armed",
            "step": "armed",
            "boot_id": self.boot_id(),
            "deadline": self.now() + revert_in_s,
            "pre_hash": pre_hash,
            "target_hash": self.load("staged.json")["hash"],
            "failure": None,
            "session": os.getsid(0),
            "session_start": _start_of(os.getsid(0)),
        }
        self.save("record.json", record)

    def arm_over(
        self, record: Mapping[str, Any], raw: Mapping[str, str], target: Mapping[str, str], revert_in_s: float
    ) -> None:
        """Widen the pre-image by what the second target names and the first did not; the timer starts anew."""
        pre = self.load("pre.json")
        new = {key: self.read_sysctl(key) for key in sysctls(target["sysctl"]) if key not in pre["sysctl"]}
        pre["sysctl"].update({key: value for key, value in new.items() if value is not None})
        pre["tables"] = sorted({*pre["tables"], *nft_tables(target["nftables"])})
        pre["new_interfaces"] = sorted({*pre["new_interfaces"], *stanzas(target["interfaces"])})
        try:
            self.save("pre.json", pre)
            for name in FILES:
                if target[name] != raw[name]:
                    self.prepare(name, target[name], first=False)
        except OSError as error:
            raise disk_failure("pre-image", error) from None
        with contextlib.suppress(PermissionError):
            os.setsid()
        session = {"session": os.getsid(0), "session_start": _start_of(os.getsid(0))}
        deadline = self.now() + revert_in_s
        self.update(
            state="armed", step="armed", deadline=deadline, target_hash=self.load("staged.json")["hash"], **session
        )
        self.ensure_watchdog(record)

    def keep(self, section: str) -> dict[str, Any] | None:
        path = self.file_of(section)
        try:
            about = os.stat(path)
        except FileNotFoundError:
            return None
        return {"text": read_file(path), "mode": about.st_mode & 0o7777, "uid": about.st_uid, "gid": about.st_gid}

    def prepare(self, section: str, text: str, first: bool = True) -> None:
        """The new file beside the old one, and a second name for the old one: neither step later needs disk space.

        `first` False: the second name may be there already, and stands for what was before the first target.
        """
        path = self.file_of(section)
        kept = self.keep(section) or {"mode": 0o640 if section == "frr" else 0o644, "uid": 0, "gid": 0}
        write_file(prepared(path), text, kept["mode"], kept["uid"], kept["gid"])
        if first:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(saved(path))
        with contextlib.suppress(FileNotFoundError, FileExistsError, PermissionError):
            os.link(path, saved(path))

    def to_install(self, section: str, text: str) -> bool:
        """Whether the file says something else; a comment is no reason to write it."""
        return normal(section, self.text_of(section), None) != normal(section, text, None)

    def install(self, section: str) -> None:
        path = self.file_of(section)
        os.replace(prepared(path), path)
        fsync_folder(path)

    def apply(self, raw: Mapping[str, str], target: Mapping[str, str]) -> None:
        """Section by section; what already is as wanted is not touched."""
        changed = []
        for name in ("sysctl", "interfaces", "frr", "nftables", "lldpd"):
            loads = normal(name, target[name], None) != normal(name, raw[name], None)
            if not loads and not self.to_install(name, target[name]):
                continue
            self.update(step=name)
            if self.to_install(name, target[name]):
                self.install(name)
            if not loads:
                continue
            changed.append(name)
            if name == "frr":
                self.load_frr(target["frr"], raw["frr"])
            elif name == "nftables":
                self.load_nft(target["nftables"], nft_tables(raw["nftables"]))
            elif name == "interfaces":
                self.load_interfaces()
            elif name == "lldpd":
                self.load_lldp()
            else:
                self.load_sysctl(target["sysctl"], strict=False)
        if "interfaces" in changed or "sysctl" in changed:
            self.load_sysctl(target["sysctl"], strict=True)

    def load_sysctl(self, text: str, strict: bool) -> None:
        problems = [p for key, value in sysctls(text).items() if (p := self.write_sysctl(key, value))]
        if problems and strict:
            raise AgentError("apply", "sysctl", "; ".join(problems[:5]))

    def load_interfaces(self) -> None:
        result = self.run(["ifreload", "-a"])
        if result.rc != 0:
            raise AgentError("apply", "interfaces", f"ifreload: {last_line(result)}")

    def load_frr(self, text: str, running: str) -> None:
        """`vtysh -b` where nothing has to be removed (it costs a tenth), frr-reload.py everywhere else."""
        if is_factory(running) and text == self.text_of("frr"):
            result = self.run(["vtysh", "-b"])
            complaints = [x for x in (result.out + result.err).splitlines() if "% " in x or re.match(r"line \d+:", x)]
            if complaints:
                raise AgentError("apply", "frr", "; ".join(complaints[:5]))
            running = self.vtysh("show running-config no-header")
            if not differences(text, running):
                return
        # A folder of its own, because frr-reload.py overwrites frr.conf when it is given any other file.
        folder = os.path.join(self.run_dir, "reload")
        write_file(os.path.join(folder, "vtysh.conf"), "service integrated-vtysh-config\n")
        path = os.path.join(folder, "frr.conf")
        write_file(path, with_hollow_blocks(text, running))
        result = self.run(["/usr/lib/frr/frr-reload.py", "--reload", "--stdout", "--confdir", folder, path])
        os.unlink(path)
        if result.rc != 0:
            said = _COLOUR.sub("", result.out + result.err).splitlines()
            lines = [x.strip() for x in said if "rror" in x or "% " in x or "ailed" in x]
            raise AgentError("apply", "frr", f"frr-reload: {'; '.join(lines[:5])[:600] or last_line(result)}")

    def load_nft(self, text: str, old_tables: Iterable[str]) -> None:
        """One nft transaction: at no moment is there a packet that sees neither or both rulesets."""
        gone = "".join(f"table {t}\ndelete table {t}\n" for t in sorted({*old_tables, *nft_tables(text)}))
        result = self.run(["nft", "-f", "-"], text=gone + text)
        if result.rc != 0:
            raise AgentError("apply", "nftables", last_line(result))
        self.save("nft.json", {"file": hash_of({"nftables": self.text_of("nftables")}), "live": self.live_nft(text)})

    def load_lldp(self) -> None:
        if not os.path.exists(self.file_of("lldpd")):
            return  # lldpd has no way to forget a line; its next start does
        result = self.run(["lldpcli", "-c", self.file_of("lldpd")], timeout=20)
        if result.rc != 0 and os.path.exists(os.path.join(self.root, "run/lldpd.socket")):
            raise AgentError("apply", "lldpd", last_line(result))

    def compare(self, target: Mapping[str, str]) -> None:
        """What runs is what was asked for; raises AgentError with the first differences."""
        self.update(step="compare")
        wrong: list[str] = []
        for attempt in range(4):
            wrong = differences(target["frr"], self.vtysh("show running-config no-header"))
            if not wrong:
                break
            time.sleep(0.1 * 2**attempt)
        if wrong:
            raise AgentError("apply", "compare frr", "; ".join(wrong))
        wrong = self.wrong_interfaces(target["interfaces"])
        if wrong:
            raise AgentError("apply", "compare interfaces", "; ".join(wrong[:6]))
        wanted = sysctls(target["sysctl"])
        wrong = [f"{k} is {v}, not {wanted[k]}" for k in wanted if (v := self.read_sysctl(k)) not in (None, wanted[k])]
        if wrong:
            raise AgentError("apply", "compare sysctl", "; ".join(wrong[:6]))
        if "# no table" in self.live_nft(target["nftables"]):
            raise AgentError("apply", "compare nftables", "a table of the ruleset is not in the kernel")

    def links(self) -> dict[str, dict[str, Any]]:
        """All links by `namespace/name`; the main namespace has an empty name."""
        found: dict[str, dict[str, Any]] = {}
        for space in ["", *self.namespaces()]:
            result = self.run(["ip", *(["-n", space] if space else []), "-j", "-d", "addr"])
            for link in json.loads(result.out or "[]") if result.rc == 0 else []:
                found[f"{space}/{link['ifname']}"] = link
        return found

    def wrong_interfaces(self, text: str) -> list[str]:
        """ifupdown2 ends with 0 after a failed MTU or address: look at the kernel instead."""
        links = self.links()
        spaces = set(self.namespaces())
        by_name: dict[str, list[dict[str, Any]]] = {}
        for name, link in links.items():
            space, _, short = name.partition("/")
            by_name.setdefault(short, []).append(link)
            if space in spaces:
                by_name.setdefault(space, []).append(link)
        wrong = []
        for name, stanza in stanzas(text).items():
            have = by_name.get(name, [])
            if not have and name not in spaces:
                wrong += [f"{name} does not exist"] if stanza.auto else []
                continue
            own = [x for x in have if x["ifname"] == name and not (name in spaces and f"/{name}" not in links)]
            if (
                own
                and stanza.auto
                and not any("UP" in x["flags"] for x in own)
                and stanza.values("link-down") != ["yes"]
            ):
                wrong.append(f"{name} is not up")
            for mtu in stanza.values("mtu"):
                if own and not any(str(x["mtu"]) == mtu for x in own):
                    wrong.append(f"{name} has mtu {own[0]['mtu']}, not {mtu}")
            addresses = {f"{a['local']}/{a['prefixlen']}" for x in have for a in x["addr_info"] if "local" in a}
            wrong += [f"{name} lacks {a}" for a in stanza.values("address") if "/" in a and not has(addresses, a)]
        return wrong

    def kernel(self) -> dict[str, list[str]]:
        """What a revert must leave: links with their kind, master and addresses, and policy rules."""
        found: dict[str, list[str]] = {}
        for name, link in self.links().items():
            kind = link.get("linkinfo", {}).get("info_kind", "")
            fixed = [a for a in link["addr_info"] if a.get("scope") != "link" and not a.get("dynamic") and "local" in a]
            facts = [f"kind {kind}", f"master {link.get('master', '')}", f"mtu {link['mtu']}"]
            facts.append("admin up" if "UP" in link["flags"] else "admin down")
            found[name] = facts + sorted(f"{a['local']}/{a['prefixlen']}" for a in fixed)
        for family in ("-4", "-6"):
            result = self.run(["ip", family, "rule"])
            found[f"rules {family}"] = sorted(" ".join(x.split()) for x in result.out.splitlines())
        return found

    # -- undo

    def revert(self, why: str) -> None:
        """Put the pre-image back and prove it. The lock is held. Leaves `reverted`, or `broken` with what differs."""
        self.update(step="revert", failure=why)
        pre = self.load("pre.json")
        problems: list[str] = []
        for attempt in range(3):
            problems = self.restore(pre)
            if not problems:
                break
            time.sleep(0.3 * 3**attempt)
        if problems:
            self.update(state="broken", failure=f"{why}; after the revert: {'; '.join(problems[:8])}")
            raise AgentError("broken", "revert", "; ".join(problems[:8]), cause=why)
        self.update(state="reverted", step="reverted")
        self.forget_files()

    def restore(self, pre: Mapping[str, Any]) -> list[str]:
        """One try; returns what is not as before."""
        problems: list[str] = []

        def attempt(step: Callable[[], None]) -> None:
            try:
                step()
            except (AgentError, OSError) as error:
                problems.append(f"{error.step}: {error.message}" if isinstance(error, AgentError) else str(error))

        old_interfaces = self.text_of("interfaces")
        attempt(lambda: self.restore_files(pre))
        before = (pre["files"]["interfaces"] or {"text": ""})["text"]
        if old_interfaces != before or self.kernel() != pre["kernel"]:
            attempt(self.load_interfaces)
            attempt(lambda: self.remove_leftovers(pre))
            attempt(lambda: self.mend_links(pre))
        attempt(lambda: self.restore_frr(pre["frr"]))
        nft = (pre["files"]["nftables"] or {"text": ""})["text"]
        attempt(lambda: self.load_nft(nft, pre["tables"]) if pre["tables"] else None)
        attempt(self.load_lldp)
        for key, value in pre["sysctl"].items():
            if self.read_sysctl(key) not in (value, None):
                self.write_sysctl(key, value)
        try:
            problems += self.remains(pre)
        except AgentError as failure:
            problems.append(f"{failure.step}: {failure.message}")
        return problems

    def restore_files(self, pre: Mapping[str, Any]) -> None:
        for name, kept in pre["files"].items():
            path = self.file_of(name)
            for leftover in (prepared(path),):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(leftover)
            if kept is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            elif self.keep(name) != kept:
                try:
                    write_file(path, kept["text"], kept["mode"], kept["uid"], kept["gid"])
                except OSError:
                    os.replace(saved(path), path)

    def restore_frr(self, text: str) -> None:
        running = self.vtysh("show running-config no-header")
        if differences(text, running):
            self.load_frr(text, running)

    def remove_leftovers(self, pre: Mapping[str, Any]) -> None:
        """Links that the target named and that were not there before, should ifupdown2 have lost track of them."""
        for name, link in self.links().items():
            space, _, short = name.partition("/")
            if name in pre["kernel"] or short not in pre["new_interfaces"]:
                continue
            if link.get("linkinfo", {}).get("info_kind", "") in ("bridge", "vxlan", "vrf", "vlan", "dummy", "macvlan"):
                self.run(["ip", *(["-n", space] if space else []), "link", "del", short])

    def mend_links(self, pre: Mapping[str, Any], only: tuple[str, ...] = ()) -> None:
        """What ifupdown2 leaves on a port that its file no longer names: MTU, addresses, whether it is up."""
        now = self.kernel()
        for name, was in pre["kernel"].items():
            if "/" not in name or name not in now or now[name] == was:
                continue
            space, _, short = name.partition("/")
            ip = ["ip", *(["-n", space] if space else [])]
            had = {fact for fact in was if not only or fact.split(" ")[0] in only}
            has_now = {fact for fact in now[name] if not only or fact.split(" ")[0] in only}
            for fact in sorted(has_now - had):
                if "/" in fact:
                    self.run([*ip, "addr", "del", fact, "dev", short])
            for fact in sorted(had - has_now):
                what, _, value = fact.partition(" ")
                if what == "mtu":
                    self.run([*ip, "link", "set", short, "mtu", value])
                elif what == "admin":
                    self.run([*ip, "link", "set", short, value])
                elif what == "master":
                    self.run([*ip, "link", "set", short, *(["master", value] if value else ["nomaster"])])
                elif what != "kind":
                    self.run([*ip, "addr", "add", fact, "dev", short])

    def remains(self, pre: Mapping[str, Any]) -> list[str]:
        """What tells the device from what it was: kernel objects, then configuration."""
        was, now = pre["kernel"], self.kernel()
        names = sorted(set(was) | set(now))
        found = [
            f"{name.strip('/')} was {' '.join(was.get(name, ['absent']))}, is {' '.join(now.get(name, ['absent']))}"
            for name in names
            if was.get(name) != now.get(name)
        ]
        running = self.verb_running()
        if running["hash"] != pre["hash"]:
            found += differences(pre["frr"], self.vtysh("show running-config no-header")) or [
                "configuration hash differs"
            ]
        return found

    def forget_files(self) -> None:
        for name in FILES:
            folder, base = os.path.split(self.file_of(name))
            for spare in os.listdir(folder) if os.path.isdir(folder) else []:
                if re.fullmatch(rf"\.+{re.escape(base)}(\.rtmctl-(target|pre|new))+", spare):
                    os.unlink(os.path.join(folder, spare))
        self.remove("reserve")

    def own_record(self, transaction: str, step: str) -> dict[str, Any]:
        record = self.load("record.json")
        if record.get("transaction") != transaction:
            raise AgentError("state", step, f"transaction {transaction} is not the one on the device")
        return record

    def verb_extend(self, transaction: str, fence: int, revert_in_s: float) -> dict[str, Any]:
        with self.lock():
            self.check_fence(fence, "extend")
            self.refuse_expired(self.own_record(transaction, "extend"), "extend")
            self.update(deadline=self.now() + revert_in_s)
            return self.verb_status()

    def verb_confirm(self, transaction: str, fence: int) -> dict[str, Any]:
        with self.lock():
            self.check_fence(fence, "confirm")
            record = self.own_record(transaction, "confirm")
            if record["state"] != "confirmed":
                self.refuse_expired(record, "confirm")
                self.update(state="confirmed", step="confirmed")
                self.forget_files()
                self.remove("staged.json")
            return self.verb_status()

    def refuse_expired(self, record: Mapping[str, Any], step: str) -> None:
        if record["state"] != "applied":
            text = (
                f"transaction {record['transaction']} is {record['state']}: {record.get('failure') or record['step']}"
            )
            raise AgentError(record["state"], step, text)
        if record["boot_id"] != self.boot_id() or self.now() >= record["deadline"]:
            raise AgentError("reverted", step, "the revert timer has run out; the device goes back by itself")

    def verb_revert(self, transaction: str, fence: int) -> dict[str, Any]:
        """Undo now: a pending change, a broken revert, or a confirmed one whose pre-image is still here."""
        with self.lock(wait_s=COMMAND_TIMEOUT_S):
            self.check_fence(fence, "revert")
            staged = self.load("staged.json")
            record = self.load("record.json")
            if record.get("transaction") != transaction:
                if staged.get("transaction") == transaction:
                    self.remove("staged.json")
                    return self.verb_status()
                raise AgentError("state", "revert", f"transaction {transaction} is not the one on the device")
            if record["state"] == "reverted":
                return self.verb_status()
            if self.load("pre.json").get("transaction") != transaction:
                raise AgentError("state", "revert", f"the pre-image of transaction {transaction} is gone")
            self.revert("asked to")
            return self.verb_status()

    def verb_boot(self) -> dict[str, Any]:
        """Before networking starts: an unconfirmed change does not survive a reboot."""
        with self.lock():
            record = self.load("record.json")
            if record.get("state") not in (*PENDING, "broken") or record.get("boot_id") == self.boot_id():
                return {"restored": False}
            pre = self.load("pre.json")
            if pre.get("transaction") == record["transaction"]:
                self.restore_files(pre)
                self.remove("nft.json")
                self.mend_links(pre, only=("mtu",))  # a port may keep its MTU over a warm start
            why = f"{record.get('failure') or ''} the device rebooted before the change was confirmed".strip()
            self.update(state="reverted", step="boot", failure=why)
            self.forget_files()
            return {"restored": True}

    def verb_gc(self) -> dict[str, Any]:
        """Throw away what a finished transaction left: its pre-image, its target, its spare files."""
        with self.lock():
            record = self.load("record.json")
            if record.get("state") in (*PENDING, "broken"):
                return {"removed": []}
            names = [name for name in ("pre.json", "staged.json", "reserve") if os.path.exists(self.path(name))]
            for name in names:
                self.remove(name)
            self.forget_files()
            return {"removed": names}

    # -- reading

    def verb_show(self, command: str) -> dict[str, Any]:
        if not re.fullmatch(r"show [ -~]+", command) or re.search(r"[|<>;`]", command):
            raise AgentError("usage", "show", "only a single `show` command without pipes is run")
        return {"output": self.vtysh(command)}

    def verb_state(self) -> dict[str, Any]:
        """Everything rtmctl.device.frr.state reads, raw; FRR's documents as JSON where they are JSON."""
        result = self.run(["vtysh", "-E", *(word for c in BUNDLE.values() for word in ("-c", c))], timeout=60)
        outputs = echoed(result.out, list(BUNDLE.values()))
        frr = {name: as_json(outputs.get(command, "")) for name, command in BUNDLE.items()}
        spaces = {space: self.kernel_tables(space) for space in ["", *self.namespaces()]}
        lldp = self.run(["lldpcli", "-f", "json0", "show", "neighbors"], timeout=10)
        return {
            "hostname": os.uname().nodename,
            "boot_id": self.boot_id(),
            "frr": frr,
            "spaces": spaces,
            "lldp": as_json(lldp.out) if lldp.rc == 0 else last_line(lldp),
        }

    def kernel_tables(self, space: str) -> dict[str, Any]:
        ip = ["ip", *(["-n", space] if space else [])]
        tables = {
            "links": [*ip, "-j", "-s", "-d", "addr"],
            "routes": [*ip, "-j", "-4", "route", "show", "table", "all", "type", "unicast"],
            "routes6": [*ip, "-j", "-6", "route", "show", "table", "all", "type", "unicast"],
            "neighbors": [*ip, "-j", "neigh"],
            "fdb": ["bridge", *ip[1:], "-j", "fdb"],
            "vlans": ["bridge", *ip[1:], "-j", "vlan"],
        }
        found = {name: as_json(self.run(command).out) for name, command in tables.items()}
        if isinstance(found["fdb"], list):
            found["fdb"] = [x for x in found["fdb"] if not x["mac"].startswith(("33:33:", "01:00:5e:", "01:80:c2:"))]
        return found

    def verb_system(self) -> dict[str, Any]:
        """What NAPALM asks of a device beside its network state; files as text, secrets left out."""

        def text(path: str) -> str:
            try:
                return read_file(os.path.join(self.root, path))
            except OSError:
                return ""

        def folder(path: str) -> list[str]:
            try:
                return sorted(os.listdir(os.path.join(self.root, path)))
            except OSError:
                return []

        users = {}
        for line in text("etc/passwd").splitlines():
            fields = line.split(":")
            if len(fields) > 6 and not fields[6].endswith(("nologin", "false", "sync")):
                keys = text(f"{fields[5].lstrip('/')}/.ssh/authorized_keys").splitlines()
                users[fields[0]] = {"uid": int(fields[2]), "keys": [k for k in keys if k and not k.startswith("#")]}
        hwmon = {
            f"{chip}/{name[:-6]}": text(f"sys/class/hwmon/{chip}/{name}").strip()
            for chip in folder("sys/class/hwmon")
            for name in folder(f"sys/class/hwmon/{chip}")
            if name.startswith(("temp", "fan")) and name.endswith("_input")
        }
        ntp = ("etc/chrony/chrony.conf", "etc/ntpsec/ntp.conf", "etc/ntp.conf", "etc/systemd/timesyncd.conf")
        return {
            "uptime_s": float(text("proc/uptime").split()[0]),
            "hostname": os.uname().nodename,
            "fqdn": self.run(["hostname", "--fqdn"], timeout=5).out.strip(),
            "os": text("etc/os-release"),
            "vendor": text("sys/class/dmi/id/sys_vendor").strip(),
            "model": text("sys/class/dmi/id/product_name").strip(),
            "serial": text("sys/class/dmi/id/product_serial").strip(),
            "stat": text("proc/stat").splitlines()[:512],
            "meminfo": text("proc/meminfo"),
            "speeds": {name: text(f"sys/class/net/{name}/speed").strip() for name in folder("sys/class/net")},
            "hwmon": hwmon,
            "users": users,
            "sudoers": [text(f"etc/sudoers.d/{name}") for name in folder("etc/sudoers.d")],
            "ntp": "\n".join(text(path) for path in ntp),
            "chrony": self.run(["chronyc", "-n", "-c", "sources"], timeout=5).out,
            "snmp": text("etc/snmp/snmpd.conf"),
        }

    def verb_startup(self) -> dict[str, Any]:
        """The files that a reboot would load, in normal form."""
        key = self.key()
        return {"sections": {name: normal(name, self.text_of(name), key) for name in FILES}}

    def verb_ping(self, target: str, vrf: str = "", source: str = "", count: int = 5, size: int = 0, df: bool = False,
                  timeout_s: float = 2, ttl: int = 0, interval_s: float = 0.2) -> dict[str, Any]:  # fmt: skip
        """ping(8) from a VRF. `size` is the ICMP payload in bytes, `df` forbids fragments."""
        argv = [*self.inside(vrf), "ping", "-n", "-c", str(int(count)), "-W", f"{timeout_s:g}", "-i", f"{interval_s:g}"]
        argv += ["-s", str(int(size))] if size else []
        argv += ["-t", str(int(ttl))] if ttl else []
        argv += ["-M", "do"] if df else []
        argv += ["-I", plain(source)] if source else []
        result = self.run([*argv, "--", plain(target)], timeout=count * (timeout_s + interval_s) + 10)
        return {"rc": result.rc, "output": result.out, "stderr": result.err.strip()}

    def verb_traceroute(self, target: str, vrf: str = "", source: str = "", ttl: int = 30, timeout_s: float = 2,
                        probes: int = 3) -> dict[str, Any]:  # fmt: skip
        argv = [
            *self.inside(vrf),
            "traceroute",
            "-n",
            "-m",
            str(int(ttl)),
            "-w",
            f"{timeout_s:g}",
            "-q",
            str(int(probes)),
        ]
        argv += ["-s", plain(source)] if source else []
        result = self.run([*argv, plain(target)], timeout=ttl * timeout_s + 20)
        return {"rc": result.rc, "output": result.out, "stderr": result.err.strip()}

    def inside(self, vrf: str) -> list[str]:
        """The command prefix that puts a process into a VRF, whichever way VRFs are made here."""
        if vrf in ("", "default"):
            return []
        if vrf in self.namespaces():
            return ["ip", "netns", "exec", vrf]
        return ["ip", "vrf", "exec", plain(vrf)]

    # -- notes

    def verb_note(self, action: str, key: str = "", value: Any = None, fence: int = 0) -> dict[str, Any]:
        """Small documents kept on the device: drain markers, decisions, audit anchors (these need no lease)."""
        if action not in ("get", "set", "del", "list") or not re.fullmatch(r"[\w.-]{0,80}", key):
            raise AgentError("usage", "note", "note get|set|del KEY or note list; a key has letters, digits, . _ -")
        if action == "list":
            folder = self.path("notes")
            names = os.listdir(folder) if os.path.isdir(folder) else []
            return {"keys": sorted(x[:-5] for x in names if x.endswith(".json") and not x.startswith("."))}
        name = f"notes/{key}.json"
        if action == "get":
            return {"value": self.load(name).get("value")}
        with self.lock():
            if not key.startswith("audit"):
                self.check_fence(fence, "note")
            if action == "del":
                self.remove(name)
                return {"value": None}
            try:
                self.save(name, {"value": value})
            except OSError as error:
                raise disk_failure("note", error) from None
            return {"value": value}


def echoed(text: str, commands: list[str]) -> dict[str, str]:
    """Output of `vtysh -E`, which puts a line `HOST# COMMAND` before each output, as command to its output."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        command = line.partition("# ")[2]
        if command in commands and command not in found:
            current = found[command] = []
        else:
            current.append(line)
    return {command: "\n".join(lines) for command, lines in found.items()}


def sysctl_path(root: str, key: str) -> str:
    """Dots separate levels unless the key is written with slashes, where an interface name may hold dots."""
    parts = key.split("/") if "/" in key else key.split(".")
    return os.path.join(root, "proc/sys", *parts)


def prepared(path: str) -> str:
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.rtmctl-target")


def saved(path: str) -> str:
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.rtmctl-pre")


def has(addresses: set[str], wanted: str) -> bool:
    """Spelling of IPv6 addresses differs between files and kernel."""
    if wanted in addresses:
        return True
    from ipaddress import ip_interface  # noqa: PLC0415 - costs 5 ms, seldom needed

    return ip_interface(wanted) in {ip_interface(a) for a in addresses}


def plain(word: str) -> str:
    """A name or address that no program can take for an option."""
    if not re.fullmatch(r"[\w:][\w:.%/-]*", word):
        raise AgentError("usage", "arguments", f"{word!r} is neither a name nor an address")
    return word


def as_json(text: str) -> Any:
    text = text.strip()
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def disk_failure(step: str, error: OSError) -> AgentError:
    where = error.filename or "state directory"
    text = f"cannot keep what a revert needs ({error.strerror}: {where}); nothing was changed"
    return AgentError("disk", step, text)


# --- the watchdog ---------------------------------------------------------------------------------------------------


def watchdog_alive(run_dir: str) -> bool:
    """Whether some process holds the watchdog's lock."""
    fd = os.open(os.path.join(run_dir, "watchdog.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def start_watchdog(agent: Agent, transaction: str) -> None:
    """Returns once the watchdog runs; raises AgentError when it does not come up.

    Under systemd it is a unit of its own, because a login session's scope may be killed with the session.
    """
    for _ in range(200):
        if not watchdog_alive(agent.run_dir):
            break
        time.sleep(0.02)  # one that has just finished its work is on its way out
    starter = os.getpid()
    if os.path.isdir("/run/systemd/system"):
        unit = f"rtmctl-watchdog-{os.urandom(4).hex()}"
        command = ["systemd-run", "--quiet", "--collect", "--unit", unit, "-p", "OOMScoreAdjust=-1000"]
        command += [os.path.abspath(__file__), "watchdog", f"transaction={transaction}", f"starter={starter}"]
        if run(command).rc != 0:
            fork_watchdog(agent, transaction, starter)
    else:
        fork_watchdog(agent, transaction, starter)
    for _ in range(500):
        if watchdog_alive(agent.run_dir):
            return
        time.sleep(0.01)
    raise AgentError("watchdog", "arm", "the revert timer did not start; nothing was changed", permanent=False)


def fork_watchdog(agent: Agent, transaction: str, starter: int) -> None:
    """Double fork: no parent, no terminal, no open file of the session."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.closerange(3, 1024)
        Watchdog(agent, transaction, starter).main()
    finally:
        os._exit(0)


def stay_in_memory() -> None:
    """Where there is swap, a watchdog must not wait for it: mlockall(2), pages as they are used."""
    with contextlib.suppress(OSError):
        if len(read_file("/proc/swaps").splitlines()) > 1:
            import ctypes  # noqa: PLC0415 - most switches have no swap, and this import takes 10 ms

            ctypes.CDLL(None).mlockall(1 | 2 | 4)  # MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT


class Watchdog:
    """Waits for the deadline in the record and reverts; ends as soon as the change is decided."""

    def __init__(self, agent: Agent, transaction: str, starter: int) -> None:
        self.agent, self.transaction, self.starter = agent, transaction, starter
        self.starter_start = _start_of(starter)

    def main(self) -> None:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        fd = os.open(os.path.join(self.agent.run_dir, "watchdog.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("-1000")
        stay_in_memory()
        give_up = boottime() + ARMING_S
        while True:
            pause = self.look(give_up)
            if pause is None:
                return
            time.sleep(pause)

    def look(self, give_up: float) -> float | None:
        """One look at the record: seconds until the next, or None when the work is done."""
        agent = self.agent
        record = agent.load("record.json")
        if record.get("transaction") != self.transaction or record["state"] == "staged":
            orphan = _start_of(self.starter) != self.starter_start or self.starter_start is None
            return None if orphan or boottime() > give_up else 0.1
        if record["state"] not in PENDING:
            return None
        expired = record["boot_id"] != agent.boot_id() or agent.now() >= record["deadline"]
        if expired or record["state"] == "armed":
            try:
                with agent.lock(wait_s=KILL_AFTER_S if expired else 0):
                    self.act()
                    return 0.0
            except AgentError as failure:
                if failure.code == "busy" and expired:
                    kill_session(record)
                    return 0.05
                if failure.code == "broken":
                    return None
        return min(0.5, max(0.01, float(record["deadline"]) - agent.now()))

    def act(self) -> None:
        """The lock is held, so no change is in progress: `armed` now means that whoever made it is dead."""
        record = self.agent.load("record.json")
        if record.get("transaction") != self.transaction or record["state"] not in PENDING:
            return
        if record["state"] == "armed":
            kill_session(record)
            self.agent.revert(f"the change stopped halfway at step {record['step']}")
        elif record["boot_id"] != self.agent.boot_id() or self.agent.now() >= record["deadline"]:
            self.agent.revert("the revert timer ran out unconfirmed")


def kill_session(record: Mapping[str, Any]) -> None:
    """SIGKILL what is left of a change: the agent that made it and the programs it had started."""
    session = record["session"]
    if session == os.getsid(0) or _start_of(session) not in (None, record["session_start"]):
        return
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.getsid(int(name)) == session:
                    os.kill(int(name), signal.SIGKILL)


# --- the front --------------------------------------------------------------------------------------------------------

VERBS: dict[str, tuple[str, ...]] = {name[5:]: () for name in dir(Agent) if name.startswith("verb_")}
"""verbs; filled from the class so that help and `hello` cannot forget one"""


def call(agent: Agent, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    if verb not in VERBS:
        raise AgentError("usage", verb, f"unknown verb; known: {', '.join(sorted(VERBS))}")
    try:
        answer = getattr(agent, f"verb_{verb}")(**arguments)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise AgentError("usage", verb, str(error).partition(" ")[2]) from None
    except OSError as error:
        raise AgentError("os", verb, str(error), permanent=error.errno == errno.EROFS) from None
    assert isinstance(answer, dict)
    return answer


def answer_to(agent: Agent, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Never raises: a defect of the agent is reported like any failure."""
    try:
        return call(agent, verb, arguments)
    except AgentError as failure:
        return failure.to_json()
    except Exception as error:
        return AgentError("defect", verb, f"{type(error).__name__}: {error}").to_json()


def parse_arguments(words: list[str]) -> dict[str, Any]:
    """NAME=VALUE; a value that reads as JSON number, boolean or object is one; NAME=- is read from stdin."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.isidentifier():
            raise AgentError("usage", "arguments", f"{word!r} is not NAME=VALUE")
        if text == "-":
            found[name] = sys.stdin.read()
            continue
        value = as_json(text)
        found[name] = text if value is None or name in ("transaction", "pre_hash", "holder", "target") else value
    return found


def serve(agent: Agent) -> int:
    """Requests {"verb": ..., "arguments": {...}} until end of input; answers are `LENGTH`, line feed, JSON, line feed.

    Saves starting sudo and an interpreter for every step.
    """
    for line in sys.stdin:
        try:
            request = json.loads(line)
            reply = answer_to(agent, request["verb"], request.get("arguments", {}))
        except (ValueError, KeyError, TypeError) as error:
            reply = AgentError("usage", "serve", f"not a request: {error}").to_json()
        text = json.dumps(reply)
        sys.stdout.write(f"{len(text)}\n{text}\n")
        sys.stdout.flush()
    return 0


def main(argv: list[str]) -> int:
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["LC_ALL"] = "C.UTF-8"
    os.umask(0o022)  # also that of ifreload and what it starts; what is secret gets its mode by name
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    verb = argv[1] if len(argv) > 1 else ""
    try:
        agent = Agent()
        if verb == "serve":
            return serve(agent)
        arguments = parse_arguments(argv[2:])
        if verb == "watchdog":
            Watchdog(agent, arguments["transaction"], int(arguments["starter"])).main()
            return 0
        reply = answer_to(agent, verb, arguments)
    except AgentError as failure:
        reply = failure.to_json()
    except OSError as error:
        reply = AgentError("os", verb, str(error)).to_json()
    print(json.dumps(reply))
    return 1 if "error" in reply else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv))
    except BrokenPipeError:
        os._exit(1)
