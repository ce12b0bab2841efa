"""What an operator copies out of a table stands whole on a narrow terminal too."""

import io

import pytest
from rich.text import Text

from rtmctl.change.audit_log import AuditEntry
from rtmctl.show.audit import show_entries
from rtmctl.show.history import show_history
from rtmctl.show.output import Output
from rtmctl.store import ChangeRow

ID = "20261123-134746-fff0aa"
BY = "an-operator@a-machine-of-ours"
DEVICES = tuple(f"leaf{number}" for number in range(1, 7))
CHANGE = ChangeRow(ID, "site", "apply", BY, "a fan is loud", 0, 1, "confirmed", "", "{}", undoes=ID)
ENTRY = AuditEntry(7, 0, BY, "apply", "site", ID, "confirmed", DEVICES, "a fan is loud", "h", "k")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 60, 80, 160])
def test_ids_and_names_are_never_cut(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(columns))
    show_history([CHANGE], [], Output.TEXT)
    show_entries([ENTRY], Output.TEXT)
    lines = Text.from_ansi(screen.getvalue()).plain.splitlines()
    assert sum(ID in line for line in lines) >= 2
    for whole in (BY, *DEVICES):
        assert any(whole in line for line in lines), (whole, lines)
    assert all(len(line.rstrip()) <= columns for line in lines)
