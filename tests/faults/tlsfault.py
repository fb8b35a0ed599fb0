"""A proxy before a server's TLS port, which sees only records: it spoils one, or stands there with another certificate."""

from __future__ import annotations

import shutil
import socket
import ssl
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from servers import _certificate

TlsFault = Literal["spoilt record", "cut in a record", "another certificate", "no TLS at all"]


@dataclass
class TlsFaulty:
    """Listens on `port`, passes records on to `target`, but for the answer after the n-th record of the client (the first is 1)."""

    target: int
    fault: TlsFault
    at: int = 1
    struck: bool = False

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="triage-tls-"))
        _certificate(self._folder)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            if self.fault == "another certificate":
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self._folder / "cert.pem", self._folder / "key.pem")
                self.struck = True
                with context.wrap_socket(client, server_side=True) as encrypted:
                    assert not encrypted.recv(100), "nothing may be sent to a server with another certificate"
            elif self.fault == "no TLS at all":
                client.sendall(b"* OK ready\r\n")
                client.recv(1000)
                self.struck = True
            else:
                self._between(client)

    def _between(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            spoilt = False
            while head := _exactly(server, 5):
                body = _exactly(server, int.from_bytes(head[3:5], "big"))
                if self._due and not spoilt:
                    spoilt = self.struck = True
                    if self.fault == "cut in a record":
                        client.sendall(head + body[: len(body) // 2])
                        break
                    body = body[:-1] + bytes([body[-1] ^ 255])
                client.sendall(head + body)
            for each in (client, server):
                each.shutdown(socket.SHUT_RDWR)

    _seen = 0

    @property
    def _due(self) -> bool:
        return self._seen >= self.at

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while head := _exactly(client, 5):
                body = _exactly(client, int.from_bytes(head[3:5], "big"))
                self._seen += 1
                server.sendall(head + body)


def _exactly(line: socket.socket, size: int) -> bytes:
    """So many octets; b"" when the line ends before."""
    found = b""
    while len(found) < size:
        piece = line.recv(size - len(found))
        if not piece:
            return b""
        found += piece
    return found
