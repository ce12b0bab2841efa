"""Where errors become words and exit codes. Whatever is not an RtmctlError is a defect, and shows its traceback."""

import json

from rtmctl.base import RtmctlError, SiteInvalid
from rtmctl.cli.options import Globals, Output


def report(error: RtmctlError, said: Globals) -> int:
    """Tell the operator in the form asked for; gives the exit code."""
    if isinstance(error, SiteInvalid):
        _report_findings(error, said)
    elif said.output is Output.JSON:
        print(json.dumps({"version": 1, "error": error.message, "hint": error.hint, "exit": int(error.exit)}))
    else:
        from rtmctl.show.error import print_error

        print_error(error)
    return int(error.exit)


def _report_findings(invalid: SiteInvalid, said: Globals) -> None:
    from rtmctl.intent import read_sources
    from rtmctl.show.findings import print_findings, show_findings

    folder = str(said.site)
    if said.output is not Output.TEXT:
        show_findings(invalid.findings, said.output, folder=folder)
        return
    sources = read_sources(said.site, invalid.findings)
    print_findings(invalid.findings, sources=sources, folder=folder)
