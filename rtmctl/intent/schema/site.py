"""The whole site file: every section, registered here and nowhere else."""

from enum import StrEnum

from pydantic import Field

from rtmctl.intent.schema._base import Name, Section, Text, VrfName
from rtmctl.intent.schema.audit import Audit
from rtmctl.intent.schema.drills import Drills
from rtmctl.intent.schema.externals import External
from rtmctl.intent.schema.fabric import FabricOptions
from rtmctl.intent.schema.flows import Flow
from rtmctl.intent.schema.hosts import Host
from rtmctl.intent.schema.management import Freeze, Management
from rtmctl.intent.schema.pools import Pools
from rtmctl.intent.schema.segments import Segment
from rtmctl.intent.schema.switches import Role, RoleDefaults, Switch
from rtmctl.intent.schema.tenants import Tenant


class Environment(StrEnum):
    LAB = "lab"
    STAGING = "staging"
    PRODUCTION = "production"


class SiteModel(Section):
    """A site: what it should be. Names in `switches` and `hosts` may be ranges: leaf[1-4]."""

    site: Name
    """the site's name"""
    environment: Environment = Environment.LAB
    description: Text = ""
    """one line for people"""
    fabric: FabricOptions = FabricOptions()
    """how the fabric as a whole works"""
    pools: Pools = Pools()
    """what allocation draws from"""
    roles: dict[Role, RoleDefaults] = Field(default_factory=dict)
    """defaults for every switch of a role"""
    switches: dict[Name, Switch]
    """by name; a name may be a range"""
    tenants: dict[VrfName, Tenant] = Field(default_factory=dict)
    """one VRF each, of the tenant's name"""
    segments: dict[Name, Segment] = Field(default_factory=dict)
    """a VLAN, a VNI, subnets and an anycast gateway each"""
    hosts: dict[Name, Host] = Field(default_factory=dict)
    """by name; a name may be a range"""
    externals: dict[Name, External] = Field(default_factory=dict)
    """external eBGP peers at border leafs"""
    flows: tuple[Flow, ...] = ()
    """what may pass between segments"""
    management: Management = Management()
    """how rtmctl reaches the devices"""
    freeze: tuple[Freeze, ...] = ()
    """windows in which `net apply` is refused"""
    drills: Drills = Drills()
    """what drills may do here, when, and who is told"""
    audit: Audit = Audit()
    """who signs the audit log"""
