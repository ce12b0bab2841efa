"""Programs that run inside the lab's namespaces. Standard library only; none imports the rest of rtmctl.

They are started as scripts or copied into a node, so each must stand alone with its siblings here.
"""
