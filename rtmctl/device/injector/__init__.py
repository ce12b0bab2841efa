"""The program that makes a fault on a Linux machine and takes it back by itself. Standard library only, runs as root.

    injector VERB     arguments as one JSON object on stdin, one JSON object on stdout; exit 1 and {"error": ...}
    injector serve    the same verbs, one request a line on stdin; an answer is its length, then it

Order of writing is what makes a fault safe: what the undo needs is on disk, its guard runs, and only then the first
thing changes. The guard takes the fault back when the lease is not renewed, when whoever was at a step died, and after
a reboot; then it proves by a hash that what the fault owned is as before. `mechanisms` has one file a way to break
things; a new one is a file beside them and a line in their list.
"""
