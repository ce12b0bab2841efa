"""`rtmctl net`: the network."""

import typer

from rtmctl.cli.net import design
from rtmctl.cli.options import Command

app = typer.Typer(no_args_is_help=True, help="The network: from intent to a verified fabric.", rich_markup_mode="rich")
for verb in (design.lock, design.render, design.cabling, design.platforms):
    app.command(cls=Command)(verb)
