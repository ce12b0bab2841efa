"""The whole site file: every section, registered here and nowhere else."""

from enum import StrEnum

from pydantic import Field

from rtmctl.intent.schema._base import Name, Section, Text, VrfName
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
    environment: Environment = Environment.LAB
    description: Text = ""
    fabric: FabricOptions = FabricOptions()
    pools: Pools = Pools()
    roles: dict[Role, RoleDefaults] = Field(default_factory=dict)
    switches: dict[Name, Switch]
    tenants: dict[VrfName, Tenant] = Field(default_factory=dict)
    segments: dict[Name, Segment] = Field(default_factory=dict)
    hosts: dict[Name, Host] = Field(default_factory=dict)
    externals: dict[Name, External] = Field(default_factory=dict)
    flows: tuple[Flow, ...] = ()
    management: Management = Management()
    freeze: tuple[Freeze, ...] = ()
