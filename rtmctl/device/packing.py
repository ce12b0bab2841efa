"""A package of small modules as the one file, or the one text, that a device or node is given."""

import io
import os
import zipfile
from pathlib import Path

_INTERPRETER = b"#!/usr/bin/python3 -IS\n"
START = Path(__file__).parent / "start.py"
IN_MEMORY = Path(__file__).parent / "in_memory.py"
ONBOARD = Path(__file__).parent / "onboard"
"""what all programs share"""


def packed(package: Path, main: str, *shared: Path) -> bytes:
    """The folders' modules in zipapp's format; equal sources give equal bytes (zipapp keeps file times).

    Not compressed: it starts no slower than one long script would. Only the interpreter's own library is there.

    Args:
        main: the module of the package whose `main(argv)` gives the exit code.
        shared: packages that its modules import relatively. All keep their places below the folder that holds them
            all; what stands between is an empty package.
    """
    parent = Path(os.path.commonpath((package, *shared))).parent
    dotted = ".".join(package.relative_to(parent).parts)
    modules = {path.relative_to(parent): path for folder in (package, *shared) for path in sorted(folder.glob("*.py"))}
    between = {folder / "__init__.py" for name in modules for folder in name.parents[1:-1]} - modules.keys()
    start = f'{START.read_text()}\n\nif __name__ == "__main__":\n    run("{dotted}.{main}")\n'
    packed = io.BytesIO(_INTERPRETER)
    packed.seek(0, io.SEEK_END)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py"), start)
        for name in sorted(between):
            archive.writestr(zipfile.ZipInfo(str(name)), b"")
        for name, path in modules.items():
            archive.writestr(zipfile.ZipInfo(str(name)), path.read_bytes())
    return packed.getvalue()


def as_text(package: Path, main: str, name: str) -> str:
    """The folder's modules as one text for `python3 -c`: nothing is written where it runs.

    Args:
        main: as for `packed`.
        name: what a process list says of it.
    """
    sources = {
        package.name + ("" if path.stem == "__init__" else f".{path.stem}"): path.read_text()
        for path in sorted(package.glob("*.py"))
    }
    return f'# {name}\n{IN_MEMORY.read_text()}\n\nrun({sources!r}, "{package.name}.{main}")\n'
