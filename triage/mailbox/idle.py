"""Waiting for the server to say that something happened (RFC 2177)."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from triage.errors import Temporary
from triage.mailbox.wire import Wire

LONGEST = 9 * 60.0
"""Seconds. RFC 2177 allows 29 minutes, but providers and middleboxes drop silent connections sooner."""
_GLANCE = 0.5
_NEWS = ("EXISTS", "EXPUNGE", "VANISHED", "FETCH", "RECENT")


def idle(wire: Wire, seconds: float, stop: Callable[[], bool]) -> bool:
    """True as soon as something happened in the opened folder; False when time is up or `stop()` says so (asked twice a second).

    What came is a hint to look, no more. Where IDLE is not offered, waits out the time and asks with NOOP. Raises Temporary
    when the connection is gone.
    """
    until = time.monotonic() + min(seconds, LONGEST)
    if "IDLE" not in wire.capabilities:
        return _wait_and_ask(wire, until, stop)
    with wire.faults():
        imap = wire.imap
        imap.begin()
        imap.untagged_responses.clear()
        tag = imap._command("IDLE")
        while imap._get_response() is not None:
            if imap.tagged_commands[tag] is not None:
                raise Temporary(f"{wire.name}: the server did not begin to wait (IDLE)")
        happened = _watch(wire, until, stop)
        imap.begin()
        imap.send(b"DONE\r\n")
        imap._command_complete("IDLE", tag)
        happened = happened or _news(wire)
        imap.untagged_responses.clear()
    return happened


def _watch(wire: Wire, until: float, stop: Callable[[], bool]) -> bool:
    imap = wire.imap
    ready = select.poll()
    ready.register(imap.sock, select.POLLIN)
    while not _news(wire):
        if imap.has_line():  # also what came in one packet with the server's "+"
            imap._get_response()
            imap._check_bye()
            continue
        remaining = until - time.monotonic()
        if remaining <= 0 or stop():
            return False
        pending = getattr(imap.sock, "pending", None)  # TLS may hold octets that poll does not see
        if (pending and pending()) or ready.poll(min(remaining, _GLANCE) * 1000):
            imap.receive_what_came()
    return True


def _news(wire: Wire) -> bool:
    return any(name in wire.imap.untagged_responses for name in _NEWS)


def _wait_and_ask(wire: Wire, until: float, stop: Callable[[], bool]) -> bool:
    while (remaining := until - time.monotonic()) > 0 and not stop():
        time.sleep(min(remaining, _GLANCE))
    reply = wire.command("NOOP")
    return any(name in reply.untagged for name in _NEWS)
