"""The octets between us and the server, bounded in time and in amount.

imaplib waits for each piece separately, so a server that sends one octet a minute keeps it for ever, and it stores whatever
size a server announces. This replaces its reading and writing (documented as overridable) by a buffer of our own with a
deadline for each command. Having the buffer also lets IDLE see what arrived together with the server's "+".
"""

from __future__ import annotations

import imaplib
import socket
import ssl
import time

LONGEST_LINE = 16 * 1024 * 1024
"""Octets. A search result names at most 20,000 mails, some 200 KB; the rest is room for odd servers."""
LARGEST_LITERAL = 64 * 1024 * 1024
MOST_IN_ONE_COMMAND = 256 * 1024 * 1024
DEADLINE_FACTOR = 5.0


class Stream(imaplib.IMAP4):
    """imaplib's protocol engine over a socket of ours. `context` None means no TLS (yet)."""

    debug = 0

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, patience: float) -> None:
        self._context = context
        self._patience = patience
        self._buffer = bytearray()
        self.begin()
        super().__init__(host, port, patience)

    def begin(self, seconds: float | None = None) -> None:
        """Starts the clock and the count of octets for one command; `seconds` None for the usual deadline."""
        self._due = time.monotonic() + (self._patience * DEADLINE_FACTOR if seconds is None else seconds)
        self._allowance = MOST_IN_ONE_COMMAND

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = socket.create_connection((host, port), timeout)
        self._secure(self._context)

    def _secure(self, context: ssl.SSLContext | None) -> None:
        if context is not None:
            try:
                self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
            except OSError:
                self.sock.close()
                raise

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> tuple[str, list[bytes]]:  # type: ignore[override]
        """RFC 3501 section 6.2.1. Whatever came before the encryption is refused, as it may be somebody else's (CVE-2011-0411)."""
        if ssl_context is None:
            raise ValueError("STARTTLS needs a context that verifies the server")
        status, data = self._simple_command("STARTTLS")
        if status != "OK":
            raise self.error("the server refused STARTTLS")
        if self._buffer:
            raise self.abort("the server sent data in the clear after agreeing to encrypt")
        self._secure(ssl_context)
        self._tls_established = True
        self.untagged_responses.clear()
        self._get_capabilities()
        return status, data

    def shutdown(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the server was quicker
        finally:
            self.sock.close()

    def send(self, data: bytes) -> None:  # type: ignore[override]
        self.sock.settimeout(self._remaining())
        self.sock.sendall(data)

    def readline(self) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > LONGEST_LINE:
                raise self.abort(f"the server sent a line of more than {LONGEST_LINE} octets")
            self._buffer += self._receive(65536)
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        return line

    def read(self, size: int) -> bytes:
        if size > LARGEST_LITERAL:
            raise self.abort(f"the server announced a piece of {size} octets")
        pieces = [bytes(self._buffer[:size])]
        del self._buffer[:size]
        missing = size - len(pieces[0])
        while missing > 0:
            pieces.append(self._receive(min(missing, 1 << 18)))
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def has_line(self) -> bool:
        """A whole line waits in our buffer, so that reading it will not block."""
        return b"\n" in self._buffer

    def receive_what_came(self) -> None:
        """Takes what the socket holds into the buffer without waiting; raises when the connection has ended."""
        self.sock.settimeout(0.05)
        try:
            piece = self.sock.recv(65536)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return  # TLS had news of its own, such as a session ticket
        if not piece:
            raise self.abort("the server closed the connection")
        self._buffer += piece
        if len(self._buffer) > LONGEST_LINE:
            raise self.abort(f"the server sent a line of more than {LONGEST_LINE} octets")

    def _receive(self, most: int) -> bytes:
        self.sock.settimeout(self._remaining())
        try:
            piece = self.sock.recv(most)
        except TimeoutError:
            self._remaining()  # says so if it is the whole command that took too long
            raise TimeoutError(f"the server said nothing for {self._patience:g} seconds") from None
        if not piece:
            raise self.abort("the server closed the connection")
        self._allowance -= len(piece)
        if self._allowance < 0:
            raise self.abort(f"the server sent more than {MOST_IN_ONE_COMMAND} octets for one command")
        return piece

    def _remaining(self) -> float:
        remaining = self._due - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the server took too long over one command")
        return min(self._patience, remaining)

    def _log(self, line: str) -> None:
        """imaplib keeps its last lines for printing, the password's among them; we keep none."""
