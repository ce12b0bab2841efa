"""The sites of the rooms below serve here too."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent / room) for room in ("check", "fabric", "observe")]
