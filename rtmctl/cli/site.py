"""`rtmctl init`, `validate` and `schema`: beginning a site and proving it sound."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rtmctl.base import Exit, SiteInvalid
from rtmctl.base.findings import errors
from rtmctl.cli.context import only
from rtmctl.cli.options import Output, globals_of


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new site's folder")],
    example: Annotated[str | None, typer.Option(help="Begin with this complete example site")] = None,
    size: Annotated[str, typer.Option(metavar="SPINESxLEAFS", help="Shape of the new fabric")] = "2x4",
) -> None:
    """Write a new site that validates at once."""
    from rtmctl.cli.begin import begin_site

    output = only(globals_of(ctx), Output.TEXT, Output.JSON)
    written = begin_site(folder, example, size)
    if output is Output.JSON:
        typer.echo(json.dumps({"version": 1, "written": [str(path) for path in written]}))
        return
    typer.echo(f"wrote {', '.join(str(path) for path in written)}")
    typer.echo(f"next: cd {folder} && rtmctl validate && rtmctl lab up")


def validate(ctx: typer.Context) -> None:
    """Check the site files, the lock and the derived network; list every finding."""
    from rtmctl.check import prove
    from rtmctl.fabric import derive, read_lock
    from rtmctl.intent import read_site, read_sources, unknown_platforms
    from rtmctl.model import build_models
    from rtmctl.render import PLATFORMS
    from rtmctl.show.findings import show_findings

    said = globals_of(ctx)
    output = only(said, *Output)
    site, findings = read_site(said.site)
    findings = (*findings, *(unknown_platforms(site, PLATFORMS) if site else ()))
    if site is None or errors(findings):
        raise SiteInvalid(findings)
    fabric = derive(site, read_lock(said.site))
    proofs = prove(fabric, build_models(fabric))
    findings = (*findings, *proofs)
    if findings or output is not Output.TEXT:
        show_findings(findings, output, sources=read_sources(said.site, findings), folder=str(said.site))
    if errors(proofs):
        raise typer.Exit(Exit.PROOFS_FAILED)
    if output is Output.TEXT:
        typer.echo(
            f"{site.name}: valid. {len(fabric.devices)} devices, {len(fabric.links)} links, "
            f"{len(fabric.tenants)} tenants, {len(fabric.segments)} segments, {len(fabric.hosts)} hosts"
        )


class FileKind(StrEnum):
    SITE = "site"
    DRILL = "drill"


def schema(
    kind: Annotated[FileKind, typer.Argument(metavar="[site|drill]", help="Of site files, or of drill files")] = (
        FileKind.SITE
    ),
) -> None:
    """Print a JSON Schema, for editors."""
    from rtmctl.drill.schema import drill_schema
    from rtmctl.intent import json_schema

    typer.echo(json.dumps(drill_schema() if kind is FileKind.DRILL else json_schema(), indent=2))
