"""A proxy between the program and a real server that goes wrong once, at a given command, in a given way."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Self

Fault = Literal[
    "cut before", "cut after", "half an answer", "silence", "no", "unavailable", "throttled", "bad", "bye", "garbage",
    "short literal", "long literal", "somebody else's flags", "expunge of another", "answered twice",
    "expunge in mid-answer", "no room on the server", "password expired", "slow", "label dropped", "nothing more allowed",
]  # fmt: skip
ONLY: dict[Fault, bytes] = {"label dropped": b"UID STORE"}
"""What can go wrong at some commands alone."""

_COMMAND = re.compile(rb"^([A-Z]{4}\d+) ([A-Z]+(?: [A-Z]+)?)")  # as imaplib makes its tags
_LITERAL = re.compile(rb"\{(\d+)\}\r\n")


@dataclass
class Faulty:
    """Listens on `port` of this machine and passes everything on to `target`, but for the n-th command (the first is 1).

    `meanwhile`: what happens in the world when that command comes; the command itself then goes its way.
    """

    target: int
    fault: Fault = "no"
    at: int = 0
    meanwhile: Callable[[], None] | None = None
    commands: list[bytes] = field(default_factory=list)
    struck: bool = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for each in self._open:
            with suppress(OSError):
                each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                self._open += [client, server]
                _Line(self, client, server)


class _Line:
    """One connection in both directions."""

    def __init__(self, proxy: Faulty, client: socket.socket, server: socket.socket) -> None:
        self.proxy, self.client, self.server = proxy, client, server
        self.spoil = b""
        """The tag of the command whose answer goes wrong; "" while all is well."""
        threading.Thread(target=self._up, daemon=True).start()
        threading.Thread(target=self._down, daemon=True).start()

    def _end(self) -> None:
        for each in (self.client, self.server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _up(self) -> None:
        with suppress(OSError, ValueError), self.client.makefile("rb") as lines:
            for line in lines:
                found = _COMMAND.match(line)
                if found:
                    self.proxy.commands.append(found[2])
                    count, at = len(self.proxy.commands), self.proxy.at
                    lasting = self.proxy.fault == "nothing more allowed" and count > at > 0
                    if (count == at or lasting) and self._struck(found[1]):
                        continue
                self.server.sendall(line)
        self._end()

    def _struck(self, tag: bytes) -> bool:
        """Does its evil; whether the command is not to reach the server."""
        if self.proxy.meanwhile:
            self.proxy.meanwhile()
            self.proxy.struck = True
            return False
        self.proxy.struck = True
        said = {
            "no": tag + b" NO not today\r\n",
            "unavailable": tag + b" NO [UNAVAILABLE] come back later\r\n",
            "throttled": tag + b" BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds\r\n",
            "bad": tag + b" BAD what do you mean\r\n",
            "bye": b"* BYE going down\r\n",
            "no room on the server": tag + b" NO [OVERQUOTA] Quota exceeded (mailbox for user is full)\r\n",
            "nothing more allowed": tag + b" NO [NOPERM] not any more\r\n",
            "password expired": tag + b" NO [EXPIRED] Password expired\r\n",
            "label dropped": tag + b" OK Store completed\r\n",
        }.get(self.proxy.fault)
        if said:
            self.client.sendall(said)
        if self.proxy.fault in ("cut before", "bye"):
            self._end()
        if said or self.proxy.fault in ("cut before", "silence"):
            return True
        self.spoil = tag
        return False

    def _down(self) -> None:
        with suppress(OSError):
            while chunk := self.server.recv(65536):
                if self.spoil:
                    chunk = self._whole(chunk)
                    self.spoil, fault = b"", self.proxy.fault
                    chunk = self._spoilt(chunk, fault)
                    if fault == "slow":
                        self._dribble(chunk)
                        continue
                    self.client.sendall(chunk)
                    if fault in ("cut after", "half an answer", "long literal"):
                        break
                else:
                    self.client.sendall(chunk)
        self._end()

    def _dribble(self, chunk: bytes) -> None:
        """In eight pieces, over two seconds."""
        size = len(chunk) // 8 + 1
        for start in range(0, len(chunk), size):
            self.client.sendall(chunk[start : start + size])
            time.sleep(0.25)

    def _whole(self, chunk: bytes) -> bytes:
        """The answer to its end, or to the server's wish to hear the literal."""
        self.server.settimeout(5)
        while b"\r\n" + self.spoil + b" " not in b"\r\n" + chunk and not chunk.startswith(b"+"):
            more = self.server.recv(65536)
            if not more:
                break
            chunk += more
        self.server.settimeout(None)
        return chunk

    def _spoilt(self, chunk: bytes, fault: Fault) -> bytes:
        if fault == "cut after":
            return b""
        if fault == "half an answer":
            return chunk[: len(chunk) // 2]
        if fault == "garbage":
            return b"* \x00\xff\xfe OK?{\r\n* 7\r\n" + chunk
        if fault == "short literal":
            return _LITERAL.sub(lambda found: b"{%d}\r\n" % max(0, int(found[1]) - 7), chunk, count=1)
        if fault == "long literal":
            return _LITERAL.sub(lambda found: b"{%d}\r\n" % (int(found[1]) + 100_000), chunk, count=1)
        if fault == "somebody else's flags":
            return b"* 1 FETCH (FLAGS (\\Deleted triage-hold triage-dismiss))\r\n" + chunk
        if fault == "expunge of another":
            return b"* 999 EXPUNGE\r\n" + chunk
        if fault == "expunge in mid-answer":  # before the last line, after whatever was told of mails
            start = chunk.rfind(b"\r\n", 0, -2) + 2 if chunk.count(b"\r\n") > 1 else 0
            return chunk[:start] + b"* 1 EXPUNGE\r\n* 2 EXPUNGE\r\n" + chunk[start:]
        if fault == "slow":
            return chunk
        return chunk + b"* 1 EXISTS\r\n" + chunk  # answered twice
