"""Where the process begins: small, so that Ctrl-C ends in words also while the rest is still being loaded."""

import sys


def main() -> None:
    """Run the command line; whatever goes wrong ends with a message and a documented exit code."""
    try:
        from rtmctl.cli.program import app
        from rtmctl.cli.said import Globals
        from rtmctl.show.streams import open_streams

        open_streams()
        app(obj=Globals())
    except KeyboardInterrupt:
        from rtmctl.base import Exit

        print("interrupted", file=sys.stderr)
        sys.exit(Exit.INTERRUPTED)
