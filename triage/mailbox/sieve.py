"""Sieve scripts on the mail server over ManageSieve (RFC 5804): the only file that knows sievelib.

sievelib trusts every authority of the machine, keeps what came before TLS, and waits as long as it likes for a connection; those
parts are done here. A script is only ever put, made active or deleted under a name of ours.
"""

from __future__ import annotations

import contextlib
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sievelib.managesieve import Client, Error

from triage.errors import Permanent, Temporary
from triage.mailbox.account import Account
from triage.mailbox.connection import is_loopback, tls
from triage.mailbox.refusal import printable

NAME = "triage"
"""Of the one script that is ours."""


class _Line(Client):  # type: ignore[misc]
    """sievelib's client over a connection of ours: bounded in time, and encrypted with the authorities that the settings name."""

    def __init__(self, account: Account) -> None:
        super().__init__(account.host, account.sieve_port)
        self._account = account
        self.read_timeout = int(account.timeout)

    def open(self) -> None:
        """Connects, encrypts as the settings say, logs in. Raises sievelib's Error, OSError, Permanent."""
        account = self._account
        if account.security == "none" and not is_loopback(account.host):
            raise Permanent(f"{account.name}: security = none is allowed only to this machine itself")
        self.sock = socket.create_connection((account.host, account.sieve_port), timeout=account.timeout)
        if not self._Client__get_capabilities():
            raise Error("it does not say what it can do")
        if account.security != "none":
            if not self.has_tls_support():
                raise Permanent(f"{account.name}: {account.host} offers no encryption for Sieve scripts, so no password was sent")
            self._Client__starttls()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._log_in()

    def _Client__enable_ssl(self, **_: Any) -> None:  # noqa: N802  (sievelib's own name for it)
        self._Client__read_buffer = b""  # what came in the clear behind the answer to STARTTLS is a stranger's
        self.sock = tls(self._account).wrap_socket(self.sock, server_hostname=self._account.host)

    def _log_in(self) -> None:
        account = self._account
        if account.client_certificate and not account.token and not account.password:
            raise Permanent(f"{account.name}: Sieve scripts are kept with a password or a token, not with a certificate alone")
        mechanism = "OAUTHBEARER" if account.token else "PLAIN"
        if mechanism not in self.get_sasl_mechanisms():
            raise Permanent(f"{account.name}: {account.host} does not take {mechanism} for Sieve scripts")
        secret = account.token() if account.token else account.password
        if not self._Client__authenticate(account.username, secret, "", mechanism):
            raise Permanent(f"{account.name}: {account.host} refused the log-in of {account.username} for Sieve scripts")


class Scripts:
    """The Sieve scripts of one mailbox."""

    def __init__(self, line: _Line, account: Account) -> None:
        self._line, self._account = line, account

    @property
    def can(self) -> frozenset[str]:
        """The extensions that scripts may use there, in lower case."""
        return frozenset(word.lower() for word in self._line.get_sieve_capabilities())

    def active(self) -> tuple[str, frozenset[str]]:
        """The name of the active script ("" when none is), and the names of all."""
        with self._faults("list the scripts"):
            listed = self._line.listscripts()
            if listed is None:
                raise Error(self._said())
            active, others = listed
            return active or "", frozenset((*others, *([active] if active else [])))

    def ours(self) -> str:
        """The text of our script, with line ends as Python has them."""
        with self._faults("read our script"):
            text = self._line.getscript(NAME)
            if text is None:
                raise Error(self._said())
            return str(text).rstrip("\n") + "\n"

    def put(self, text: str) -> None:
        """Writes our script and makes it the active one. The server checks it first, and keeps the old one where it finds a fault."""
        self._do("put our script", self._line.putscript, NAME, text)
        self._do("make our script the active one", self._line.setactive, NAME)

    def take_away(self, instead: str | None) -> None:
        """Deletes our script. `instead`: the name of the one to make active before ("" for none); None where ours is not active."""
        if instead is not None:
            self._do("make another script the active one", self._line.setactive, instead)
        self._do("delete our script", self._line.deletescript, NAME)

    def _do(self, what: str, command: Any, *arguments: str) -> None:
        with self._faults(what):
            if not command(*arguments):
                raise Error(self._said())

    def _said(self) -> str:
        return printable((self._line.errmsg or b"").decode("utf-8", "replace"))[:300] or "no reason was given"

    @contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        try:
            yield
        except (Error, OSError, ValueError) as fault:
            raise Temporary(f"{self._account.name}: the mail server would not {what} (Sieve): {printable(str(fault))}") from fault


@contextmanager
def scripts(account: Account) -> Iterator[Scripts]:
    """Connects for as long as the block lasts. Raises Temporary when the server is away or offers no ManageSieve at this port,
    Permanent when somebody must act."""
    line = _Line(account)
    try:
        try:
            line.open()
        except (Error, OSError) as fault:
            where = f"{account.host}, port {account.sieve_port}"
            raise Temporary(f"{account.name}: no Sieve scripts can be kept at {where}: {printable(str(fault))}") from fault
        yield Scripts(line, account)
    finally:
        with contextlib.suppress(Error, OSError):
            if line.sock is not None:
                line.logout()
        if line.sock is not None:
            line.sock.close()
