"""Labs of the drill tests."""

import os
from collections.abc import Iterator

import pytest

from rtmctl.lab import Choices, Lab, open_lab
from tests.lab.drill.injector_lab import FRR, Node, wire
from tests.lab.fabrics import clos


@pytest.fixture(scope="session")
def injector_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two leafs, of FRR 8.4 and 10.3, and a spine, wired by hand: one for all tests of the injector."""
    if os.geteuid() != 0:
        pytest.skip("needs root: these tests kill, fill and reboot nodes")
    before = os.environ.get("RTMCTL_LAB_STATE")
    os.environ["RTMCTL_LAB_STATE"] = str(tmp_path_factory.mktemp("labs"))
    lab = open_lab("injector")
    try:
        lab.up(clos(1, 2), Choices(images={"leaf1": "switch-frr8", "leaf2": "switch-frr10"}))
        wire(lab)
        for name in FRR:
            Node(lab, name).established()
        yield lab
    finally:
        lab.down()
        if before is None:
            os.environ.pop("RTMCTL_LAB_STATE")
        else:
            os.environ["RTMCTL_LAB_STATE"] = before


@pytest.fixture
def node(injector_lab: Lab) -> Iterator[Node]:
    """leaf1; after the test it must be as it was, with nothing of a drill on it."""
    yield from at_rest(Node(injector_lab, "leaf1"))


@pytest.fixture(params=FRR, ids=FRR.values())
def each(injector_lab: Lab, request: pytest.FixtureRequest) -> Iterator[Node]:
    """The same on either version of FRR."""
    yield from at_rest(Node(injector_lab, request.param))


def at_rest(node: Node) -> Iterator[Node]:
    before = node.snapshot()
    yield node
    left = node.live()
    for key in left:
        node.ask("revert", key=key)
    node.forget()
    assert not left
    assert node.snapshot() == before
