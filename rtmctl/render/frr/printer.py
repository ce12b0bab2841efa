"""The six sections of platform frr from a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rtmctl.base import PermanentError
from rtmctl.base.order import natural_key
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, PolicyTerm, PrefixList, VrfLeak
from rtmctl.render import templates
from rtmctl.render.frr import linux, spelling
from rtmctl.render.frr.limits import unsupported
from rtmctl.render.frr.sessions import arrange


def render(model: DeviceModel) -> DeviceConfig:
    """Sections `frr`, `interfaces`, `nftables`, `sysctl`, `lldpd`, `dhcp-relay`.

    Raises:
        PermanentError: the model holds something that this platform cannot express.
    """
    problems = unsupported(model)
    if problems:
        raise PermanentError(f"{model.hostname}: platform frr cannot express: {'; '.join(problems)}")
    return DeviceConfig.of(
        {
            "frr": _frr(model),
            "interfaces": _print("interfaces", model=model, **linux.interfaces(model)),
            "nftables": _print(
                "nftables.conf",
                model=model,
                tunnelled=any(vlan.vni is not None for vlan in model.vlans),
                relayed=linux.relayed_vxlans(model),
            ),
            "sysctl": _print("sysctl.conf", model=model, anycast=[svi.name for svi in model.svis if svi.anycast_mac]),
            "lldpd": _print("lldpd.conf", model=model, pattern=linux.port_pattern(model)),
            "dhcp-relay": _print("dhcp-relay.conf", model=model, relays=linux.relays(model)),
        }
    )


_FILTERS: Mapping[str, Callable[..., str]] = {
    "family": spelling.FAMILIES.__getitem__,
    "prefix_rule": spelling.prefix_rule,
    "communities": spelling.communities,
    "filter_rule": spelling.filter_rule,
    "leak_policy": spelling.leak_policy,
    "secret": spelling.secret,
    "derived_target": lambda bgp, vni: spelling.derived_target(bgp.asn, vni),
    "allowas_in": lambda times: "" if times == spelling.ALLOWAS_IN_DEFAULT else f" {times}",
}


def _print(name: str, **values: object) -> str:
    return templates.load("frr", f"{name}.j2", _FILTERS).render(**values)


def _frr(model: DeviceModel) -> str:
    vrfs = {vrf.name: vrf for vrf in model.vrfs}
    terms = [term for policy in model.policies for term in policy.terms]
    return _print(
        "frr.conf",
        model=model,
        vrfs=vrfs,
        instances=[
            arrange(bgp, has_evpn=bgp.vrf in vrfs or (bgp.vrf == DEFAULT_VRF and bool(model.mac_vrfs)))
            for bgp in model.bgp
        ],
        announcing=[svi for svi in model.svis if svi.router_advertisements],
        prefix_lists=_by_version(model.prefix_lists),
        list_version={found.name: _version(found) for found in model.prefix_lists},
        learnt_from=sorted({term.match_learnt_from for term in terms if term.match_learnt_from is not None}),
        communities=sorted(
            {term.match_community for term in terms if term.match_community is not None}, key=natural_key
        ),
        route_maps=_route_maps(model),
    )


@dataclass(frozen=True, slots=True)
class _RouteMap:
    """A policy's terms, or the calls of a map that gathers leaks."""

    name: str
    terms: tuple[PolicyTerm, ...] = ()
    leaks: tuple[VrfLeak, ...] = ()


def _route_maps(model: DeviceModel) -> list[_RouteMap]:
    maps = [_RouteMap(policy.name, policy.terms) for policy in model.policies]
    maps += [_RouteMap(spelling.leak_policy(vrf), leaks=vrf.leaks) for vrf in model.vrfs if len(vrf.leaks) > 1]
    return sorted(maps, key=lambda found: found.name)


def _version(found: PrefixList) -> str:
    return "ip" if found.rules[0].network.version == 4 else "ipv6"


def _by_version(lists: tuple[PrefixList, ...]) -> list[tuple[str, list[PrefixList]]]:
    return [
        (version, own)
        for version in ("ip", "ipv6")
        if (own := [found for found in lists if _version(found) == version])
    ]
