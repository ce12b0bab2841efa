"""What the schema refuses: code, place, message and hint; and that no mistake hides another or invents one."""

import pytest

from rtmctl.intent import read_text

GOOD = """\
site: good

switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  leaf[3-4]: {role: leaf, rack: r2}

tenants:
  events: {policy: flows}

segments:
  collect: {tenant: events, vlan: 10, subnets: [10.10.10.0/24]}
  stream: {tenant: events, vlan: 20, subnets: [10.10.20.0/24]}

hosts:
  collector1: {rack: r1, segment: collect}
  broker1: {rack: r1, segment: stream}
  broker2: {rack: r2, segment: stream}

flows:
  - {from: collect, to: stream, protocol: tcp, ports: [9092]}
  - {from: collect, to: stream, protocol: icmp}
"""

# a piece of GOOD, what stands there instead, and the findings: line:column, code, part of the message, part of the hint
CASES: dict[str, tuple[str, str, list[tuple[str, str, str, str]]]] = {
    # YAML 1.1 would read these as booleans, numbers in base 60 or 8, and dates
    "the rack NO": ("rack: r2", "rack: no", []),
    "yes for true": (
        "rack: r1, segment: c",
        "managed: yes, rack: r1, segment: c",
        [("16:25", "wrong-type", "'managed' is true or false, not the text 'yes'", "write true")],
    ),
    "True for true": ("rack: r1, segment: c", "managed: False, rack: r1, segment: c", []),
    "1e3 for 1000": (
        "vlan: 10,",
        "vlan: 1e3,",
        [("12:35", "wrong-type", "'vlan' is a whole number, not the number 1000.0", "write 1000")],
    ),
    "octal or not": (
        "vlan: 10,",
        "vlan: 010,",
        [("12:35", "bad-value", "'010' with a leading zero", "write 10 for the number")],
    ),
    "octal in YAML 1.2": ("vlan: 10,", "vlan: 0o12,", []),
    "hexadecimal": ("vlan: 10,", "vlan: 0xa,", []),
    "base 60": (
        "vlan: 10,",
        "vlan: 1:30,",
        [("12:35", "wrong-type", "'vlan' is a whole number, not the text '1:30'", "")],
    ),
    "underscores": ("vlan: 10,", "vlan: 1_0,", [("12:35", "wrong-type", "not the text '1_0'", "")]),
    "quoted number": ("vlan: 10,", "vlan: '10',", [("12:35", "wrong-type", "", "write it without quotes: 10")]),
    "true for 1": ("vlan: 10,", "vlan: true,", [("12:35", "wrong-type", "not true", "")]),
    "nothing": ("vlan: 10,", "vlan: ,", [("12:29", "wrong-type", "'vlan' is a whole number, not nothing", "")]),
    "a number for a name": (
        "rack: r1, segment: c",
        "rack: 1, segment: c",
        [("16:22", "wrong-type", "'rack' is a text, not the number 1", 'in quotes it is text: "1"')],
    ),
    "a date for a name": (
        "segment: collect}",
        "segment: 2026-01-02}",
        [("16:35", "unknown-name", "there is no segment '2026-01-02'", "known: collect, stream")],
    ),
    "a text of two lines": (
        "ports: [9092]}",
        'ports: [9092], description: "a\\nb"}',
        [("21:76", "bad-value", "a text of one line is expected", "line breaks")],
    ),
    "a MAC of a group": (
        "tenants:",
        "fabric: {anycast_mac: 01:00:5e:00:01:01}\ntenants:",
        [("8:23", "bad-value", "'01:00:5e:00:01:01' is a group address", "second digit must be even")],
    ),
    "a MAC of zeros": (
        "tenants:",
        "fabric: {anycast_mac: 00:00:00:00:00:00}\ntenants:",
        [("8:23", "bad-value", "'00:00:00:00:00:00' is no station's address", "")],
    ),
    "a MAC of digits": ("tenants:", "fabric: {anycast_mac: 00:11:22:33:44:55}\ntenants:", []),
    "a MAC in capitals": (
        "tenants:",
        "fabric: {anycast_mac: 00:AA:22:33:44:55}\ntenants:",
        [("8:23", "bad-value", "'00:AA:22:33:44:55' does not fit 'anycast_mac'", "it must match")],
    ),
    # addresses
    "a number for a subnet": (
        "[10.10.10.0/24]",
        "[10]",
        [("12:49", "wrong-type", "a subnet is expected, as in 10.0.0.0/24", "")],
    ),
    "a number with a point": ("[10.10.10.0/24]", "[10.10]", [("12:49", "wrong-type", "a subnet is expected", "")]),
    "no length": (
        "10.10.10.0/24",
        "10.10.10.0",
        [("12:49", "bad-value", "'10.10.10.0' has no prefix length", "as in 10.0.0.0/24")],
    ),
    "a netmask": ("10.10.10.0/24", "10.10.10.0/255.255.255.0", [("12:49", "bad-value", "", "a number of bits")]),
    "host bits": ("10.10.10.0/24", "10.10.10.9/24", [("12:49", "bad-value", "", "the subnet is 10.10.10.0/24")]),
    "octet of 256": ("10.10.10.0/24", "10.10.256.0/24", [("12:49", "bad-value", "", "256 is more than 255")]),
    "octet 010": ("10.10.10.0/24", "10.010.10.0/24", [("12:49", "bad-value", "", "'010' has a leading zero")]),
    "length of 33": ("10.10.10.0/24", "10.10.10.0/33", [("12:49", "bad-value", "'10.10.10.0/33' is no subnet", "")]),
    "a list for one": (
        "[10.10.10.0/24]",
        "10.10.10.0/24",
        [("12:48", "wrong-type", "'subnets' is a list", "[10.10.10.0/24]")],
    ),
    "none at all": ("[10.10.10.0/24]", "[]", [("12:39", "bad-value", "'subnets' needs at least 1", "")]),
    "an IPv6 pool for IPv4": (
        "tenants:",
        "pools: {vtep: '2001:db8::/64'}\ntenants:",
        [("8:15", "bad-value", "is IPv6; here an IPv4 value is expected", "")],
    ),
    "a scope": (
        "segment: collect}",
        "segment: collect, addresses: ['fe80::1%eth0']}",
        [("16:56", "bad-value", "names an interface", "from % on")],
    ),
    # structure
    "a mapping for a list": (
        "tenants:",
        "freeze: {a: b}\ntenants:",
        [("8:1", "wrong-type", "'freeze' is a list, not a mapping", "")],
    ),
    "three keys missing at one place": (
        "tenants:",
        "freeze: [{}]\ntenants:",
        [
            ("8:10", "missing-key", "freeze window 1 needs 'start'", "its keys: start, end, reason"),
            ("8:10", "missing-key", "freeze window 1 needs 'end'", ""),
            ("8:10", "missing-key", "freeze window 1 needs 'reason'", ""),
        ],
    ),
    "the greatest range and one more": (
        "hosts:\n",
        "hosts:\n  a[1-1024]: {rack: r1, segment: stream}\n  b[0-1024]: {rack: r1, segment: stream}\n",
        [("17:3", "bad-range", "1,025 names, the limit is 1,024", "")],
    ),
    "a word for a switch": (
        "spine[1-2]: {role: spine}",
        "spine1: {role: spine}\n  spine2: spine",
        [("5:11", "wrong-type", "'spine2' is a mapping, not the text 'spine'", "")],
    ),
    "a comma in braces": (
        "{policy: flows}",
        "{policy: flows, description: a, and b}",
        [("9:43", "unknown-key", "tenant 'events' has no key 'and b'", "in braces a comma ends a value")],
    ),
    "once for a range": (
        "spine[1-2]: {role: spine}",
        "spine[1-2]: {role: spine, rak: x}",
        [("4:29", "unknown-key", "switch 'spine1' has no key 'rak' (and 1 more from this line)", "'rack'")],
    ),
    "seconds for a time": (
        "tenants:",
        "freeze: [{start: 20261224, end: 2026-12-27, reason: x}]\ntenants:",
        [
            ("8:18", "wrong-type", "'start': a time with its zone is expected", ""),
            ("8:33", "bad-value", "'2026-12-27' has no time zone", "2026-12-24T18:00:00+01:00"),
        ],
    ),
    "a long name": ("site: good", f"site: {'g' * 33}", [("1:7", "bad-name", "cannot be a name", "at most 32")]),
    "a long tenant": (
        "events: {",
        "events-and-offers: {",
        [
            ("9:3", "bad-name", "'events-and-offers' cannot name a VRF", "for example events-and-offe"),
            ("12:21", "unknown-name", "", ""),
            ("13:20", "unknown-name", "", ""),
        ],
    ),
    "no site": ("site: good", "environment: lab", [("1:1", "missing-key", "the site needs 'site'", "")]),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_case(old: str, new: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert old in GOOD
    site, findings = read_text(GOOD.replace(old, new))
    if not expected:
        # a rack called `no` has no leaf, which is another matter
        assert {f.code for f in findings} <= {"unknown-name"}
        return
    assert site is None
    got = [(str(f.where).removeprefix("site.yaml:"), f.code) for f in findings]
    assert sorted(got) == sorted((place, code) for place, code, _, _ in expected)
    for place, code, message, hint in expected:
        matching = [f for f in findings if (str(f.where), f.code) == (f"site.yaml:{place}", code)]
        assert any(message in f.message and hint in f.hint for f in matching), matching


def test_all_mistakes_of_all_kinds_in_one_run() -> None:
    text = (
        GOOD.replace("rack: r2}", "rack: r2, asn: x}")
        .replace("vlan: 20", "vlan: 10")
        .replace("to: stream, protocol: icmp", "to: steam, protocol: icmp")
        .replace("collector1: {", "collector1: {colour: red, ")
    )
    text += "fabric:\n  mtu: {host: 9000, fabric: 9000}\n  admin: 0\n"
    _, findings = read_text(text)
    assert [(f.code, f.where.line if f.where else 0) for f in findings] == [
        ("wrong-type", 6),
        ("vlan-clash", 13),
        ("unknown-key", 16),
        ("unknown-name", 22),
        ("mtu-too-small", 24),
        ("out-of-range", 25),
    ]


def test_a_refused_entry_is_not_called_dangling_or_missing() -> None:
    text = GOOD.replace("stream: {tenant: events, vlan: 20", "stream: {tenant: events, vlan: x")
    assert [f.code for f in read_text(text)[1]] == ["wrong-type"]
    text = GOOD.replace("spine[1-2]: {role: spine}", "spine[1-2]: {rolle: spine}")
    assert [f.code for f in read_text(text)[1]] == ["unknown-key"]
    text = GOOD.replace("events: {policy: flows}", "events: {policy: flow}")
    assert [f.code for f in read_text(text)[1]] == ["unknown-value"]


@pytest.mark.parametrize("section", ["switches", "tenants", "segments"])
@pytest.mark.parametrize("instead", ["{0}: [x]\nxyz:", "{0}s:", "xyz:"], ids=["a list", "misspelt", "missing"])
def test_a_refused_section_leaves_no_name_dangling(section: str, instead: str) -> None:
    _, findings = read_text(GOOD.replace(f"{section}:", instead.format(section)))
    if section == "switches" or not instead.startswith("xyz"):
        assert {f.code for f in findings} <= {"wrong-type", "unknown-key", "missing-key"}
    else:
        assert {f.code for f in findings} == {"unknown-key", "unknown-name"}


def test_a_flow_keeps_its_place_when_an_earlier_one_is_refused() -> None:
    text = GOOD.replace("ports: [9092]", "ports: [0]").replace(
        "to: stream, protocol: icmp", "to: steam, protocol: icmp"
    )
    assert [(f.code, str(f.where)) for f in read_text(text)[1]] == [
        ("out-of-range", "site.yaml:21:56"),
        ("unknown-name", "site.yaml:22:25"),
    ]


def test_a_secret_in_clear_is_in_no_message() -> None:
    _, findings = read_text(GOOD + "management: {key: hunter2}\n")
    assert [f.code for f in findings] == ["secret-in-clear"]
    assert "hunter2" not in repr(findings)


def test_timer_profiles_set_what_is_not_written() -> None:
    site, _ = read_text(GOOD + "fabric: {timers: {profile: fast, keepalive_s: 2, hold_s: 6, bfd: {multiplier: 5}}}\n")
    assert site is not None
    timers = site.intent.fabric.timers
    assert timers.bfd is not None
    assert (timers.bfd.interval_ms, timers.bfd.multiplier, timers.keepalive_s, timers.connect_s) == (100, 5, 2, 2)
    site, _ = read_text(GOOD + "fabric: {timers: {profile: slow, bfd: null}}\n")
    assert site is not None
    assert (site.intent.fabric.timers.bfd, site.intent.fabric.timers.hold_s) == (None, 30)


def test_aliases_do_not_lose_keys_together() -> None:
    text = GOOD.replace("spine[1-2]: {role: spine}", "spine1: &s {role: spine, colour: red}\n  spine2: *s")
    _, findings = read_text(text)
    # the unknown key stands once in the file, and the entry is kept for the checks: no spine is missing
    assert [(f.code, str(f.where)) for f in findings] == [("unknown-key", "site.yaml:4:28")]


def test_an_unknown_key_takes_only_itself_out_of_a_list() -> None:
    text = GOOD.replace("protocol: icmp}", "protocol: icmp, colour: red}").replace("to: stream, protocol: tcp", "to: x")
    assert [f.code for f in read_text(text)[1]] == ["unknown-name", "flow-ports", "unknown-key"]
