"""Start of a program that is given as text: stands before the sources of its modules, followed by a call of `run`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType


class Source(SourceFileLoader):
    """One module whose text is at hand. (`importlib.abc` has a base for that, and takes half of a start to load.)"""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name, name)
        self.text = text.encode()

    def get_data(self, path: str) -> bytes:
        return self.text

    def path_stats(self, path: str) -> dict[str, float]:
        raise OSError(f"{path} is no file")  # so that no bytecode is looked for, or written


class InMemory:
    """Finds modules by name among the texts it was given."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.sources:
            return None
        is_package = any(other.startswith(f"{fullname}.") for other in self.sources)
        return ModuleSpec(fullname, Source(fullname, self.sources[fullname]), is_package=is_package)


def run(sources: dict[str, str], main: str) -> None:
    """Exit with what the module's `main(argv)` returns."""
    sys.meta_path.insert(0, InMemory(sources))
    sys.exit(import_module(main).main(sys.argv))
