"""The organisation's mail server as far as sending goes: it takes what a mail program hands it and delivers it to the mailbox, with
the header by which it vouches for its own people (RFC 8601)."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from servers import Server

VOUCHES = b"Authentication-Results: mx.larchmere.example; dmarc=pass header.from=larchmere.example\r\n"


@contextmanager
def post(server: Server, user: str) -> Iterator[tuple[int, list[bytes]]]:
    """The port to send to, and every mail that was sent, in order."""
    sent: list[bytes] = []

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mx.larchmere.example ESMTP\r\n")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    raw = b""
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        raw += part.removeprefix(b".") if part.startswith(b"..") else part
                    sent.append(raw)
                    server.append(user, "INBOX", VOUCHES + raw)
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                if verb == b"QUIT":
                    return

    class Listening(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    with Listening(("127.0.0.1", 0), Session) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield listening.server_address[1], sent
        finally:
            listening.shutdown()
