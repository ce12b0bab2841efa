"""Start of a program that is given as text: stands before the sources of its modules, followed by a call of `run`."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class InMemory(MetaPathFinder, Loader):
    """Finds and loads modules whose sources it was given."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in self.sources:
            return None
        return ModuleSpec(fullname, self, is_package=any(other.startswith(f"{fullname}.") for other in self.sources))

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.sources[module.__name__], module.__name__, "exec"), module.__dict__)


def run(sources: dict[str, str], main: str) -> None:
    """Exit with what the module's `main(argv)` returns."""
    sys.meta_path.insert(0, InMemory(sources))
    sys.exit(import_module(main).main(sys.argv))
