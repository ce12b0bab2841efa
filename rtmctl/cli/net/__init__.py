"""`rtmctl net`: the network."""

import typer

from rtmctl.cli.net import change, design, live, standing
from rtmctl.cli.options import Command, Noun

app = typer.Typer(
    cls=Noun, no_args_is_help=True, help="The network: from intent to a verified fabric.", rich_markup_mode="rich"
)

PANELS = {
    "Design": (design.render, design.cabling, design.platforms),
    "Change": (change.plan, change.apply, change.confirm, change.rollback, change.recover),
    "Standing": (standing.drift, standing.history, standing.drain, standing.undrain),
    "Look": (live.verify, live.show, live.trace, live.where),
}
app.add_typer(design.lock, name="lock", rich_help_panel="Design")
for panel, verbs in PANELS.items():
    for verb in verbs:
        app.command(cls=Command, rich_help_panel=panel)(verb)
