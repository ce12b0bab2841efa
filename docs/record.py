"""Records the README anew: its transcripts and its pictures are what the commands printed.

    <!-- run head=12 -->        keep the first 12 lines of each command's output
    ```console
    $ rtmctl validate
    ...
    ```

    <!-- picture docs/pictures/verify.svg exit=5: rtmctl net verify -->     what a terminal shows, in colour
    <!-- graph docs/pictures/fabric.svg: rtmctl lab graph --format html -->  the drawing in a page
    <!-- page docs/pictures/drill.png: silent-link.html -->  the top of a page that a command before has written

The commands of all blocks run in order, in one new folder, with a lab of their own; a command that ends otherwise than
its block says (`exit=4`) stops the recording and leaves the README as it was.
"""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
COLUMNS = 110
_BLOCK = re.compile(
    r"(?P<run><!-- run(?P<run_options>[^>]*)-->\n```console\n)(?P<body>.*?)(?P<end>```\n)"
    r"|<!-- (?P<kind>picture|graph|page) (?P<file>\S+?)(?P<options>( \w+=\d+)*): (?P<command>.*?) -->\n",
    re.DOTALL,
)
_ELSEWHERE = re.compile(r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", re.DOTALL)
"""a picture that loads fonts from elsewhere looks different offline, and tells others who looks at it"""


def main() -> int:
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as work:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RTMCTL_STORE": f"{work}/store.db",
            "RTMCTL_LAB_STATE": f"{work}/labs",
            "COLUMNS": str(COLUMNS),
        }
        environment.pop("NO_COLOR", None)
        try:
            recorded = _BLOCK.sub(lambda block: _record(block, work, environment), text)
        finally:
            subprocess.run(["rtmctl", "lab", "down", "--site", f"{work}/demo"], env=environment, check=False)
    README.write_text(recorded, encoding="utf-8")
    return 0


def _record(block: re.Match[str], work: str, environment: dict[str, str]) -> str:
    if block["run"]:
        return _transcript(block, work, environment | {"NO_COLOR": "1"})
    command = block["command"]
    print(command, flush=True)
    file = ROOT / block["file"]
    file.parent.mkdir(exist_ok=True)
    wanted = _options(block["options"]).get("exit", 0)
    if block["kind"] == "page":
        _photograph(Path(work, command), file)
    elif block["kind"] == "graph":
        page = subprocess.run(["bash", "-c", command], cwd=work, env=environment, stdout=subprocess.PIPE, check=True)
        file.write_text(_drawing(page.stdout.decode()), encoding="utf-8")
    else:
        file.write_text(_picture(command, _on_a_terminal(command, work, environment, wanted)), encoding="utf-8")
    return block[0]


def _options(words: str) -> dict[str, int]:
    return {name: int(value) for name, value in (word.split("=") for word in words.split())}


def _transcript(block: re.Match[str], work: str, environment: dict[str, str]) -> str:
    options = _options(block["run_options"])
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
        if done.returncode != options.get("exit", 0):
            raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stdout}")
        output = [line.rstrip().replace(work, "~") for line in done.stdout.rstrip().splitlines()]
        head = options.get("head", 0)
        if head and len(output) > head:
            output = [*output[:head], f"… {len(output) - head} more lines"]
        lines += [f"$ {command}", *output]
    return f"{block['run']}{chr(10).join(lines)}\n{block['end']}"


def _on_a_terminal(command: str, work: str, environment: dict[str, str], wanted: int) -> str:
    """What the command shows to a person, colours included."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(work)
        os.execvpe("bash", ["bash", "-c", command], environment | {"TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    shown = b""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except OSError:  # Linux says EIO when the last process has left the terminal
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code != wanted:
        raise SystemExit(f"{command} ended with {code}:\n{shown.decode()}")
    return shown.decode().replace("\r\n", "\n")


def _picture(command: str, shown: str) -> str:
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text("$ ", style="bold green"), Text(command.partition(" 2>")[0], style="bold"), sep="")
        console.print(Text.from_ansi(shown.rstrip()))
    return console.export_svg(title="rtmctl", code_format=_ELSEWHERE.sub("", CONSOLE_SVG_FORMAT), unique_id="rtmctl")


def _drawing(page: str) -> str:
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    if not found:
        raise SystemExit("the page of `lab graph` holds no drawing")
    return f"{found[0]}\n"


def _photograph(page: Path, picture: Path) -> None:
    """As a browser shows it before anybody scrolls; without its verdict and timeline it would be no picture of it."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own sandbox refuses root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), args=arguments)
        shown = browser.new_page(viewport={"width": 1180, "height": 900})
        shown.goto(page.as_uri())
        timeline = shown.locator("svg.timeline").first.bounding_box()
        if timeline is None:
            raise SystemExit(f"{page} shows no timeline")
        bottom = timeline["y"] + timeline["height"] + 16
        shown.screenshot(path=picture, clip={"x": 0, "y": 0, "width": 1180, "height": bottom}, full_page=True)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
