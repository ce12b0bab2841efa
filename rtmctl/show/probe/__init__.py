"""What people see of `probe loss` and `probe latency`: text, JSON, JUnit, and what falls silent meanwhile."""

from rtmctl.show.probe.measured import Measured
from rtmctl.show.probe.silences import Silences
from rtmctl.show.probe.text import print_measured

__all__ = ["Measured", "Silences", "print_measured"]
