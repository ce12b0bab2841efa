"""What rtmctl's programs on a switch or host are made of. Standard library only, Python 3.9 or newer.

Clocks that no step moves, documents that neither a crash nor a full disk takes, children with a time limit, a pair of
processes that keep each other alive, and the loop that answers verbs. `rtmctl.device.packing` packs this folder beside
each program's own, under one parent, so that relative imports hold here and there.
"""
