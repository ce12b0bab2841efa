"""What all section models share: frozen, no unknown keys, strict scalars, names that fit a hostname label.

YAML has types of its own, so nothing is guessed here: "10" in quotes is no number, `yes` is no boolean, and the
number 10 is no address. A value that does not fit raises `PydanticCustomError` with a finding code as its type.
"""

from collections.abc import Callable
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from rtmctl.base.texts import is_one_line


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
"""A lower-case hostname label of at most 32 characters (RFC 1123 §2.1)."""

VrfName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,13}[a-z0-9]$|^[a-z]$")]
"""A name that is also a Linux interface name: at most 15 characters (IFNAMSIZ - 1)."""

Port = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9/:._-]{0,31}$")]
"""A port in the platform's own spelling: swp7, Ethernet7, xe-0/0/7."""

SecretRef = Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|(file|vault):\S.*)$")]
"""Where a secret is to be found: env:NAME, file:PATH or vault:PATH; never the secret."""

Int = Annotated[int, Strict()]
"""A whole number, written as one."""

Bool = Annotated[bool, Strict()]

Asn = Annotated[int, Strict(), Field(ge=1, le=4294967295)]
"""A BGP autonomous system (RFC 6793)."""


def bad_value(message: str, hint: str = "") -> PydanticCustomError:
    """For validators: the finding of that code, at the value's place."""
    # braces are pydantic's template marks
    return PydanticCustomError("bad-value", "{message}", {"message": message, "hint": hint})


def _one_line(value: str) -> str:
    if not is_one_line(value):
        raise bad_value("a text of one line is expected", "take the line breaks and control characters out")
    return value


Text = Annotated[str, StringConstraints(max_length=200), AfterValidator(_one_line)]
"""One line for people."""


def _text(value: Any, what: str, example: str) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError(
            "wrong-type", "{message}", {"message": f"{what} is expected, as in {example}", "hint": ""}
        )
    return value.strip()


def _address(example: str, version: int | None = None) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if isinstance(value, IPv4Address | IPv6Address):
            return value
        text = _text(value, "an address", example)
        if "/" in text:
            raise bad_value(f"'{text}' is no address", "leave the prefix length out here")
        if "%" in text:
            raise bad_value(f"'{text}' names an interface", "leave out the part from % on")
        try:
            parsed = ip_address(text)
        except ValueError:
            raise bad_value(f"'{text}' is no address", _octets(text, f"an address looks like {example}")) from None
        return _versioned(parsed, text, version)

    return parse


def _network(example: str, version: int | None = None) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if isinstance(value, IPv4Network | IPv6Network):
            return value
        text = _text(value, "a subnet", example)
        _check_prefix_length(text, "subnet", example)
        try:
            parsed = ip_network(text, strict=False)
        except ValueError:
            raise bad_value(f"'{text}' is no subnet", _octets(text, f"a subnet looks like {example}")) from None
        if ip_interface(text).ip != parsed.network_address:
            raise bad_value(f"'{text}' has host bits set", f"the subnet is {parsed}")
        return _versioned(parsed, text, version)

    return parse


def _interface(example: str) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if isinstance(value, IPv4Interface | IPv6Interface):
            return value
        text = _text(value, "an address with prefix length", example)
        _check_prefix_length(text, "address with prefix length", example)
        try:
            return ip_interface(text)
        except ValueError:
            hint = _octets(text, f"it looks like {example}")
            raise bad_value(f"'{text}' is no address with prefix length", hint) from None

    return parse


def _check_prefix_length(text: str, what: str, example: str) -> None:
    _, slash, length = text.partition("/")
    if not slash:
        raise bad_value(f"'{text}' has no prefix length", f"write it with its length, as in {example}")
    if "%" in text:
        raise bad_value(f"'{text}' names an interface", "leave out the part from % on")
    if not (length.isascii() and length.isdigit()):
        raise bad_value(f"'{text}' is no {what}", f"the length is a number of bits, as in {example}")


def _octets(text: str, otherwise: str) -> str:
    octets = text.partition("/")[0].split(".")
    if len(octets) == 4 and all(o.isascii() and o.isdigit() for o in octets):
        for octet in octets:
            if len(octet) > 1 and octet.startswith("0"):
                return f"'{octet}' has a leading zero, which some programs read as octal"
            if int(octet[:9]) > 255:
                return f"{octet[:9]} is more than 255"
    return otherwise


def _versioned(parsed: Any, text: str, version: int | None) -> Any:
    if version is not None and parsed.version != version:
        raise bad_value(f"'{text}' is IPv{parsed.version}; here an IPv{version} value is expected")
    return parsed


def _one_station(value: str) -> str:
    if int(value[1], 16) & 1:
        raise bad_value(f"'{value}' is a group address, which no interface can have", "the second digit must be even")
    if not value.strip("0:"):
        raise bad_value(f"'{value}' is no station's address")
    return value


Mac = Annotated[str, Field(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$"), AfterValidator(_one_station)]
"""A unicast MAC address (IEEE 802 §8.4)."""

Address = Annotated[IPv4Address | IPv6Address, BeforeValidator(_address("10.0.0.1 or 2001:db8::1"))]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network("10.0.0.0/24 or 2001:db8::/64"))]
Network4 = Annotated[IPv4Network, BeforeValidator(_network("10.0.0.0/24", 4))]
Network6 = Annotated[IPv6Network, BeforeValidator(_network("2001:db8::/64", 6))]
Interface = Annotated[IPv4Interface | IPv6Interface, BeforeValidator(_interface("10.0.0.1/24 or 2001:db8::1/64"))]


def _moment(value: Any) -> Any:
    # pydantic would take the number 20261224 for seconds since 1970
    return (
        _text(value, "a time with its zone", "2026-12-24T18:00:00+01:00") if isinstance(value, int | float) else value
    )


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
"""A moment, with its time zone: 2026-12-24T18:00:00+01:00."""
