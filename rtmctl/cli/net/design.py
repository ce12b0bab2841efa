"""What needs no device: the lock, the texts, the cables, the platforms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtmctl.base import Exit
from rtmctl.cli.context import only, open_site
from rtmctl.cli.loop import wait_for
from rtmctl.cli.options import Command, Globals, Group, Output, globals_of

if TYPE_CHECKING:
    from rtmctl.fabric import Lock

DevicesArgument = Annotated[list[str] | None, typer.Argument(metavar="[DEVICE]...", help="All where none is named")]


lock = typer.Typer(
    cls=Group, invoke_without_command=True, help="Allocate what the site needs; merge two branches' allocations."
)


@lock.callback()
def allocate_missing(
    ctx: typer.Context,
    prune: Annotated[bool, typer.Option("--prune", help="Give back what removed things still hold")] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 4 when the lock would change")] = False,
) -> None:
    """Allocate what the site needs and does not have yet; nothing that has a number gets another."""
    from rtmctl.fabric import allocate, read_lock
    from rtmctl.fabric import prune as give_back
    from rtmctl.intent import load_site

    if ctx.invoked_subcommand:
        return
    said = globals_of(ctx)
    site = load_site(said.site)
    before = read_lock(said.site)
    kept = give_back(site, before) if prune else before
    _finish(said, before, allocate(site, kept), write=not check)


@lock.command(cls=Command)
def resolve(
    ctx: typer.Context,
    base: Annotated[str, typer.Option(metavar="REF", help="The git commit whose allocations stay")],
) -> None:
    """After a merge that gave two things the same number: what stands in REF stays, the newer one gets another."""
    from rtmctl.cli.git import file_at
    from rtmctl.fabric import allocate, lock_text, parse_lock, parse_merged
    from rtmctl.fabric import resolve as settle
    from rtmctl.fabric.lock import FILE_NAME
    from rtmctl.intent import load_site

    said = globals_of(ctx)
    site = load_site(said.site)
    older = parse_lock(file_at(base, said.site / FILE_NAME))
    merged = parse_merged(lock_text(said.site), older)
    _finish(said, merged, allocate(site, settle(merged, older)), write=True)


def _finish(said: Globals, before: Lock, after: Lock, *, write: bool) -> None:
    from rtmctl.fabric import write_lock
    from rtmctl.show.lock import show_lock_change

    show_lock_change(before, after, only(said, Output.TEXT, Output.JSON))
    if not write:
        raise typer.Exit(Exit.DIFFERENT if after != before else Exit.DONE)
    write_lock(said.site, after)


def render(
    ctx: typer.Context,
    device: DevicesArgument = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="A file a device instead of stdout")] = None,
) -> None:
    """Print the configuration each device is to run, in its production form."""
    from rtmctl.show.configs import print_configs

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    names = opened.check_devices(tuple(device or ()))
    if output is Output.JSON and not out:
        print_configs({name: opened.configs[name] for name in names})
        return
    if out:
        out.mkdir(parents=True, exist_ok=True)
    for name in names:
        text = opened.configs[name].to_text()
        if out:
            (out / f"{name}.conf").write_text(text, encoding="utf-8")
        else:
            typer.echo(f"#### device {name}\n{text}")
    if out:
        typer.echo(f"{len(names)} files written to {out}")


def cabling(
    ctx: typer.Context,
    live: Annotated[bool, typer.Option("--live", help="Beside each cable what LLDP sees there")] = False,
) -> None:
    """Every cable as CSV, for the people with the cables."""
    from rtmctl.cli.net.reading import read_what_answers, unread
    from rtmctl.cli.target import find_target
    from rtmctl.observe import cabling as rows
    from rtmctl.show.cabling import print_cabling

    opened = open_site(ctx)
    states, failed = wait_for(read_what_answers(opened.models, find_target(opened))) if live else (None, {})
    if failed:
        typer.echo(f"warning: {unread(failed)}", err=True)
    print_cabling(rows(opened.models, states), only(opened.said, Output.TEXT, Output.JSON))


def platforms(ctx: typer.Context) -> None:
    """The platforms rtmctl renders, and the guard each can put under a change."""
    from rtmctl.device import CAPABILITIES
    from rtmctl.render import PLATFORMS
    from rtmctl.show.platforms import print_platforms

    output = only(globals_of(ctx), Output.TEXT, Output.JSON)
    print_platforms({name: CAPABILITIES.get(name) for name in PLATFORMS}, output)
