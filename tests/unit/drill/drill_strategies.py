"""Random reports of drills: whatever the types allow, with every field set, and hostile texts."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from rtmctl.drill.types import DrillPlan, DrillReport

HOSTILE = (
    "<script>alert(1)</script>",
    "]]></failure>",
    "\x1b[31mred",
    "[bold]no markup[/]",
    "two\nlines",
    "\"&'",
    "{{ 7*7 }}",
    "\x00",
)
_TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=12)
_FLOATS = st.floats(-1e9, 1e9, allow_subnormal=False)
_LIMITED = {"rate_pps": st.floats(0.1, 1e6)}
"""fields of which not every value has a meaning"""
_INTEGERS = st.integers(-(2**40), 2**62)


def _of(hint: Any) -> st.SearchStrategy[Any]:
    """Like `from_type`, which leaves fields that have a default at it."""
    inner = tuple(_of(part) for part in get_args(hint) if part is not ...)
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        found = st.builds(hint, **{f.name: _LIMITED.get(f.name, _of(hints[f.name])) for f in fields(hint)})
    elif get_origin(hint) is tuple:
        found = st.lists(*inner, max_size=2).map(tuple) if ... in get_args(hint) else st.tuples(*inner)
    elif get_origin(hint) is frozenset:
        found = st.frozensets(*inner, max_size=2)
    elif get_origin(hint) is Mapping:
        found = st.dictionaries(*inner, max_size=2)
    elif inner:
        found = st.one_of(*inner)
    else:
        found = {str: _TEXTS, float: _FLOATS, int: _INTEGERS}.get(hint, st.from_type(hint))
    return found


PLANS: st.SearchStrategy[DrillPlan] = _of(DrillPlan)
REPORTS: st.SearchStrategy[DrillReport] = _of(DrillReport)
