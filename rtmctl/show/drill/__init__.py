"""What people see of drills, but for the HTML page: plans, live progress, results, tables, JUnit.

All take what `rtmctl/drill` made and decide nothing: a verdict stands in the report, bounds in its plan.
"""

from rtmctl.show.drill.catalogue import show_catalogue
from rtmctl.show.drill.history import show_history
from rtmctl.show.drill.matrix import show_matrix
from rtmctl.show.drill.plan import show_plan
from rtmctl.show.drill.progress import reporting
from rtmctl.show.drill.recovery import show_recovery
from rtmctl.show.drill.result import show_page, show_report

__all__ = [
    "reporting",
    "show_catalogue",
    "show_history",
    "show_matrix",
    "show_page",
    "show_plan",
    "show_recovery",
    "show_report",
]
