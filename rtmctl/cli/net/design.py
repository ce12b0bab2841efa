"""What needs no device: the lock, the texts, the cables, the platforms."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from rtmctl.base import Exit
from rtmctl.cli.context import only, open_site
from rtmctl.cli.options import Output, globals_of

DevicesArgument = Annotated[list[str] | None, typer.Argument(metavar="[DEVICE]...", help="All where none is named")]


def lock(
    ctx: typer.Context,
    prune: Annotated[bool, typer.Option(help="Give back what removed things still hold")] = False,
    check: Annotated[bool, typer.Option(help="Write nothing; exit 4 when the lock would change")] = False,
) -> None:
    """Allocate what the site needs and does not have yet; nothing that has a number gets another."""
    from rtmctl.fabric import allocate, read_lock, write_lock
    from rtmctl.fabric import prune as give_back
    from rtmctl.intent import load_site
    from rtmctl.show.lock import show_lock_change

    said = globals_of(ctx)
    site = load_site(said.site)
    before = read_lock(said.site)
    after = allocate(site, before)
    after = give_back(site, after) if prune else after
    show_lock_change(before, after, only(said, Output.TEXT, Output.JSON))
    if check:
        raise typer.Exit(Exit.DIFFERENT if after != before else Exit.DONE)
    if after != before:
        write_lock(said.site, after)


def render(
    ctx: typer.Context,
    device: DevicesArgument = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="A file a device instead of stdout")] = None,
) -> None:
    """Print the configuration each device is to run, in its production form."""
    opened = open_site(ctx)
    names = opened.check_devices(tuple(device or ()))
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
    from rtmctl.cli.net.reading import read_states
    from rtmctl.cli.target import find_target
    from rtmctl.observe import cabling as rows
    from rtmctl.show.cabling import print_cabling

    opened = open_site(ctx)
    states = asyncio.run(read_states(opened.models, find_target(opened))) if live else None
    print_cabling(rows(opened.models, states), only(opened.said, Output.TEXT, Output.JSON))


def platforms() -> None:
    """The platforms rtmctl renders, and the guard each can put under a change."""
    from rtmctl.device import CAPABILITIES
    from rtmctl.render import PLATFORMS
    from rtmctl.show.platforms import print_platforms

    print_platforms({name: CAPABILITIES.get(name) for name in PLATFORMS})
