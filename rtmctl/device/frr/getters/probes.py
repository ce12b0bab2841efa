"""ping and traceroute output in NAPALM's models."""

import re
from typing import Any

from napalm.base import models

_REPLY = re.compile(r"bytes from ([0-9a-fA-F.:]+)[:%].*?time=([\d.]+) ms")
_SENT = re.compile(r"(\d+) packets transmitted, (\d+) received")
_RTT = re.compile(r"= ([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+) ms")
_HOP = re.compile(r"^\s*(\d+)\s+(.*)$", re.MULTILINE)


def ping(answer: dict[str, Any]) -> models.PingResultDict:
    """`packet_loss` is a number of packets, as in napalm's other drivers."""
    output = answer["output"]
    sent = _SENT.search(output)
    if not sent:
        return {"error": answer["stderr"] or output.strip() or "ping gave no summary"}
    times = _RTT.search(output)
    least, average, most, deviation = (float(x) for x in times.groups()) if times else (0.0, 0.0, 0.0, 0.0)
    return {
        "success": {
            "probes_sent": int(sent[1]),
            "packet_loss": int(sent[1]) - int(sent[2]),
            "rtt_min": least,
            "rtt_max": most,
            "rtt_avg": average,
            "rtt_stddev": deviation,
            "results": [{"ip_address": address, "rtt": float(rtt)} for address, rtt in _REPLY.findall(output)],
        }
    }


def traceroute(answer: dict[str, Any]) -> models.TracerouteResultDict:
    if answer["rc"] != 0:
        return {"error": answer["stderr"] or answer["output"].strip()}
    hops: dict[int, models.TracerouteResultDictEntry] = {}
    for number, text in _HOP.findall(answer["output"]):
        probes: dict[int, models.TracerouteDict] = {}
        address = "*"
        for rtt, lost, word in re.findall(r"([\d.]+) ms|(\*)|([0-9a-fA-F.:]+)", text):
            if rtt or lost:
                name = address if rtt else "*"
                probes[len(probes) + 1] = {"rtt": float(rtt or 0), "ip_address": name, "host_name": name}
            else:
                address = word
        hops[int(number)] = {"probes": probes}
    return {"success": hops}
