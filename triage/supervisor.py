"""Tells systemd how we are (sd_notify(3)): ready, alive, stopping. Does nothing where there is no systemd.

A few lines instead of a package: those for it are unmaintained or need a compiler.
"""

from __future__ import annotations

import os
import socket


def tell(state: str) -> bool:
    """Sends one state, such as "READY=1"; whether there was somebody to hear it. A supervisor that does not listen is no fault."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # Linux's abstract namespace
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.sendto(state.encode(), address)
    except OSError:
        return False
    return True
