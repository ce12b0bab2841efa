"""docs/site-files.md: the tables of keys, out of the schema."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from rtmctl.intent.schema.site import SiteModel

TABLE = re.compile(r"(?P<head><!-- keys of (?P<path>\S+) -->\n)(?P<table>.*?)(?P<foot><!-- end -->)", re.S)


def filled(page: str) -> str:
    """The page with every table between its marks made anew."""
    return TABLE.sub(lambda m: m["head"] + table(model_at(m["path"])) + m["foot"], page)


def sections() -> list[str]:
    """Every model's path below the site, as the marks have it."""
    return ["site", *_below(SiteModel, "")]


def _below(model: type[BaseModel], path: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = _section(field.annotation)
        if inner is not None:
            yield f"{path}{name}"
            yield from _below(inner, f"{path}{name}.")


def model_at(path: str) -> type[BaseModel]:
    model: type[BaseModel] = SiteModel
    for part in path.split(".") if path != "site" else ():
        found = _section(model.model_fields[part].annotation)
        assert found is not None, path
        model = found
    return model


def table(model: type[BaseModel]) -> str:
    rows = ["| key | value | left out | |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        cells = (f"`{field.alias or name}`", _value(field), _default(field), _oneline(field.description or ""))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _value(field: FieldInfo) -> str:
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    return _words(field.annotation) + (f", {low} to {high}" if low is not None and high is not None else "")


def _words(annotation: Any) -> str:
    if isinstance(annotation, type):
        return _name(annotation)
    arguments = [a for a in get_args(annotation) if a not in (type(None), Ellipsis)]
    origin = get_origin(annotation)
    if origin is dict:
        return "names, see below" if _section(annotation) else "mapping"
    if origin is tuple:
        inner = _words(arguments[0])
        return "list, see below" if "below" in inner else f"list: {inner}"
    if hasattr(annotation, "__metadata__"):
        return _words(arguments[0])
    return " or ".join(dict.fromkeys(_words(argument) for argument in arguments))


def _name(annotation: type) -> str:
    if issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    return "mapping, see below" if issubclass(annotation, BaseModel) else _TYPES[annotation.__name__]


_TYPES = {
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "`true`, `false`",
    "time": "time of day",
    "AwareDatetime": "time with zone",
    "IPv4Network": "IPv4 subnet",
    "IPv6Network": "IPv6 subnet",
    "IPv4Address": "IPv4 address",
    "IPv6Address": "IPv6 address",
    "IPv4Interface": "IPv4 address/length",
    "IPv6Interface": "IPv6 address/length",
}


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    default = field.default
    if default is PydanticUndefined or default in (None, "", ()) or isinstance(default, BaseModel):
        return ""
    if isinstance(default, Enum):
        return f"`{default.value}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return ", ".join(f"`{value.value if isinstance(value, Enum) else value}`" for value in default)
    return f"`{default}`"


def _section(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for a in get_args(annotation) if (found := _section(a)) is not None), None)


def _oneline(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
