"""The text of one device of each kind, as files to review. `pytest --update-golden` writes them anew."""

from pathlib import Path

import pytest
from models import border
from sites import models

from rtmctl.fabric.types import BridgeForm
from rtmctl.model.types import DeviceModel
from rtmctl.render import render

GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "demo-leaf1": lambda: models("demo")["leaf1"],
    "demo-spine1": lambda: models("demo")["spine1"],
    "waw1-border1": lambda: models("waw1")["border1"],
    "everything": border,
    "everything-traditional": lambda: border(BridgeForm.TRADITIONAL),
}


@pytest.mark.parametrize("case", CASES)
def test_text_is_the_reviewed_one(case: str, request: pytest.FixtureRequest) -> None:
    model: DeviceModel = CASES[case]()
    for section, text in render(model).sections:
        file = GOLDEN / case / section
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        assert text == file.read_text(), f"{file.relative_to(GOLDEN)}: pytest --update-golden, then review"
