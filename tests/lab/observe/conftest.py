"""One lab for all tests of a file."""

from collections.abc import Iterator

import pytest
from observe_lab import SETTLE_S, Observed, observed

from rtmctl.base import RtmctlError


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RTMCTL_LAB_STATE", str(tmp_path_factory.mktemp("labs")))
        running = observed()
        try:
            found = running.__enter__()
        except RtmctlError as error:
            pytest.skip(f"no lab here: {error.message}")
        try:
            first = found.verify(wait_s=SETTLE_S)
            assert first.ok, [str(d) for d in first.deviations]
            yield found
        finally:
            running.__exit__(None, None, None)
