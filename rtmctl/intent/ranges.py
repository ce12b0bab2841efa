"""Name ranges: `leaf[1-4]` stands for leaf1 … leaf4, `leaf[01-12]` for leaf01 … leaf12."""

import re

MAX_NAMES = 1024
"""names from one range; the largest fabric aimed at has 512 leafs"""

_RANGE = re.compile(r"(?P<head>[^\[\]]*)\[(?P<first>\d{1,9})-(?P<last>\d{1,9})\](?P<tail>[^\[\]]*)", re.ASCII)


class BadRange(ValueError):
    """What is wrong with a range, for the operator."""


def expand(name: str) -> list[str]:
    """The names a key stands for; a key without brackets stands for itself.

    Raises:
        BadRange: the brackets hold no range first-last, or it has more than MAX_NAMES names.
    """
    if "[" not in name and "]" not in name:
        return [name]
    match = _RANGE.fullmatch(name)
    if match is None:
        raise BadRange("a range is one pair of brackets with first-last inside, as in leaf[1-4]")
    first, last = match["first"], match["last"]
    width = len(first) if first.startswith("0") and len(first) > 1 else 0
    if width and len(last) != width:
        raise BadRange(f"both ends of a zero-padded range are equally long: [{first}-{last.zfill(width)}]")
    if not width and last.startswith("0"):
        raise BadRange("both ends of a zero-padded range are equally long, as in leaf[01-12]")
    low, high = int(first), int(last)
    if low > high:
        raise BadRange(f"it ends before it begins; write [{last}-{first}]")
    if high - low >= MAX_NAMES:
        raise BadRange(f"{high - low + 1:,} names, the limit is {MAX_NAMES:,}")
    return [f"{match['head']}{number:0{width}d}{match['tail']}" for number in range(low, high + 1)]
