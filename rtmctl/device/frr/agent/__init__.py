"""The part of rtmctl that lives on a switch of platform frr. Standard library only, Python 3.9 or newer, runs as root.

    agent VERB [NAME=VALUE ...]     one JSON object on stdout; exit 1 and {"error": ...} when it did not work
    agent serve                     the same verbs, one JSON request a line on stdin; an answer is its length, then it

It is the authority over a change of this device: the lease and its fence number, the staged target, the pre-image,
the revert timer. Order of writing is what makes a change safe: pre-image on disk, watchdog running, record `armed` on
disk, and only then the first line changes. Whoever dies after that, the watchdog (or `boot`, after a power cut) puts
the pre-image back. Every verb that changes something holds one flock; times are CLOCK_BOOTTIME, which no clock step
moves, and are only compared within one boot id.

A device is given one file: `rtmctl.device.frr.install.agent_file()` packs these modules. So they import each other
relatively, nothing else of rtmctl, and all of them at start: the file may be replaced under a running agent.
`sections`, `frrtext`, `stanzas`, `normalform` and `merge` are pure; `device` is what the others act on.
"""

from .normalform import mask as mask
from .normalform import normal as normal
from .sections import FILES as FILES
