"""Records the transcripts of the README anew: every block below a `<!-- run … -->` line is what the commands printed.

    <!-- run head=12 -->        keep the first 12 lines of each command's output
    ```console
    $ rtmctl validate
    ...
    ```

The commands of all blocks run in order, in one new folder, with a lab of their own; a command that ends otherwise than
its block says (`exit=4`) stops the recording and leaves the README as it was.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
_BLOCK = re.compile(r"(<!-- run(?P<options>[^>]*)-->\n```console\n)(?P<body>.*?)(```\n)", re.DOTALL)


def main() -> int:
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as work:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RTMCTL_STORE": f"{work}/store.db",
            "RTMCTL_LAB_STATE": f"{work}/labs",
            "NO_COLOR": "1",
            "COLUMNS": "110",
        }
        try:
            recorded = _BLOCK.sub(lambda block: _record(block, work, environment), text)
        finally:
            subprocess.run(["rtmctl", "lab", "down", "--site", f"{work}/demo"], env=environment, check=False)
    README.write_text(recorded, encoding="utf-8")
    return 0


def _record(block: re.Match[str], work: str, environment: dict[str, str]) -> str:
    options = dict(word.split("=") for word in block["options"].split())
    commands = [line[2:] for line in block["body"].splitlines() if line.startswith("$ ")]
    lines = []
    for command in commands:
        print(command, flush=True)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=work,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != int(options.get("exit", "0")):
            raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stdout}")
        output = [line.rstrip().replace(work, "~") for line in done.stdout.rstrip().splitlines()]
        head = int(options.get("head", "0"))
        if head and len(output) > head:
            output = [*output[:head], f"… {len(output) - head} more lines"]
        lines += [f"$ {command}", *output]
    return f"{block[1]}{chr(10).join(lines)}\n{block[4]}"


if __name__ == "__main__":
    sys.exit(main())
