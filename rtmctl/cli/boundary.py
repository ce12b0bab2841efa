"""Where errors become words and exit codes. Whatever is neither an RtmctlError nor the operating system's refusal is
a defect, and shows its traceback.
"""

from rtmctl.base import PermanentError, RtmctlError, SiteInvalid
from rtmctl.cli.said import Globals
from rtmctl.show.output import Output
from rtmctl.show.streams import heard_or_not


def report(error: RtmctlError, said: Globals) -> int:
    """Tell the operator in the form asked for; gives the exit code."""
    with heard_or_not():
        if isinstance(error, SiteInvalid):
            _report_findings(error, said)
        else:
            from rtmctl.show.error import show_error

            show_error(error, said.output)
    return int(error.exit)


def in_words(error: OSError) -> PermanentError:
    """What the operating system refused, and to whom: a full disk, a folder that is none."""
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    what = error.strerror or str(error)
    return PermanentError(
        f"{' and '.join(names) or 'output'}: {what}",
        hint="mend that and repeat the command; --verbose shows where it was",
    )


def _report_findings(invalid: SiteInvalid, said: Globals) -> None:
    from rtmctl.intent import read_sources
    from rtmctl.show.findings import print_findings, show_findings

    folder = str(said.site)
    if said.output is not Output.TEXT:
        show_findings(invalid.findings, said.output, folder=folder)
        return
    sources = read_sources(said.site, invalid.findings)
    print_findings(invalid.findings, sources=sources, folder=folder)
