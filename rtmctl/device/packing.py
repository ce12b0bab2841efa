"""A package of small modules as the one executable file that a device or node is given."""

import io
import zipfile
from pathlib import Path

_INTERPRETER = b"#!/usr/bin/python3 -IS\n"
START = Path(__file__).parent / "start.py"


def packed(package: Path, main: str) -> bytes:
    """The folder's modules in zipapp's format; equal sources give equal bytes (zipapp keeps file times).

    Not compressed: it starts no slower than one long script would. Only the interpreter's own library is there.

    Args:
        main: the module of the package whose `main(argv)` gives the exit code.
    """
    start = f'{START.read_text()}\n\nif __name__ == "__main__":\n    run("{package.name}.{main}")\n'
    packed = io.BytesIO(_INTERPRETER)
    packed.seek(0, io.SEEK_END)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py"), start)
        for path in sorted(package.glob("*.py")):
            archive.writestr(zipfile.ZipInfo(f"{package.name}/{path.name}"), path.read_bytes())
    return packed.getvalue()
