"""docs/commands.md is what the program itself says of its commands; `--update-golden` writes it anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from rtmctl.cli.options import Globals
from rtmctl.cli.program import EXIT_CODES, app

PAGE = Path(__file__).parents[3] / "docs" / "commands.md"
HEAD = f"""# Commands

Written from the program itself. The global options stand before the noun or after the verb: {{globals}}.

{EXIT_CODES}.
"""


def commands(group: Any, words: str) -> Iterator[tuple[str, Any]]:
    """Every command with its full name, in the order of the help."""
    for name, command in group.commands.items():
        if not hasattr(command, "commands") or getattr(command, "invoke_without_command", False):
            yield f"{words} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{words} {name}")


def spelled(param: Any) -> str:
    """An option as its help names it: `--only DEVICE`."""
    names = "/".join((*param.opts, *param.secondary_opts))
    takes = "" if getattr(param, "is_flag", False) else f" {param.metavar or 'VALUE'}"
    return f"`{names}{takes}`"


def page() -> str:
    root: Any = typer.main.get_command(app)
    shared = set(Globals.__dataclass_fields__)
    lines = [HEAD.format(globals=", ".join(spelled(p) for p in root.params if p.name in shared))]
    for words, command in commands(root, "rtmctl"):
        own = [p for p in command.params if p.name not in shared | {"help"}]
        arguments = "".join(f" {p.metavar or p.name.upper()}" for p in own if p.param_type_name == "argument")
        lines += [f"## {words}{arguments}", "", (command.help or "").strip(), ""]
        options = [p for p in own if p.param_type_name == "option"]
        lines += [f"- {spelled(p)}: {p.help}" for p in options] + ([""] if options else [])
    return "\n".join(lines).rstrip() + "\n"


def test_the_page_says_what_the_program_says(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "pytest tests/unit/cli --update-golden, then review it in git"


def test_every_option_has_help() -> None:
    root: Any = typer.main.get_command(app)
    for words, command in commands(root, "rtmctl"):
        assert command.help, words
        bare = [p.name for p in command.params if p.param_type_name == "option" and not p.help]
        assert not bare, words
