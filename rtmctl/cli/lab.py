"""`rtmctl lab`: a running copy of the site on this machine."""

import os
import subprocess
import sys
import time
from typing import Annotated

import typer

from rtmctl.base import Exit, PermanentError
from rtmctl.cli.context import only, open_site
from rtmctl.cli.options import Command, Noun, Output, globals_of

app = typer.Typer(cls=Noun, no_args_is_help=True, help="A running copy of the site, here.", rich_markup_mode="rich")

NodeArgument = Annotated[str, typer.Argument(metavar="NODE", help="A switch or host of the lab")]


def _lab_name(ctx: typer.Context) -> str:
    """--lab, else the site's own name."""
    from rtmctl.intent import load_site

    said = globals_of(ctx)
    return said.lab or load_site(said.site).name


@app.command(cls=Command)
def up(
    ctx: typer.Context,
    driver: Annotated[str, typer.Option(metavar="netns", help="How nodes are made")] = "netns",
    image: Annotated[
        str | None, typer.Option(metavar="frr8|frr10", help="FRR 8.4 or 10.3 on the switches \\[frr10]")
    ] = None,
    hosts: Annotated[bool, typer.Option(help="Bring up the servers too")] = True,
    light: Annotated[bool, typer.Option("--light", help="Light hosts also where the site asks for systemd")] = False,
) -> None:
    """Bring the lab up, or complete it: real routers with a factory configuration, and servers."""
    from rtmctl.lab.choices import Choices
    from rtmctl.lab.drivers import open_lab
    from rtmctl.lab.recipes import DEFAULT_SWITCH
    from rtmctl.show.lab import print_status
    from rtmctl.show.progress import steps

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    lab = open_lab(opened.said.lab or opened.site.name, driver)
    choices = Choices(image=image or DEFAULT_SWITCH, hosts=hosts, light=light)
    began = time.monotonic()
    try:
        status = lab.up(opened.fabric, choices, steps(output))
    except KeyboardInterrupt:
        half = "rtmctl lab up completes it, rtmctl lab down removes it"
        raise PermanentError(f"lab {lab.name}: interrupted", hint=half, exit=Exit.INTERRUPTED) from None
    print_status(status, lab.kernel(), output, seconds=time.monotonic() - began)
    raise typer.Exit(Exit.DONE if status.complete else Exit.FAILED)


@app.command(cls=Command)
def down(ctx: typer.Context) -> None:
    """Remove the lab and everything it left, whatever state it is in."""
    from rtmctl.lab.drivers import open_lab
    from rtmctl.show.lab import print_removed
    from rtmctl.show.progress import steps

    output = only(globals_of(ctx), Output.TEXT, Output.JSON)
    name = _lab_name(ctx)
    began = time.monotonic()
    gone = open_lab(name).down(steps(output))
    print_removed(name, output, gone=gone, seconds=time.monotonic() - began)


@app.command(cls=Command)
def status(ctx: typer.Context) -> None:
    """Nodes of the lab and whether they run."""
    from rtmctl.lab.drivers import open_lab
    from rtmctl.show.lab import print_status

    output = only(globals_of(ctx), Output.TEXT, Output.JSON)
    lab = open_lab(_lab_name(ctx))
    found = lab.status()
    print_status(found, lab.kernel() if found.nodes else None, output)
    raise typer.Exit(Exit.DONE if found.complete else Exit.FAILED)


@app.command("exec", cls=Command, context_settings={"ignore_unknown_options": True})
def exec_(
    ctx: typer.Context,
    node: NodeArgument,
    command: Annotated[list[str], typer.Argument(metavar="-- CMD …", help="What to run there")],
) -> None:
    """Run a command inside a node; its exit code is passed on."""
    from rtmctl.lab.drivers import open_lab

    done = subprocess.run(open_lab(_lab_name(ctx)).command(node, tuple(command)), check=False)
    raise typer.Exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)  # of a signal, as a shell says


@app.command(cls=Command)
def shell(ctx: typer.Context, node: NodeArgument) -> None:
    """A shell inside a node; its exit code is passed on."""
    from rtmctl.lab.drivers import open_lab

    # this terminal is none inside the node, which has its own /dev/pts: script(1) makes one there
    inner = ("script", "-qec", "/bin/bash", "/dev/null") if sys.stdin.isatty() else ("/bin/bash",)
    words = open_lab(_lab_name(ctx)).command(node, inner)
    os.execvp(words[0], words)


@app.command(cls=Command)
def reboot(ctx: typer.Context, node: NodeArgument) -> None:
    """Power a node off, as by pulling its plug, and on again."""
    from rtmctl.lab.drivers import open_lab

    lab = open_lab(_lab_name(ctx))
    lab.power_off(node)
    lab.power_on(node)
    typer.echo(f"{node}: power off, power on")


@app.command(cls=Command)
def graph(
    ctx: typer.Context,
    form: Annotated[str, typer.Option("--format", metavar="mermaid|dot|html", help="Form of the drawing")] = "mermaid",
) -> None:
    """Draw the fabric: Mermaid, DOT, or one self-contained HTML page."""
    from rtmctl.lab.graph import FORMATS, draw

    if form not in FORMATS:
        raise PermanentError(f"no graph format {form!r}", hint=f"known: {', '.join(FORMATS)}", exit=Exit.USAGE)
    typer.echo(draw(open_site(ctx).fabric, form), nl=False)
