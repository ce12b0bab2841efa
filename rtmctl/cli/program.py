"""The `rtmctl` program: its nouns."""

from typing import Annotated

import typer

from rtmctl import __version__
from rtmctl.cli import audit, drill, lab, net, probe, site
from rtmctl.cli.options import Command, Group

EXIT_CODES = (
    "Exit codes: 0 done · 1 failed · 2 usage · 3 invalid site · 4 differences · 5 verification failed · "
    "6 refuted · 7 inconclusive · 8 rolled back · 9 locked by another · 10 stale plan · 11 state unknown, act now · "
    "12 refused · 13 aborted, restored · 14 proofs found violations · 130 interrupted"
)

app = typer.Typer(
    name="rtmctl",
    cls=Group,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="The infrastructure of real-time marketing, from the cable to the offer.",
    epilog=EXIT_CODES,
)
app.command("init", cls=Command)(site.init)
app.command("validate", cls=Command)(site.validate)
app.command("schema", cls=Command)(site.schema)
app.add_typer(net.app, name="net")
app.add_typer(lab.app, name="lab")
app.add_typer(drill.app, name="drill")
app.add_typer(probe.app, name="probe")
app.add_typer(audit.app, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rtmctl {__version__}")
        raise typer.Exit()


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Version")] = False,
) -> None:
    pass
