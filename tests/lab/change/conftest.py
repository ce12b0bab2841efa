"""A lab that many kills share."""

from collections.abc import Callable, Iterator

import pytest

from rtmctl.lab import Lab
from tests.lab.change.killing import Arena


@pytest.fixture(scope="module")
def arena(labs: Callable[[str], Lab], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    arena = Arena(labs("kill"), tmp_path_factory.mktemp("site"))
    arena.up()
    yield arena
