"""The first process of a node: forked into namespaces of its own, handed to the anchor, which as PID 1 reaps it."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtmctl.lab.inside import kernel
else:  # run as a script: its folder is on the path, the package is not
    import kernel


def spawn(node: str, namespaces: int, become: Callable[[], None], prepare: Callable[[], None] = lambda: None) -> int:
    """Run `become` as the first process in new namespaces (kernel.CLONE_NEW…); it must not return.

    Args:
        become: it counts as begun when it has closed all descriptors that are not its own, as exec(2) does.
        prepare: run before, in the process that makes the namespaces.

    Returns:
        its process id in the caller's PID namespace.

    Raises:
        OSError: a namespace, mount or control group was refused; the message names which.
    """
    report_r, report_w = os.pipe()
    middle = os.fork()
    if middle == 0:
        _middle(namespaces, become, prepare, report_w)
    os.close(report_w)
    with os.fdopen(report_r) as stream:
        pid, _, failure = stream.read().partition("\n")
    os.waitpid(middle, 0)
    if failure or not pid:
        raise OSError(f"node {node}: {failure.strip().partition(chr(10))[0] or 'its first process did not start'}")
    return int(pid)


def _middle(namespaces: int, become: Callable[[], None], prepare: Callable[[], None], report: int) -> None:
    """Make the namespaces, fork the first process, say its number and leave."""
    try:
        prepare()
        kernel.unshare(namespaces)
        child = os.fork()
        if child == 0:
            _first(become, report)
        os.write(report, f"{child}\n".encode())
        os._exit(0)
    except OSError as error:
        os.write(report, f"\n{error}".encode())
        os._exit(1)


def _first(become: Callable[[], None], report: int) -> None:
    try:
        os.setsid()
        become()
        os.write(report, b"\nits first process ended before it began\n")
    except OSError as error:
        os.write(report, f"\n{error}\n".encode())
    finally:
        os._exit(1)
