"""Break it on purpose, measure the loss end to end, always put it back.

A drill is a fault under a lease that its target holds, flows that meet it, and a hypothesis computed from what is
deployed. How a machine makes and unmakes a fault lives in `device`, how loss is measured in `probe`.
"""
