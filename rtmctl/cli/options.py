"""The global options: every command takes them, and so does `rtmctl` itself before the noun."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption

from rtmctl.show.output import Output as Output


@dataclass(frozen=True, slots=True)
class Globals:
    site: Path = Path()
    output: Output = Output.TEXT
    verbose: bool = False
    color: bool = True
    yes: bool = False
    lab: str | None = None
    """address the running lab of this name instead of the site's own devices"""


def globals_of(ctx: typer.Context) -> Globals:
    """What was said before the noun and after the verb, the latter winning."""
    found: Globals = ctx.find_root().ensure_object(Globals)
    return found


def _set(field: str, convert: Any = None) -> Any:
    def remember(ctx: typer.Context, _param: object, value: Any) -> None:
        if value is None or value is False:
            return
        root = ctx.find_root()
        root.obj = replace(root.ensure_object(Globals), **{field: convert(value) if convert else value})

    return remember


def _option(*names: str, field: str, convert: Any = None, **how: Any) -> TyperOption:
    return TyperOption(
        param_decls=list(names),
        expose_value=False,
        callback=_set(field, convert),
        rich_help_panel="Global options",
        **how,
    )


def global_options() -> list[TyperOption]:
    """Fresh option objects, one set a command."""
    return [
        _option(
            "--site", field="site", convert=Path, metavar="DIR", envvar="RTMCTL_SITE", help="The site's folder [.]"
        ),
        _option(
            "--lab",
            field="lab",
            metavar="NAME",
            envvar="RTMCTL_LAB",
            help="Act on the running lab NAME; a site whose environment is `lab` does so by itself",
        ),
        _option(
            "--output",
            field="output",
            convert=_output,
            metavar="|".join(Output),
            help="Form of the result [text]",
        ),
        _option("--yes", "-y", field="yes", is_flag=True, default=False, help="Answer yes where one would be asked"),
        _option("--verbose", "-v", field="verbose", is_flag=True, default=False, help="Say more"),
        _option("--no-color", field="color", convert=lambda _: False, is_flag=True, default=False, help="Plain text"),
    ]


def _output(value: str) -> Output:
    try:
        return Output(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(Output)}") from None


class Command(TyperCommand):
    """A command that takes the global options too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *global_options()]
