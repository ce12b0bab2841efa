"""`rtmctl audit`: who changed what, and whether that record is whole."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from rtmctl.base import Exit, PermanentError, RtmctlError
from rtmctl.cli.context import only, open_site
from rtmctl.cli.loop import wait_for
from rtmctl.cli.options import Command, Noun, Output, globals_of

app = typer.Typer(cls=Noun, no_args_is_help=True, help="Who changed what, signed and chained.", rich_markup_mode="rich")

_UNITS = {"m": 60, "h": 3600, "d": 86400}


@app.command(cls=Command)
def show(
    ctx: typer.Context,
    since: Annotated[
        str, typer.Option(metavar="WHEN", help="From then on: 2026-11-23, 2026-11-23T10:00, 30m, 12h or 7d ago (UTC)")
    ] = "",
    device: Annotated[str, typer.Option(metavar="DEVICE", help="Entries about this device")] = "",
    who: Annotated[str, typer.Option(metavar="NAME", help="Entries by this operator, or a part of the name")] = "",
) -> None:
    """The entries of the store's log, oldest first; `audit verify` tells whether they are what was written."""
    from rtmctl.change.audit_log import AuditFilter, entries_of
    from rtmctl.show.audit import show_entries
    from rtmctl.store import open_store

    output = only(globals_of(ctx), Output.TEXT, Output.JSON)
    wanted = AuditFilter(_moment(since) if since else None, device, who)
    show_entries([entry for entry in entries_of(open_store().audit_log()) if wanted.takes(entry)], output)


@app.command(cls=Command)
def verify(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no device; a cut end is not seen then")] = False,
    head: Annotated[
        str | None, typer.Option(metavar="HASH", help="The hash of an entry, as kept in git or a syslog")
    ] = None,
) -> None:
    """Recompute the log's chain and signatures, and compare it with the heads that the devices hold."""
    from rtmctl.change.audit_log import verify_log
    from rtmctl.cli.changing import changing
    from rtmctl.cli.site_store import signing_keys, site_store
    from rtmctl.show.audit import show_audit

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    names = [device.name for device in opened.fabric.devices]
    keys = signing_keys(opened)
    store, connect, why_not = site_store(opened), None, "--offline"
    if not offline:
        try:
            connect = changing(opened).network.connect
        except RtmctlError as error:
            why_not = error.message
    work = verify_log(store, opened.site.name, names, connect, keys=keys, head=head, offline=offline, why_not=why_not)
    report = wait_for(work)
    show_audit(report, output, store=store.name)
    raise typer.Exit(report.exit)


@app.command(cls=Command)
def key(ctx: typer.Context) -> None:
    """This operator's public key, for `audit.keys` of the site; made at the first use."""
    from rtmctl.change.plan import whoami
    from rtmctl.cli.site_store import site_store

    opened = open_site(ctx)
    typer.echo(f"{site_store(opened).signer.public} {whoami()}")


def _moment(text: str) -> float:
    """Seconds since the epoch. Raises PermanentError when it is no moment; exit code 2."""
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS and number.isascii() and number.isdigit():
        return time.time() - int(number) * _UNITS[unit]
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise PermanentError(
            f"--since {text!r} is no moment", hint="2026-11-23, 2026-11-23T10:00, or 30m, 12h, 7d ago", exit=Exit.USAGE
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
