"""What a long command says while it works: lines on standard error, JSON objects where JSON is wanted."""

import json
import sys
from collections.abc import Callable

from rtmctl.show.output import Output
from rtmctl.show.streams import heard_or_not


def steps(output: Output) -> Callable[[str], None]:
    """A callback that says one step a line."""

    def say(step: str) -> None:
        line = json.dumps({"version": 1, "step": step}) if output is Output.JSON else f"  {step}"
        with heard_or_not():
            print(line, file=sys.stderr, flush=True)

    return say
