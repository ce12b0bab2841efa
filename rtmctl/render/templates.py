"""Where templates are found, and how they are read: a name that is not there is an error, never an empty string."""

from collections.abc import Callable, Mapping
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from rtmctl.base.data import data_folder


@cache
def _environment(platform: str) -> Environment:
    return Environment(
        loader=FileSystemLoader(data_folder("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        autoescape=False,
    )


def load(platform: str, name: str, filters: Mapping[str, Callable[..., str]]) -> Template:
    """`templates/<platform>/<name>`, compiled once a process; `filters` are the platform's own."""
    environment = _environment(platform)
    environment.filters.update(filters)
    return environment.get_template(f"{platform}/{name}")
