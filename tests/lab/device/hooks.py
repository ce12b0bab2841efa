"""`ifreload` on a node made slow or hanging, as with a driver that does not answer; shell text for the node."""

_SLOW = """
mkdir -p /opt/real
[ -e /opt/real/ifreload ] || mv /usr/local/sbin/ifreload /opt/real/ || ln -s /usr/sbin/ifreload /opt/real/ifreload
printf '#!/bin/sh\\n[ -e /opt/slept ] || { touch /opt/slept; sleep SECONDS; }\\nexec /opt/real/ifreload "$@"\\n' \\
    > /usr/local/sbin/ifreload
chmod +x /usr/local/sbin/ifreload
"""
AGAIN = "rm -f /opt/slept\n"
NOT_YET = "touch /opt/slept\n"
"""quick until AGAIN"""
QUICK = "rm -f /opt/slept; [ -L /opt/real/ifreload ] || mv -f /opt/real/ifreload /usr/local/sbin/ifreload\n"
"""as it was"""
IS_ASLEEP = "for i in $(seq 300); do [ -e /opt/slept ] && exit; sleep 0.1; done; exit 1\n"


def slow(seconds: int) -> str:
    """The next `ifreload` takes so long, and only that one."""
    return _SLOW.replace("SECONDS", str(seconds))
