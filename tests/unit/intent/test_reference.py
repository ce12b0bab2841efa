"""docs/site-files.md names every key of the schema, as the schema has it.

`RTMCTL_UPDATE_EXPECTED=1` writes the tables anew, to be reviewed as a diff.
"""

import os
import re
from pathlib import Path

from reference import TABLE, filled, sections

from rtmctl.intent import read_text

PAGE = Path(__file__).parents[3] / "docs" / "site-files.md"


def test_the_tables_are_those_of_the_schema() -> None:
    page = PAGE.read_text("utf-8")
    assert sorted(m["path"] for m in TABLE.finditer(page)) == sorted(sections())
    if os.environ.get("RTMCTL_UPDATE_EXPECTED"):
        PAGE.write_text(filled(page), "utf-8")
    else:
        assert filled(page) == page


def test_the_example_is_valid() -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    assert example is not None
    site, findings = read_text(example[1])
    assert findings == ()
    assert site is not None
