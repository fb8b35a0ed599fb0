"""The raw layer: one IMAP command out, its answer in. The only file that touches imapclient's and imaplib's private parts.

imapclient 4.1 sends flags and search values as they are given, keys unsolicited flag reports by sequence number as if that
were a UID, cannot parse some keywords that servers accept, and drops COPYUID; so commands are sent and read here.
"""

from __future__ import annotations

import imaplib
import re
import ssl
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from imapclient import IMAPClient, exceptions, imap_utf7

from triage.errors import Temporary, TriageError
from triage.mailbox.refusal import broken, printable, refusal
from triage.mailbox.stream import Stream

LONGEST_COMMAND = 7900
"""Octets; RFC 7162 section 4 has clients stay under 8192."""
_NEVER_IN_A_LINE = re.compile(r"[\r\n\0]|[^\x00-\x7f]")

Untagged = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is the tagged line's text; `untagged` holds imaplib's records: bytes, or (bytes, literal) pairs."""

    text: str
    untagged: Untagged

    def codes(self, name: str) -> list[str]:
        """What stands in square brackets after `name`, in any status line of this reply, the closing bracket left on."""
        lines = [self.text] + [_text(line) for line in self.untagged.get("OK", [])]
        return [line[len(name) + 2 :] for line in lines if line.upper().startswith(f"[{name} ")]


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient over our own stream; its debugging, which formats every mail for a log nobody reads, is off."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, patience: float) -> None:
        self._tls_context, self._patience = context, patience
        super().__init__(host, port, ssl=context is not None, ssl_context=context, timeout=patience)
        self._imap.debug = 0
        self.normalise_times = False

    def _create_IMAP4(self) -> Stream:  # noqa: N802 - imapclient's name
        return Stream(self.host, self.port, self._tls_context, self._patience)


class Wire:
    """A logged-in connection. Every fault comes out as Temporary or Permanent; after a broken line nothing more is sent."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name
        self.imap: Stream = client._imap
        self.alive = True
        self.capabilities = frozenset[str]()
        self.secrets: tuple[str, ...] = ()
        """What no error may repeat, though the server does."""

    def ask_capabilities(self) -> None:
        lines = self.command("CAPABILITY").untagged.get("CAPABILITY", [])
        self.capabilities = frozenset(word for line in lines for word in _text(line).upper().split())

    def command(self, name: str, *arguments: str, literal: bytes | None = None, seconds: float | None = None) -> Reply:
        """Sends one command and waits for its end. `arguments` are already quoted where IMAP wants it.

        Raises Refused on NO and BAD (Temporary where the server says that it will pass) and Temporary on a broken line.
        """
        line = " ".join((name, *arguments))
        if _NEVER_IN_A_LINE.search(line):
            raise ValueError("a command to the mail server holds a line break or a character that is not ASCII")
        if len(line) > LONGEST_COMMAND:
            raise ValueError(f"a command of {len(line)} octets is longer than mail servers must take")
        with self.faults():
            self.imap.begin(seconds)
            self.imap.untagged_responses.clear()
            self.imap.literal = literal  # type: ignore[assignment] # octets, as imaplib's own append() sets
            verb, *rest = name.split(" ")
            status, data = self.imap._simple_command(verb, *rest, *arguments)
            untagged: Untagged = dict(self.imap.untagged_responses)
            self.imap.untagged_responses.clear()
        text = _text(data[-1]) if data else ""
        if status != "OK":
            raise refusal(f"{self.name}: the server refused {name}", self._without_secrets(text))
        return Reply(text, untagged)

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turns what imapclient, imaplib and the socket raise into our errors."""
        if not self.alive:
            raise Temporary(f"{self.name}: the connection to the mail server is closed; connect again")
        try:
            yield
        except TriageError:
            raise
        except (imaplib.IMAP4.error, exceptions.IMAPClientError, OSError) as fault:
            cause = fault if self._without_secrets(str(fault)) == str(fault) else None  # a traceback shows it too
            if _breaks(fault):
                self.alive = False
                self.imap.shutdown()
                raise broken(self.name, self._words(fault)) from cause
            raise refusal(f"{self.name}: the mail server did not accept a command", self._words(fault)) from cause

    def _words(self, fault: BaseException) -> str:
        """What the fault says, without what was told in confidence."""
        return printable(self._without_secrets(str(fault) or type(fault).__name__))

    def _without_secrets(self, words: str) -> str:
        for secret in self.secrets:
            words = words.replace(secret, "…")
        return words


def quoted(text: str) -> str:
    """An IMAP quoted string (RFC 3501 section 4.3) of printable ASCII; anything else is the caller's error."""
    if not text.isascii() or not text.isprintable():
        raise ValueError("only printable ASCII can be sent as a quoted string")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_name(name: str) -> str:
    """A folder's name as it is sent: modified UTF-7 (RFC 3501 section 5.1.3), quoted. ValueError for control characters.

    Encoded they would do no harm going out, but a server may repeat the name in its answer as it was, line break and all.
    """
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise ValueError("a folder's name may not hold control characters")
    return quoted(imap_utf7.encode(name).decode("ascii"))


def _text(data: bytes | str) -> str:
    return data.decode("ascii", "replace") if isinstance(data, bytes) else str(data)


def _breaks(fault: BaseException) -> bool:
    """Whether the line is gone. imapclient tells of a line that broke in the log-in as of a log-in that was refused."""
    kinds = (imaplib.IMAP4.abort, OSError)
    return isinstance(fault, kinds) or (isinstance(fault, exceptions.LoginError) and isinstance(fault.__context__, kinds))
