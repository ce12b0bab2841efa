"""One error in every form: for the operator on standard error, for programs on standard output."""

import json
from xml.etree import ElementTree

from rich.text import Text

from rtmctl.base import RtmctlError
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal
from rtmctl.show.xml import printable


def show_error(error: RtmctlError, output: Output) -> None:
    """The message, and under it what to do next. SARIF has no place for it: text, as for `Output.TEXT`."""
    if output is Output.JSON:
        print(json.dumps({"version": 1, "error": error.message, "hint": error.hint, "exit": int(error.exit)}))
    elif output is Output.JUNIT:
        print(_junit(error))
    elif output is Output.GITHUB:
        text = error.message + (f" (next: {error.hint})" if error.hint else "")
        print(f"::error title=rtmctl::{text.replace('%', '%25').replace(chr(10), '%0A')}")
    else:
        print_error(error)


def print_error(error: RtmctlError) -> None:
    console = terminal(stderr=True)
    console.print(Text.assemble(("error: ", "bold red"), error.message))
    if error.hint:
        console.print(Text.assemble(("next:  ", "bold"), error.hint))


def _junit(error: RtmctlError) -> str:
    """A suite of one case that could not run, so that a CI server shows why there are no others."""
    suite = ElementTree.Element("testsuite", name="rtmctl", tests="1", errors="1", failures="0")
    case = ElementTree.SubElement(suite, "testcase", name="rtmctl", classname="rtmctl")
    ElementTree.SubElement(case, "error", message=printable(error.message)).text = printable(error.hint)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)
