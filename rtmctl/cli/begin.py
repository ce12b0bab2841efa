"""The steps behind `rtmctl init`: an empty folder becomes a site with its lock."""

import json
import re
from pathlib import Path

from rtmctl.base import Exit, PermanentError
from rtmctl.base.data import data_folder
from rtmctl.fabric import allocate, read_lock, write_lock
from rtmctl.intent import SCHEMA_FILE, json_schema, load_site, new_site

_SIZE = re.compile(r"(\d{1,3})x(\d{1,4})")


def begin_site(folder: Path, example: str | None, size: str) -> tuple[Path, ...]:
    """Write the site and its lock; gives the paths written.

    Raises:
        PermanentError: the folder holds something already, no such example, or no such size (exit code 2).
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PermanentError(f"{folder} exists and is not an empty folder", hint="name a new one", exit=Exit.USAGE)
    texts = _example(example) if example else {"site.yaml": _sized(folder, size)}
    texts[SCHEMA_FILE] = json.dumps(json_schema(), indent=1) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write_lock(folder, allocate(load_site(folder), read_lock(folder)))
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file()))


def _sized(folder: Path, size: str) -> str:
    shape = _SIZE.fullmatch(size)
    if not shape:
        raise PermanentError(f"--size {size!r} is not SPINESxLEAFS", hint="such as 2x4", exit=Exit.USAGE)
    name = re.sub(r"[^a-z0-9-]+", "-", folder.resolve().name.lower()).strip("-")[:32] or "site"
    return new_site(name, int(shape[1]), int(shape[2]))


def _example(name: str) -> dict[str, str]:
    """The example's files by their path below the site's folder."""
    examples = data_folder("inventories")
    known = sorted(path.name for path in examples.iterdir() if (path / "site.yaml").is_file())
    if name not in known:
        raise PermanentError(f"no example {name!r}", hint=f"examples: {', '.join(known)}", exit=Exit.USAGE)
    root = examples / name
    return {str(p.relative_to(root)): p.read_text(encoding="utf-8") for p in sorted(root.rglob("*.yaml"))}
