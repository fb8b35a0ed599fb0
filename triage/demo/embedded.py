"""A small IMAP server for the demo: pymap on a Maildir, on a free port of 127.0.0.1, gone when its block ends."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from triage.errors import Permanent
from triage.mailbox import LABELS

HOST = "127.0.0.1"
USER = "support"
PASSWORD = "demo"  # noqa: S105  # of a server that only this machine reaches
_SERVER = "triage.demo.server"
_PATIENCE = 30.0
"""Seconds in which the server must answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server with one user, USER with PASSWORD; `maildir` is where its mails lie as files."""

    port: int
    maildir: Path


@contextmanager
def serving(folder: Path, *, keywords: Iterable[str] = sorted(LABELS)) -> Iterator[Server]:
    """Starts the server on the mails below `folder` (made when missing) and ends it with the block.

    Raises Permanent when pymap is not installed or does not come up.
    """
    if importlib.util.find_spec("pymap") is None:
        raise Permanent(
            "the demo needs the mail server pymap, which is not installed; run: make setup (or: pip install 'triage[demo]')"
        )
    maildir = folder / USER
    _make(folder, maildir, keywords)
    port = _free_port()
    log_path = folder / "server.log"
    command = [sys.executable, "-m", _SERVER, "--no-service", "admin", "--no-service", "managesieve"]
    with log_path.open("wb") as log:
        # A session of its own: Ctrl-C reaches us alone, and we end the server in order.
        process = subprocess.Popen(  # noqa: S603  # the words of the command are ours
            [*command, "--host", HOST, "--port", str(port), "--no-tls", "maildir", str(folder)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        _wait(process, port, log_path)
        yield Server(port, maildir)
    finally:
        _end(process)


def _make(folder: Path, maildir: Path, keywords: Iterable[str]) -> None:
    """The user, and the folders in which labels must last: pymap keeps only those listed in a file beside the mails."""
    from pysasl.hashing import BuiltinHash

    listed = "".join(f"{number} {keyword}\n" for number, keyword in enumerate(keywords))
    for place in (maildir, maildir / ".Triage.Held"):
        for part in ("cur", "new", "tmp"):
            (place / part).mkdir(parents=True, exist_ok=True)
        (place / "dovecot-keywords").write_text(listed)
    hashed = BuiltinHash(rounds=1).hash(PASSWORD).replace(":", "\\:")  # the usual rounds make each log-in take half a second
    (folder / "pymap-etc-passwd").write_text(f"{USER}:x::::{USER}:\n")
    (folder / "pymap-etc-shadow").write_text(f"{USER}:{hashed}:::::::\n")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        port: int = one.getsockname()[1]
    return port


def _wait(process: subprocess.Popen[bytes], port: int, log_path: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection((HOST, port), timeout=5) as connection:
                if connection.recv(4).startswith(b"* OK"):
                    return
        except OSError:
            pass  # not yet
        time.sleep(0.05)
    last = log_path.read_text(errors="replace").strip().splitlines()[-3:]
    raise Permanent("the demo's mail server did not start: " + (" / ".join(last) or "it said nothing") + f"; see {log_path}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
