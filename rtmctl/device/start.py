"""Start of a packed program: stands at the top of its zip file, followed by a call of `run`."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from zipimport import zipimporter


class CompileOnce(zipimporter):
    """zipimport compiles a module to say its file name, and once more to load it: a third of a start (Python 3.11)."""

    def get_filename(self, fullname: str) -> str:
        name = "/__init__.py" if self.is_package(fullname) else ".py"
        return f"{self.archive}/{self.prefix}{fullname.rpartition('.')[2]}{name}"


def run(module: str) -> None:
    """Exit with what the module's `main(argv)` returns."""
    sys.path_hooks.insert(0, CompileOnce)
    sys.path_importer_cache.pop(sys.path[0], None)
    try:
        sys.exit(import_module(module).main(sys.argv))
    except BrokenPipeError:
        os._exit(1)
