"""Site files: what the operator writes down once. YAML with positions in, one frozen `Site` or all findings out.

Nothing here allocates or derives: a value the operator left out stays None, and `fabric/` fills it in.
"""
