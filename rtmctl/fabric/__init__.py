"""The derived network: which devices, cables, addresses and numbers follow from the intent. Pure and deterministic.

`derive(site, lock)` needs every allocation to stand in the lock; `allocate(site, lock)` makes the missing ones.
"""
