"""The global options: every command takes them, and so does `rtmctl` itself before the noun."""

import os
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from rtmctl.base import Exit, PermanentError, RtmctlError
from rtmctl.base.texts import is_one_line
from rtmctl.cli.said import Globals as Globals
from rtmctl.cli.usage import usage_told
from rtmctl.show.output import Output as Output
from rtmctl.show.streams import mute

_PANEL = "Global options"


def _declare(
    site: Annotated[
        Path | None,
        typer.Option(metavar="DIR", envvar="RTMCTL_SITE", help="The site's folder \\[.]", rich_help_panel=_PANEL),
    ] = None,
    lab: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            envvar="RTMCTL_LAB",
            help="Act on this running lab; a site of environment `lab` does so by itself",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    output: Annotated[
        Output | None,
        typer.Option(metavar="FORM", help="text, json, junit, github, sarif \\[text]", rich_help_panel=_PANEL),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing", rich_help_panel=_PANEL)] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more", rich_help_panel=_PANEL)] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Plain text", rich_help_panel=_PANEL)] = False,
) -> None:
    """Only its signature counts: typer turns it into the options below."""


@cache
def _global_params() -> list[Any]:
    """The option objects; they hold no state, so all commands share them."""
    declared = typer.Typer(add_completion=False)
    declared.command()(_declare)
    return [param for param in typer.main.get_command(declared).params if param.name != "help"]


def globals_of(ctx: typer.Context) -> Globals:
    """What was said before the noun and after the verb, the latter winning."""
    found: Globals = ctx.find_root().ensure_object(Globals)
    return found


def _remember(ctx: Any) -> None:
    """Move the global options out of the command's own parameters.

    The environment is read once, at the root: read again at the verb it would overrule what was typed before the noun.
    """
    given = {field.name: ctx.params.pop(field.name, None) for field in fields(Globals)}
    root = ctx.find_root()
    said = {
        name: value
        for name, value in given.items()
        if value not in (None, False)
        and (ctx is root or getattr(ctx.get_parameter_source(name), "name", "") != "ENVIRONMENT")
    }
    root.obj = replace(root.ensure_object(Globals), **said)
    if root.obj.no_color:
        os.environ["NO_COLOR"] = "1"  # the one place where all writers look


def _refuse_texts(ctx: Any) -> None:
    """Texts are kept in journals and on devices as UTF-8, a line each; paths may be any bytes.

    Raises:
        PermanentError: a text is of several lines, or holds bytes that are no UTF-8.
    """
    for name, value in ctx.params.items():
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise PermanentError(f"{name} is not UTF-8: {value!a}", exit=Exit.USAGE) from error
        if isinstance(value, str) and not is_one_line(value):
            raise PermanentError(f"{name} is no text of one line: {value!a}", exit=Exit.USAGE)


def _guarded(ctx: Any, invoke: Callable[[Any], Any]) -> Any:
    """Run it; every error meant for the operator ends in words and its exit code."""
    _remember(ctx)
    try:
        _refuse_texts(ctx)
        return invoke(ctx)
    except RtmctlError as error:
        from rtmctl.cli.boundary import report

        raise typer.Exit(report(error, globals_of(ctx))) from None
    except BrokenPipeError:
        mute()  # whoever read it has read enough
        raise typer.Exit(Exit.FAILED) from None
    except OSError as error:
        from rtmctl.cli.boundary import in_words, report

        if globals_of(ctx).verbose:
            raise
        raise typer.Exit(report(in_words(error), globals_of(ctx))) from None
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None


def _flags_alone(params: list[Any]) -> list[Any]:
    """Flags without the `<bool>` that typer prints behind them."""
    for param in params:
        if getattr(param, "is_bool_flag", False):
            param.metavar = ""
    return params


class Command(TyperCommand):
    """A command that takes the global options too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_global_params()]

    def get_params(self, ctx: Any) -> list[Any]:
        return _flags_alone(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        return _guarded(ctx, super().invoke)


class Noun(TyperGroup):
    """A group of verbs."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _flags_alone(super().get_params(ctx))


class Group(Noun):
    """A group that takes the global options before its verb: `rtmctl` itself, and `net lock`, which also acts alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_global_params()]

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with usage_told():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with usage_told():
            return _guarded(ctx, super().invoke)
